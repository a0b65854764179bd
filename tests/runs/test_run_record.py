"""A damaged `run.json` is reported."""

import json

import pytest

from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_record import check_names, read_record

DATA = {
    "fingerprints": {"t.csv": "ab"},
    "labels": {"y": {"kind": "integer", "names": ["0", "1"]}},
    "fitted": {
        "fill": {"a": 1.5, "b": True},
        "usual": {"c": {"most_frequent": False}, "d": {"median": 3}},
        "columns": {"inputs": {"x": ["a"]}, "targets": {"y": ["y"]}, "weights": {}},
    },
}


def read(folder, text):
    (folder / "run.json").write_text(text)
    return read_record(folder)


def test_a_sound_record(tmp_path):
    record = read(tmp_path, json.dumps({"status": "finished", "data": DATA}))
    check_names(record, tmp_path, ["x"], ["y"])
    assert record["data"] == DATA


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("labels",), -1),
        (("labels", "y", "kind"), "colour"),
        (("labels", "y", "names"), ["0", [None]]),
        (("labels", "y", "names"), ["no", "yes"]),
        (("fitted", "fill"), {"a": None}),
        (("fitted", "columns", "inputs"), []),
        (("fingerprints",), {"t.csv": []}),
    ],
)
def test_a_damaged_record(tmp_path, path, value):
    data = json.loads(json.dumps(DATA))
    part = data
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with pytest.raises(RunFolderError, match=r"run\.json is damaged: `data\." + path[0]):
        read(tmp_path, json.dumps({"data": data}))


@pytest.mark.parametrize("text", ["", "[]", "{", "nul"])
def test_no_record(tmp_path, text):
    with pytest.raises(RunFolderError, match=r"run\.json (cannot be read|is damaged)"):
        read(tmp_path, text)


@pytest.mark.parametrize(("inputs", "outputs"), [(["x", "z"], ["y"]), (["x"], ["other"])])
def test_a_record_of_another_spec(tmp_path, inputs, outputs):
    record = read(tmp_path, json.dumps({"data": DATA}))
    with pytest.raises(RunFolderError, match="does not describe the spec beside it"):
        check_names(record, tmp_path, inputs, outputs)
