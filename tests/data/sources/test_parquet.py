"""The source parquet: structs, read at once or column by column."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kspec.data.context import Context
from kspec.data.sources import names
from kspec.data.sources.read_request import Request
from kspec.data.storage import mapped_arrays
from kspec.diagnostics import Report
from tests.data.helpers import make_spec, read

ROWS = 12
PLACES = [None if n == 3 else {"lat": n / 2, "city": {"name": "ab"[n % 2], "size": n}} for n in range(ROWS)]
TABLE = pa.table(
    {
        "y": pa.array([n % 2 for n in range(ROWS)]),
        "place": pa.array(PLACES),
        "tags": pa.array([{"l": [n, n + 1]} for n in range(ROWS)]),
    }
)
DATA = (
    "{parquet: t.parquet, inputs: {x: [place.lat, place.city.size, tags.l], city: place.city.name}, targets: y,"
    " missing: {place.lat: 100, place.city.size: 7, place.city.name: c}, split: {test: 0, validation: 0}}"
)
INPUTS = "x: {shape: [4]}, city: {shape: [1], dtype: string}"


@pytest.mark.parametrize("large", [False, True])
def test_fields_of_structs_are_dotted_columns(tmp_path, monkeypatch, large):
    pq.write_table(TABLE, tmp_path / "t.parquet", row_group_size=5)
    if large:
        monkeypatch.setattr(mapped_arrays, "MOST", 0)
    data = read(tmp_path, DATA, INPUTS).data
    lat, size = ([PLACES[n][key] if n != 3 else 0 for n in range(ROWS)] for key in ("lat", "city"))
    size = [each["size"] if each else 7 for each in size]
    lat[3] = 100
    expected = np.array([[lat[n], size[n], n, n + 1] for n in range(ROWS)], "float32")
    split = data.splits["train"]
    assert np.array_equal(np.asarray(split.inputs["x"])[np.argsort(split.rows)], expected)
    cities = np.asarray(split.inputs["city"]).ravel()[np.argsort(split.rows)]
    assert [str(each) for each in cities] == ["c" if n == 3 else "ab"[n % 2] for n in range(ROWS)]


def test_names_are_those_of_the_columns(tmp_path):
    pq.write_table(TABLE, tmp_path / "t.parquet")
    context = Context(make_spec(tmp_path, DATA, INPUTS), Report(), ("data", "parquet"))
    found = names("parquet", "t.parquet", Request(context, {}, ["y"]))
    assert found == ["y", "place.lat", "place.city.name", "place.city.size", "tags.l"]
