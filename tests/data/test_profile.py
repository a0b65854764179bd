"""Profiles of columns, and of files without a spec."""

import gzip
import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq

from kspec.analysis.data_profile import DataProfile
from kspec.data.table_preview import profile_file
from kspec.diagnostics import Report
from tests.data.helpers import read, table


def test_profile(tmp_path):
    table(tmp_path)
    profile = read(tmp_path, "{csv: t.csv, inputs: [a, b], targets: y, weights: w, split: {by: part}}").data.profile
    assert (profile.source, profile.rows, profile.parts) == ("csv", 50, {"train": 30, "validation": 10, "test": 10})
    a, y = profile.column("a"), profile.column("y")
    assert (a.type, a.minimum, a.maximum, a.mean, a.distinct, a.classes) == ("integer", 0, 49, 24.5, 50, {
        str(n): 1 for n in sorted(range(50), key=str)
    })  # fmt: skip
    assert (y.type, y.distinct, y.classes) == ("text", 2, {"yes": 33, "no": 17})
    uses = {column.name: column.use for column in profile.columns}
    assert uses == {"a": ("input x",), "b": ("input x",), "y": ("target y",), "w": ("weight of y",), "part": ("split",)}
    assert profile.column("q") is None
    assert DataProfile.from_json(json.loads(json.dumps(profile.to_json()))) == profile


def test_profile_of_a_file_without_a_spec(tmp_path):
    report = Report()
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a;y\n1;x\n;z\n"))
    _, profile, options, *_ = profile_file(tmp_path / "t.csv.gz", report)
    assert [(c.name, c.type, c.missing, c.classes) for c in profile.columns] == [
        ("a", "integer", 1, {"1": 1}),
        ("y", "text", 0, {"x": 1, "z": 1}),
    ]
    assert options == {"delimiter": ";"}
    pq.write_table(pa.table({"a": [1.5, 2]}), tmp_path / "t.parquet")
    _, profile, options, *_ = profile_file(tmp_path / "t.parquet", report)
    assert (profile.rows, profile.columns[0].mean, options) == (2, 1.75, {})
    assert not list(report)
    assert profile_file(tmp_path / "nope.csv", report) is None
    assert next(iter(report)).code == "KS501"


def test_importing_the_package_loads_no_library():
    heavy = "{'numpy', 'pyarrow', 'tensorflow', 'keras', 'pydantic'}"
    code = f"import kspec.data, kspec.analysis.data_profile, sys; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


def test_reading_a_table_needs_no_tensorflow(tmp_path):
    table(tmp_path)
    code = (
        "import sys; from tests.data.helpers import read; from pathlib import Path;"
        f"assert read(Path({str(tmp_path)!r}), '{{csv: t.csv, inputs: [a, b], targets: y}}').data;"
        "print('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
