"""Rows in memory are the table that a file of them would be, and no file of the disk is read for them."""

import json

import numpy as np
import pytest

from kspec.data.given_rows import UPLOADS, GivenContext, GivenRows, table_of_rows
from kspec.data.sources import json as json_source
from kspec.data.sources.read_request import Request
from kspec.diagnostics import Report
from tests.data.helpers import make_spec

COLUMNS = {
    "whole": [1, 2, 3],
    "real": [0.5, 2, -1e300],
    "large": [2**62 + 1, -(2**63), 0],
    "larger": [2**64, 1, 2],
    "gap": [1, None, 2.5],
    "truth": [True, False, None],
    "text": ["a", "", None],
    "odd": [1, "b", True],
    "list": [[1, 2], [3], None],
    "none": [None, None, None],
}


def test_as_from_a_file(tmp_path):
    rows = [{name: values[row] for name, values in COLUMNS.items()} for row in range(3)]
    (tmp_path / "t.json").write_text(json.dumps(rows))
    spec = make_spec(tmp_path, "{json: t.json}")
    from kspec.data.context import Context

    expected = json_source.read("t.json", Request(Context(spec, Report(), ("data", "json")), {}, []))
    found = table_of_rows(GivenRows(COLUMNS, 3), GivenContext(spec, Report(), None, is_new=True))
    assert list(found.columns) == list(expected.columns)
    for name, column in expected.columns.items():
        own = found.columns[name]
        assert (own.kind, own.values.dtype) == (column.kind, column.values.dtype), name
        assert np.array_equal(own.missing, column.missing), name
        present = ~column.missing
        assert [str(value) for value in own.values[present]] == [str(value) for value in column.values[present]], name


def test_only_what_comes_with_the_rows_is_opened(tmp_path):
    spec = make_spec(tmp_path, "{csv: t.csv}")
    context = GivenContext(spec, Report(), None, is_new=True, files={"p": b"bytes"})
    with context.open(UPLOADS / "p") as file:
        assert file.read() == b"bytes"
    (tmp_path / "p").write_text("secret")
    for path in (tmp_path / "p", UPLOADS / "q", UPLOADS / ".." / "etc" / "passwd"):
        with pytest.raises(FileNotFoundError):
            context.open(path)
