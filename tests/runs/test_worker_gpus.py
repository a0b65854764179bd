"""Which GPU each worker of a machine gets."""

import pytest

from kspec.runs.workers.gpus import VARIABLE, gpu_environment, visible_gpus


@pytest.mark.parametrize(
    ("named", "gpus"),
    [(None, ["0", "1"]), ("3, 5", ["3", "5"]), ("GPU-8a,-1,2", ["GPU-8a"]), ("", []), ("-1", [])],
)
def test_the_gpus_that_a_process_sees(tmp_path, monkeypatch, named, gpus):
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / name).mkdir()
    monkeypatch.delenv(VARIABLE, raising=False)
    if named is not None:
        monkeypatch.setenv(VARIABLE, named)
    assert visible_gpus(tmp_path) == gpus


def test_each_worker_gets_a_gpu():
    assert [gpu_environment(place, ["3", "5"])[VARIABLE] for place in range(3)] == ["3", "5", "3"]
    assert gpu_environment(0, []) == {}
