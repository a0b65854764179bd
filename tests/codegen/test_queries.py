"""Exported files compute columns and leave out rows by DuckDB, as kspec does."""

from __future__ import annotations

import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from kspec.diagnostics import SpecError
from tests.codegen.data_part import assert_same_examples

NETWORK = """\
inputs:
  n: {shape: [5]}
  t: {shape: [2], dtype: string}
layers:
  - StringLookup: {output_mode: multi_hot}
    from: t
    name: s
  - Concatenate:
    from: [n, s]
  - Dense: {units: 1}
    name: out
"""
DATA = """\
  columns:
    log_size: ln(size)
    dear: price * 1.1 > 200
    rate: price * 0.35
    "by room": price / 3.5
    month: month(date)
    area: upper(city)
  where: price > 90 and city is not null
  inputs: {n: [log_size, dear, "by room", month, rate], t: [area, date]}
  targets: price
  missing: {log_size: median}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table as CSV and as Parquet, with gaps and repeated rows."""
    place, chance = tmp_path_factory.mktemp("queries"), random.Random(2)
    lines = ["date,city,size,price"]
    for n in range(70):
        city, size = chance.choice(["Oslo", "Rome", "NA"]), "" if n % 9 == 4 else f"{chance.uniform(20, 200):.2f}"
        lines.append(f"2024-{n % 12 + 1:02}-03,{city},{size},{chance.randrange(50, 400)}")
    (place / "t.csv").write_text("\n".join([*lines, *lines[5:15]]) + "\n")
    (place / "t.tsv").write_text("\n".join(["made by hand", *lines]).replace(",", "\t").replace("NA", "?") + "\n")
    options = csv.ConvertOptions(strings_can_be_null=True)
    pq.write_table(csv.read_csv(place / "t.csv", convert_options=options), place / "t.parquet")
    return place


def exported(folder, source, data=DATA, network=NETWORK):
    path = folder / "spec.yaml"
    path.write_text(f"kspec: 1\ndata:\n  {source}\n{data}{network}")
    return assert_same_examples(path)


@pytest.mark.parametrize(
    "source",
    [
        "csv: t.csv",
        "csv: [t.csv, t.csv]",
        "csv: {path: t.tsv, delimiter: \"\\t\", skip_rows: 1, missing: ['?']}",
        "parquet: t.parquet",
    ],
)
def test_columns_and_filters(source, folder):
    text = exported(folder, source, f"{DATA}  distinct: true\n")
    assert "where price > 90 and city is not null" in text


def test_distinct_rows_alone(folder):
    data = "  distinct: true\n  inputs: {n: [price, size, price, size], t: [city, date]}\n  targets: price\n  missing: drop_row\n"
    text = exported(
        folder,
        "parquet: t.parquet",
        data.replace("price, size, price, size", "price, size"),
        NETWORK.replace("[5]", "[2]"),
    )
    assert "duckdb" not in text


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("parquet: small.parquet", "compute with `size`, whose type is float"),
        ("json: t.json", "filter rows of `json` data"),
        ("csv: {path: t.txt, delimiter: whitespace}", "with these options of `csv`"),
    ],
)
def test_what_is_refused(source, what, folder):
    table = pq.read_table(folder / "t.parquet")
    small = table.set_column(2, "size", table["size"].cast(pa.float32()))
    pq.write_table(small, folder / "small.parquet")
    (folder / "t.txt").write_text((folder / "t.csv").read_text().replace(",,", ",NA,").replace(",", " "))
    rows = [{**row, "date": str(row["date"])} for row in table.to_pylist()]
    (folder / "t.json").write_text(json.dumps(rows))
    with pytest.raises(SpecError, match=what):
        exported(folder, source)
