"""Malicious model files that exploited Keras are rejected without side effects."""

import json
import stat
import struct
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import kspec
from kspec.archive import keras_file as archive_module
from kspec.archive.weights import load_weights, verify
from kspec.diagnostics import Report, SpecError
from kspec.importer.from_model import import_file
from tests.conftest import diagnostics_of
from tests.support.malicious_models import (
    METADATA,
    dense,
    h5,
    h5_model,
    keras_file,
    lambda_with_code,
    layer,
    module_with_side_effect,
    secret,
    sequential,
    watched,
)

OURS = str(Path(kspec.__file__).parent)
"""Where our own code and data lie, which are read when they are first used."""


def refusal(path, code):
    """The one diagnostic that importing a file ends in; nothing is imported, run or opened but the file."""
    with watched() as events, pytest.raises(SpecError) as error:
        import_file(path)
    opened = {
        name for event, name in events if event == "open" and not name.isdigit()
    }  # a number: what is open already
    opened -= {name for name in opened if name.startswith(OURS)}
    assert opened <= {str(path)}
    assert {event for event, _ in events} <= {"open", "import", "exec"}  # of our own modules, when first used
    assert not {name for event, name in events if event == "import"} & {"evil_module", "os.path", "tensorflow", "keras"}
    (found,) = error.value.diagnostics
    assert found.code == code, found.message
    return found.message


@pytest.fixture(autouse=True)
def _own_modules_are_imported(tmp_path):
    """What is imported when first used is imported, so that the watch sees the files' deeds alone."""
    import_file(keras_file(tmp_path / "harmless.keras", sequential(dense())))


@pytest.fixture
def marker(tmp_path):
    path = tmp_path / "it_ran"
    yield path
    assert not path.exists()


class TestCode:
    def test_a_module_in_the_configuration_is_not_imported(self, tmp_path, marker, monkeypatch):
        """CVE-2025-1550: Keras imported whatever module `config.json` named."""
        monkeypatch.syspath_prepend(tmp_path)
        module = module_with_side_effect(tmp_path, marker)
        config = sequential(layer("Run", module))
        assert f"{module}.Run" in refusal(keras_file(tmp_path / "a.keras", config), "KS712")
        config = sequential(layer("Dense", units={"module": module, "class_name": "function", "config": "run"}))
        refusal(keras_file(tmp_path / "b.keras", config), "KS712")
        config = sequential(
            layer("Dense", units=2, activation={"module": "os", "class_name": "function", "config": "system"})
        )
        refusal(keras_file(tmp_path / "c.keras", config), "KS712")
        config = sequential(
            layer("Dense", units=2, kernel_initializer={"module": module, "class_name": "Run", "config": {}})
        )
        refusal(keras_file(tmp_path / "d.keras", config), "KS712")
        refusal(
            keras_file(tmp_path / "e.keras", {**sequential(dense()), "module": module, "class_name": "Run"}), "KS712"
        )
        assert module not in sys.modules

    def test_a_lambda_with_bytecode_is_rejected(self, tmp_path, marker):
        """CVE-2024-3660: a Lambda's code ran when the model was loaded."""
        refusal(keras_file(tmp_path / "a.keras", sequential(lambda_with_code(marker))), "KS712")
        (tmp_path / "a.json").write_text(json.dumps(sequential(lambda_with_code(marker))))
        refusal(tmp_path / "a.json", "KS712")

    @pytest.mark.parametrize(
        ("module", "name", "config"),
        [
            ("keras.config", "enable_unsafe_deserialization", {}),
            ("keras.src.saving.serialization_lib", "enable_unsafe_deserialization", {}),
            ("keras.utils", "get_file", {"fname": "x", "origin": "http://127.0.0.1:9/x"}),
            ("keras.models", "load_model", {"filepath": "x.keras", "safe_mode": False}),
            ("keras.layers", "TFSMLayer", {"filepath": "x"}),
            ("keras.src.ops.core", "Map", {}),
        ],
    )
    def test_a_call_that_disables_safe_mode_is_rejected(self, module, name, config, tmp_path, marker):
        """CVE-2025-8747, CVE-2025-9906: functions of Keras's own, called by a configuration to switch safe mode off."""
        call = {"module": module, "class_name": name, "config": config, "registered_name": None}
        switch = {**call, "config": {"name": "first", **config}}
        refusal(keras_file(tmp_path / "a.keras", sequential(switch, lambda_with_code(marker))), "KS712")
        function = {"module": module, "class_name": "function", "config": name, "registered_name": name}
        refusal(keras_file(tmp_path / "b.keras", sequential(layer("Dense", units=2, activation=function))), "KS712")
        refusal(keras_file(tmp_path / "c.keras", sequential(layer("TimeDistributed", layer=call))), "KS712")
        refusal(keras_file(tmp_path / "d.keras", sequential(dense(), compile_config={"loss": call})), "KS712")

    def test_a_legacy_file_without_safe_mode_is_rejected(self, tmp_path, marker):
        """CVE-2025-9905: `safe_mode` was ignored for whole `.h5` models."""
        path = tmp_path / "model.h5"
        path.write_bytes(h5_model(sequential(lambda_with_code(marker))))
        assert "legacy HDF5 format" in refusal(path, "KS710")
        path.rename(tmp_path / "model.keras")
        assert "legacy HDF5 format" in refusal(tmp_path / "model.keras", "KS710")
        assert "legacy HDF5 format" in misfit(tmp_path / "model.keras", suffix=".h5")


@pytest.mark.parametrize(
    ("vocabulary", "code"), [("/etc/passwd", "KS701"), ("http://127.0.0.1:9/words", "KS702"), ("../../words", "KS701")]
)
def test_a_vocabulary_path_is_not_opened(vocabulary, code, tmp_path):
    """CVE-2025-12058: Keras read any file, or fetched any address, that a lookup named as its vocabulary."""
    lookup = layer("StringLookup", vocabulary=vocabulary, dtype="string")
    with watched() as events:
        found = import_file(keras_file(tmp_path / "a.keras", sequential(lookup)))
        codes = [
            problem.code for problem in diagnostics_of(found.text.replace("shape: [4]", "shape: [4], dtype: string"))
        ]
    assert codes == [code]
    assert vocabulary not in {name for event, name in events if event == "open"}
    assert "socket.connect" not in {event for event, _ in events}


class TestArchive:
    @pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/evil", "\\evil", "C:\\evil", "a\\..\\..\\evil"])
    def test_a_member_outside_the_archive_is_rejected(self, name, tmp_path):
        path = keras_file(tmp_path / "a.keras", sequential(dense()))
        with zipfile.ZipFile(path, "a") as file:
            info = zipfile.ZipInfo("x")
            info.filename = name
            file.writestr(info, b"evil")
        assert "outside" in refusal(path, "KS711")
        assert not list(tmp_path.parent.glob("evil*"))

    def test_a_link_is_rejected(self, tmp_path):
        path = keras_file(tmp_path / "a.keras", sequential(dense()))
        with zipfile.ZipFile(path, "a") as file:
            info = zipfile.ZipInfo("model.weights.h5")
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            file.writestr(info, "/etc/passwd")
        assert "link" in refusal(path, "KS711")

    def test_duplicate_members_are_rejected(self, tmp_path):
        path = keras_file(tmp_path / "a.keras", sequential(dense()))
        with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("config.json", json.dumps(sequential(layer("Lambda"))))
        assert "two members" in refusal(path, "KS711")

    def test_a_zip_bomb_is_rejected(self, tmp_path):
        path = tmp_path / "a.keras"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("metadata.json", json.dumps(METADATA))
            file.writestr("config.json", b" " * (32 << 20))
        assert "-fold" in refusal(path, "KS711")

    def test_a_zip_bomb_with_a_false_size_is_rejected(self, tmp_path):
        path = tmp_path / "a.keras"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("metadata.json", json.dumps(METADATA))
            file.writestr("config.json", b" " * (32 << 20))
        data = path.read_bytes().replace(struct.pack("<L", 32 << 20), struct.pack("<L", 100))
        path.write_bytes(data)
        with watched(), pytest.raises(SpecError) as error:
            import_file(path)
        assert error.value.diagnostics[0].code in ("KS710", "KS711")

    def test_too_many_members_are_rejected(self, tmp_path):
        path = keras_file(tmp_path / "a.keras", sequential(dense()))
        with zipfile.ZipFile(path, "a") as file:
            for number in range(archive_module.MAX_MEMBERS):
                file.writestr(f"assets/{number}", b"")
        assert "members" in refusal(path, "KS711")

    def test_overlapping_members_are_rejected(self, tmp_path):
        path = keras_file(tmp_path / "a.keras", sequential(dense()), b"x" * 5000)
        with zipfile.ZipFile(path, "a") as file:
            again = file.getinfo("model.weights.h5")
            for number in range(10):
                copy = zipfile.ZipInfo(f"assets/{number}")
                copy.header_offset, copy.CRC = again.header_offset, again.CRC
                copy.file_size = copy.compress_size = again.file_size
                file.filelist.append(copy)
            file._didModify = True
        assert "overlap" in refusal(path, "KS711")

    def test_duplicate_keys_are_rejected(self, tmp_path):
        path = tmp_path / "a.json"
        path.write_text(json.dumps(sequential(dense()))[:-1] + ', "class_name": "Evil"}')
        assert "twice" in refusal(path, "KS711")

    def test_deep_nesting_is_rejected(self, tmp_path):
        path = tmp_path / "a.json"
        path.write_text('{"class_name": "Sequential", "config": ' + '{"a": ' * 100_000 + "1" + "}" * 100_001)
        assert "deep" in refusal(path, "KS711")


class TestDamaged:
    def test_truncated_files_are_rejected(self, tmp_path):
        path = keras_file(tmp_path / "a.keras", sequential(dense()))
        whole = path.read_bytes()
        for length in (len(whole) - 1, len(whole) // 2, 100, 30, 4):
            path.write_bytes(whole[:length])
            refusal(path, "KS710")

    @pytest.mark.parametrize(
        "data", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"[1, 2]", b'{"class_name": 3}', b"{}", b"\xff\xfe{"]
    )
    def test_other_files_are_rejected(self, data, tmp_path):
        (tmp_path / "a.keras").write_bytes(data)
        refusal(tmp_path / "a.keras", "KS710")

    @pytest.mark.parametrize("metadata", [[], {}, {"keras_version": 3}, {"keras_version": "2.13.1"}])
    def test_wrong_metadata_is_rejected(self, metadata, tmp_path):
        refusal(keras_file(tmp_path / "a.keras", sequential(dense()), metadata=metadata), "KS710")

    def test_a_wrong_checksum_is_rejected(self, tmp_path):
        path = keras_file(tmp_path / "a.keras", sequential(dense()))
        data = path.read_bytes()
        path.write_bytes(data.replace(b'"units": 2', b'"units": 3', 1))
        assert "damaged" in refusal(path, "KS710")


def model():
    import keras

    return keras.Sequential([keras.Input([4]), keras.layers.Dense(2)])


def misfit(path, suffix=".weights.h5"):
    """Why a file of weights is refused; the model keeps what it had."""
    if path.suffix != suffix:
        path = path.rename(path.with_name(f"x{suffix}"))
    made = model()
    before = [value.copy() for value in made.get_weights()]
    report = Report()
    with watched() as events:
        assert not load_weights(made, path, report)
    assert not [name for event, name in events if event == "open" and "secret" in name]
    for value, old in zip(made.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, old)
    (found,) = report.diagnostics
    assert found.code in ("KS710", "KS711")
    return found.message


def weights_with(dataset):
    """A file of the model's weights, its kernel written by `dataset`."""

    def write(file):
        group = file.create_group("layers/dense/vars")
        dataset(group)
        group["1"] = np.zeros(2, "float32")
        file.create_group("vars")

    return h5(write)


class TestWeights:
    """GHSA-3m4q-jmj6-r34q: weights that HDF5 reads out of other files."""

    def test_data_in_another_file_is_rejected(self, tmp_path):
        other = secret(tmp_path)
        data = weights_with(lambda group: group.create_dataset("0", (4, 2), "f4", external=[(str(other), 0, 32)]))
        (tmp_path / "a.weights.h5").write_bytes(data)
        assert "another file" in misfit(tmp_path / "a.weights.h5")
        keras_file(tmp_path / "b.keras", sequential(dense()), data)
        assert "another file" in misfit(tmp_path / "b.keras", ".keras")

    def test_an_external_link_is_rejected(self, tmp_path):
        with h5py.File(tmp_path / "secret.h5", "w") as file:
            file["numbers"] = np.ones((4, 2), "float32")

        def link(group):
            group["0"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/numbers")

        (tmp_path / "a.weights.h5").write_bytes(weights_with(link))
        assert "is a link to" in misfit(tmp_path / "a.weights.h5")

    def test_a_soft_link_is_rejected(self, tmp_path):
        def link(group):
            group["0"] = h5py.SoftLink("/layers/dense/vars/1")

        (tmp_path / "a.weights.h5").write_bytes(weights_with(link))
        assert "is a link" in misfit(tmp_path / "a.weights.h5")

    def test_a_virtual_dataset_is_rejected(self, tmp_path):
        layout = h5py.VirtualLayout((4, 2), "f4")
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "numbers", (4, 2))
        (tmp_path / "a.weights.h5").write_bytes(weights_with(lambda group: group.create_virtual_dataset("0", layout)))
        assert "other datasets" in misfit(tmp_path / "a.weights.h5")

    def test_a_filter_library_is_rejected(self, tmp_path):
        def foreign(group):
            plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plan.set_chunk((4, 2))
            plan.set_filter(305, h5py.h5z.FLAG_OPTIONAL)
            space = h5py.h5s.create_simple((4, 2))
            h5py.h5d.create(group.id, b"0", h5py.h5t.NATIVE_FLOAT, space, plan)

        (tmp_path / "a.weights.h5").write_bytes(weights_with(foreign))
        assert "library" in misfit(tmp_path / "a.weights.h5")

    def test_references_are_rejected(self, tmp_path):
        def refer(group):
            group.create_dataset("0", (4, 2), h5py.ref_dtype)

        (tmp_path / "a.weights.h5").write_bytes(weights_with(refer))
        assert "values other than numbers" in misfit(tmp_path / "a.weights.h5")

    def test_a_huge_declared_dataset_is_rejected(self, tmp_path):
        def huge(group):
            group.create_dataset("0", (1 << 20, 1 << 20), "f4", chunks=(1 << 10, 1 << 10), compression="gzip")

        (tmp_path / "a.weights.h5").write_bytes(weights_with(huge))
        assert "declares" in misfit(tmp_path / "a.weights.h5")

    @pytest.mark.parametrize("length", [0, 8, 100, 900])
    def test_truncated_weights_are_rejected(self, length, tmp_path):
        whole = weights_with(lambda group: group.create_dataset("0", data=np.zeros((4, 2), "float32")))
        (tmp_path / "a.weights.h5").write_bytes(whole[:length])
        assert "damaged" in misfit(tmp_path / "a.weights.h5")

    def test_a_cyclic_group_is_visited_once(self, tmp_path):
        def knot(group):
            group["0"] = np.zeros((4, 2), "float32")
            group["around"] = group

        (tmp_path / "a.weights.h5").write_bytes(weights_with(knot))
        verify(tmp_path / "a.weights.h5")
