"""New columns and filters: the values of expressions, what they may not do, and how problems are reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest

import kspec
from kspec.compiler.compile import compile_spec
from kspec.data import load_for_prediction
from kspec.data.expressions.duckdb_engine import Engine, EngineError
from kspec.data.network_specs import input_specs
from kspec.data.training_data import read_training_data
from kspec.diagnostics import Report

ROWS = 60
RANDOM = numpy.random.default_rng(7)
SIZE = RANDOM.integers(20, 200, ROWS)
PRICE = RANDOM.integers(-10, 300, ROWS)
MONTH = numpy.arange(ROWS) % 12 + 1
CITY = numpy.where(numpy.arange(ROWS) % 20 == 7, "", numpy.where(numpy.arange(ROWS) % 2 == 0, "Ulm", "Bonn"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    lines = [f"2024-{m:02d}-03,{s},{c},{p}" for m, s, c, p in zip(MONTH, SIZE, CITY, PRICE, strict=True)]
    (folder / "t.csv").write_text("\n".join(["date,size,city,price", *lines, lines[0], lines[3]]) + "\n")
    return folder


def write(folder: Path, data: str, inputs: str = "[new]", shape: int = 1) -> Path:
    path = folder / "spec.yaml"
    path.write_text(f"""kspec: 1
data:
  csv: t.csv
  {data}
  inputs: {inputs}
  targets: price
  split: {{validation: 0, test: 0}}
inputs:
  x: {{shape: [{shape}]}}
layers:
  - Dense: {{units: 1}}
    name: y
""")
    return path


def read(folder: Path, data: str, inputs: str = "[new]", shape: int = 1) -> Any:
    compiled = compile_spec(write(folder, data, inputs, shape), data="never")
    report = Report()
    assert compiled.spec is not None
    assert compiled.analysis is not None
    dataset = read_training_data(compiled.spec, compiled.analysis, report)
    assert not report.has_errors, list(report)
    return dataset


def errors(folder: Path, data: str, *, with_data: bool = True) -> list[Any]:
    return [d for d in kspec.check(write(folder, data), data=with_data) if d.is_error]


def test_values_equal_those_of_numpy(folder: Path) -> None:
    columns = """columns:
    month: month(date)
    log_size: ln(size)
    twice: 2 * log_size
    in_ulm: city = 'Ulm'
    half: size / 4
    letters: length(coalesce(city, '')) + year(date)"""
    dataset = read(folder, columns, "[month, log_size, twice, in_ulm, half, letters]\n  missing: {in_ulm: 0}", 6)
    train = dataset.splits["train"]
    places = train.rows - 1
    size, month, city = (numpy.concatenate([a, a[[0, 3]]])[places] for a in (SIZE, MONTH, CITY))
    expected = [month, numpy.log(size), 2 * numpy.log(size), city == "Ulm", size / 4, numpy.char.str_len(city) + 2024]
    numpy.testing.assert_array_equal(train.inputs["x"], numpy.stack(expected, 1).astype("float32"))
    assert sorted(train.rows) == list(range(1, ROWS + 3))
    assert dataset.unused == []


def test_filters_count_what_they_leave_out_and_rows_keep_their_numbers(folder: Path) -> None:
    dataset = read(folder, "columns: {new: size}\n  where: price > 0 and city is not null\n  distinct: true")
    kept = numpy.flatnonzero((PRICE > 0) & (CITY != "")) + 1
    repeated = sum(int(row + 1 in kept) for row in (0, 3))
    assert sorted(dataset.splits["train"].rows) == kept.tolist()
    assert (
        dataset.filters
        == [f"{ROWS + 2 - len(kept) - repeated} left out by `where`", f"{repeated} repeated rows left out"][
            : 1 + (repeated > 0)
        ]
    )


def test_a_filter_that_is_neither_true_nor_false_leaves_the_row_out(folder: Path) -> None:
    dataset = read(folder, "columns: {new: size}\n  where: city <> 'Ulm'")
    numbers = numpy.append(numpy.arange(ROWS), [0, 3])
    unknown = int((CITY[numbers] == "").sum())
    left_out = int((CITY[numbers] != "Bonn").sum())
    assert dataset.filters == [f"{left_out} left out by `where` ({unknown} of them because a value is missing)"]


@pytest.mark.parametrize(
    ("expression", "code", "text"),
    [
        ("mnth(date)", "KS540", "month"),
        ("month(dat)", "KS502", "date"),
        ("SIZE + 1", "KS502", "size"),
        ("size +", "KS540", "not a SQL expression"),
        ("size; drop table t", "KS540", "not a SQL expression"),
        ("size) from (select 1 as size", "KS540", "more than one"),
        ("size, price", "KS540", "several values"),
        ("abs(city)", "KS540", "try_cast(city as double)"),
        ("substr(date, 1, 4)", "KS540", "date::varchar"),
        ("interval 3 day", "KS540", "a span of time"),
        ("size.abs()", "KS540", "abs(size"),
        ("sum(size)", "KS541", "`sum` looks at other rows"),
        ("count(*)", "KS541", "`count`"),
        ("geomean(size)", "KS541", "geomean"),
        ("size / avg(size) over ()", "KS541", "a window function"),
        ("(select 1)", "KS541", "a subquery"),
        ("unnest(range(size))", "KS541", "unnest"),
        ("random()", "KS542", "random"),
        ("current_date", "KS542", "current_date"),
        ("age(date)", "KS542", "age"),
        ("uuid()", "KS542", "uuid"),
        ("pg_sleep(1)", "KS542", "pg_sleep"),
        ("cast(city as integer)", "KS543", "in row 1: could not convert"),
        ("size * 9000000000000000000", "KS543", "in row 1: overflow"),
        ("cast(substr(date::varchar, 7, 1) as integer) * 2000000000", "KS543", "in row 2: overflow"),
    ],
)  # fmt: skip
def test_problem_of_an_expression(folder: Path, expression: str, code: str, text: str) -> None:
    found = errors(folder, f'columns: {{new: "{expression}"}}')
    assert [d.code for d in found] == [code]
    assert text in str(found[0])
    assert found[0].span.line == 4


@pytest.mark.parametrize(
    "expression",
    [
        "read_csv('/etc/passwd')", "read_text('/etc/passwd')", "glob('*')", "getenv('HOME')", "query('select 1')",
        "(select content from read_text('/etc/passwd'))", "(from '/etc/passwd')", "sniff_csv('t.csv')",
        "current_setting('threads')", "getvariable('x')", "duckdb_settings()", "nextval('s')", "write_log('x')",
    ],
)  # fmt: skip
def test_expression_reads_nothing_but_its_row(folder: Path, expression: str) -> None:
    assert [d.code[:4] for d in errors(folder, f'columns: {{new: "{expression}"}}')] == ["KS54"]


@pytest.mark.parametrize("with_data", [False, True])
def test_problems_are_known_before_data_is_read(folder: Path, with_data: bool) -> None:
    found = errors(folder, "columns: {new: lnn(sizes)}", with_data=with_data)
    assert [(d.code, d.span.text) for d in found][:1] == [("KS540", "lnn(sizes)")]


def test_engine_sees_no_files(tmp_path: Path) -> None:
    """The second wall: what an expression could reach if the first one, its syntax, had a gap."""
    (tmp_path / "link").symlink_to("/etc/passwd")
    inside = tmp_path / "x.csv"
    inside.write_text("a\n1\n")
    with Engine(1e9) as engine:
        for statement in (
            "select * from read_text('/etc/passwd')",
            f"select * from read_text('{tmp_path}/link')",
            f"select * from read_csv('{tmp_path}/../{tmp_path.name}/x.csv')",
            f"select * from '{inside}'",
            f"select * from glob('{tmp_path}/*')",
            f"copy (select 1) to '{tmp_path}/out.csv'",
            f"attach '{tmp_path}/new.db'",
            f"export database '{tmp_path}/export'",
            "install spatial",
            "load spatial",
            "set enable_external_access = true",
            "set allowed_directories = ['/']",
            "set lock_configuration = false",
            "pragma enable_profiling",
            "select * from inside",
        ):
            with pytest.raises(Exception, match=r"(?s)."):
                engine._connection.execute(statement).fetchall()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "x.csv"]
    with Engine(1e9) as engine, pytest.raises(EngineError):
        engine.parse("1); copy (select 1) to 'x' --")


def test_input_computed_from_the_target(folder: Path) -> None:
    found = kspec.check(write(folder, "columns: {half: price / 2, new: half + size}"), data=True)
    assert [d.code for d in found if d.code == "KS515"] == ["KS515"]
    assert "`new` of input `x` is computed from the target `price`" in str(found[0])


def test_new_column_cannot_replace_one(folder: Path) -> None:
    assert [d.code for d in errors(folder, "columns: {size: size / 2, new: size}")] == ["KS544"]


def test_filter_must_be_true_or_false(folder: Path) -> None:
    assert "an integer" in str(errors(folder, "columns: {new: size}\n  where: size + 1")[0])


def test_filter_that_leaves_nothing(folder: Path) -> None:
    assert [d.code for d in errors(folder, "columns: {new: size}\n  where: size > 1000")] == ["KS506"]


def test_other_data_is_derived_as_the_training_data_was(folder: Path) -> None:
    """A word among numbers and a wrong date are gaps of their rows; `where` filters an evaluation alone."""
    (folder / "new.csv").write_text(
        "date,size,city,price\n2024-03-01,50,Ulm,10\n2024-13-01,60,Ulm,20\n2024-04-01,x,Bonn,30\n2024-05-01,70,Ulm,-5\n"
    )
    path = write(
        folder, "columns: {month: month(date), log_size: ln(size)}\n  where: price > 0", "[month, log_size]", 2
    )
    compiled = compile_spec(path, data="never")
    spec, analysis, report = compiled.spec, compiled.analysis, Report()
    assert spec is not None
    assert analysis is not None
    dataset = read_training_data(spec, analysis, report)
    assert dataset is not None
    assert dataset.fitted["types"] == {"date": "DATE", "size": "BIGINT", "price": "BIGINT"}
    arguments: Any = ("new.csv", spec, input_specs(spec), ["y"], {}, dataset.fitted, report)
    for need_targets, rows in ((False, [1, 4]), (True, [1])):
        split = load_for_prediction(*arguments, need_targets=need_targets, place=("predict", "data"))
        assert split is not None, list(report)
        assert split.rows.tolist() == rows
        expected = numpy.stack([[3, 5], numpy.log([50, 70])], 1)[: len(rows)].astype("float32")
        numpy.testing.assert_array_equal(split.inputs["x"], expected)
        assert any("left out by `where`" in note for note in split.notes) == need_targets


@pytest.mark.parametrize("source", ["parquet: t.parquet", "npz: t.npz"])
def test_each_source(tmp_path: Path, source: str) -> None:
    from pyarrow import parquet, table

    size = numpy.arange(1, 31)
    parquet.write_table(table({"size": size, "price": size * 1.5}), tmp_path / "t.parquet")
    numpy.savez(tmp_path / "t.npz", size=size, price=size * 1.5)
    path = write(tmp_path, "columns: {new: size * 2}\n  where: size % 3 = 0")
    path.write_text(path.read_text().replace("csv: t.csv", source))
    compiled = compile_spec(path, data="always")
    assert compiled.dataset is not None
    train = compiled.dataset.splits["train"]
    numpy.testing.assert_array_equal(train.inputs["x"][:, 0], train.rows * 2)
    assert sorted(train.rows) == list(range(3, 31, 3))
