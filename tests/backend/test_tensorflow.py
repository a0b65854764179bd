"""Settings made before TensorFlow is imported, and kspec's cache folder."""

import os

import pytest

from kspec.backend import tensorflow


def test_an_environment_variable_sets_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("KSPEC_CACHE", str(tmp_path))
    assert tensorflow.cache_folder() == tmp_path
    for off in ("off", ""):
        monkeypatch.setenv("KSPEC_CACHE", off)
        assert tensorflow.cache_folder() is None
    monkeypatch.delenv("KSPEC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert tensorflow.cache_folder().name == "kspec"


def test_compiled_programs_are_cached_by_processor(monkeypatch, tmp_path):
    monkeypatch.setenv("KSPEC_CACHE", str(tmp_path))
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_max_cluster_size=7")
    tensorflow._cache_compiled_programs()
    (folder,) = (tmp_path / "xla").iterdir()
    assert os.environ["TF_XLA_FLAGS"] == f"--tf_xla_max_cluster_size=7 --tf_xla_persistent_cache_directory={folder}"


@pytest.mark.parametrize(
    "flags", ["--tf_xla_persistent_cache_directory=/mine", "--x --tf_xla_persistent_cache_directory=/mine"]
)
def test_the_users_own_setting_wins(monkeypatch, tmp_path, flags):
    monkeypatch.setenv("KSPEC_CACHE", str(tmp_path))
    monkeypatch.setenv("TF_XLA_FLAGS", flags)
    tensorflow._cache_compiled_programs()
    assert os.environ["TF_XLA_FLAGS"] == flags
    assert not list(tmp_path.iterdir())


def test_a_cache_that_cannot_be_created_is_ignored(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KSPEC_CACHE", str(tmp_path / "file"))
    monkeypatch.setenv("TF_XLA_FLAGS", "")
    tensorflow._cache_compiled_programs()
    assert os.environ["TF_XLA_FLAGS"] == ""


def test_a_folder_with_spaces_is_not_passed_as_a_flag(monkeypatch, tmp_path):
    monkeypatch.setenv("KSPEC_CACHE", str(tmp_path / "my cache"))
    monkeypatch.setenv("TF_XLA_FLAGS", "")
    tensorflow._cache_compiled_programs()
    assert os.environ["TF_XLA_FLAGS"] == ""


def test_the_oldest_programs_are_deleted_first(tmp_path):
    for number in range(5):
        (tmp_path / str(number)).write_bytes(b"x" * 100)
        os.utime(tmp_path / str(number), (1000 - number, 1000 - number))
    tensorflow._delete_oldest(tmp_path, 250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1"]
