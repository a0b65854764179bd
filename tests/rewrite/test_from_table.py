"""The spec that `kspec init` infers from the columns of a table."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from kspec.analysis.data_profile import ColumnProfile, DataProfile
from kspec.data.profile.hints import ColumnHints
from kspec.diagnostics import Report, Source
from kspec.rewrite.from_table import from_table
from kspec.rewrite.init import InitRefused
from kspec.rewrite.table_inference import infer_columns
from kspec.syntax import parse


def column(name: str, type: str = "float", distinct: int | None = 400, **more: Any) -> ColumnProfile:
    return ColumnProfile(name, type, distinct=distinct, **more)


def table(*columns: ColumnProfile, rows: int = 400) -> DataProfile:
    return DataProfile("csv", rows, columns)


YES_NO = column("bought", "text", 2, classes={"no": 300, "yes": 100})


@pytest.mark.parametrize(
    ("target", "task"),
    [
        (YES_NO, "binary_classification"),
        (column("t", "boolean", 2, classes={"false": 200, "true": 200}), "binary_classification"),
        (column("t", "integer", 2, minimum=0, maximum=1, classes={"0": 200, "1": 200}), "binary_classification"),
        (column("t", "integer", 2, minimum=1, maximum=2, classes={"1": 200, "2": 200}), "binary_classification"),
        (column("t", "text", 5, classes=dict.fromkeys("abcde", 80)), "multiclass_classification"),
        (column("t", "integer", 10, minimum=0, maximum=9), "multiclass_classification"),
        (column("t", "integer", 10, minimum=0, maximum=90), "regression"),
        (column("t", "integer", 300, minimum=1, maximum=300), "regression"),
        (column("t", "float", 2, minimum=0.0, maximum=1.0), "regression"),
        (column("t", "float", 2, minimum=0.0, maximum=1.0, whole=True), "binary_classification"),
        (column("t", "integer", 6, minimum=1, maximum=7), "multiclass_classification"),
        (column("type", "integer", 30, minimum=1, maximum=90), "multiclass_classification"),
        (column("count", "integer", 6, minimum=1, maximum=7), "regression"),
        (column("t", "float", 3, minimum=1.0, maximum=3.0, whole=True), "regression"),
        (column("t"), "regression"),
    ],
)
def test_the_task_follows_from_the_target(target: ColumnProfile, task: str) -> None:
    assert infer_columns(table(column("a"), target), target.name).task == task


def test_the_target_is_found_by_name_else_it_is_the_last_column() -> None:
    assert (
        infer_columns(table(column("Label", "text", 2, classes={"a": 1, "b": 2}), column("z"))).target.name == "Label"
    )
    assert infer_columns(table(column("a"), column("z"))).target.name == "z"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([column("a")], "one column"),
        ([column("a", "text", 390), column("b", "text", 390)], "390 distinct texts"),
        ([column("a", distinct=1), column("b", distinct=1)], "same value"),
        ([column("a", "array", None), column("b", "array", None)], "arrays"),
        ([column("id", "text", 400), column("b")], "no column is left"),
    ],
)
def test_unusable_tables_are_rejected(columns: list[ColumnProfile], message: str) -> None:
    with pytest.raises(InitRefused, match=message):
        from_table(table(*columns), "t.csv")


def test_columns_become_inputs_by_type() -> None:
    roles = infer_columns(
        table(
            column("user_id", "integer", 400),
            column("city", "text", 3),
            column("hash", "text", 400, example="a8f3"),
            column("review", "text", 395, example="it was good but not great"),
            column("empty", missing=400, distinct=0),
            column("on", "boolean", 2),
            column("age", "integer", 60),
            YES_NO,
        )
    )
    assert [c.name for c in roles.numbers] == ["on", "age"]
    assert [c.name for c in roles.categories] == ["city"]
    assert [c.name for c in roles.texts] == ["review"]
    assert set(roles.unused) == {"user_id", "hash", "empty"}


ODD = [
    column("a: b", missing=3),
    column("# x", "text", 4, missing=1),
    column("true", "text", 300, example="a b c d e"),
    column("1st", "text", 40),
    column("Größe"),
    column("größe"),
    column('say "hi"'),
]


def test_unusual_column_names_survive_a_round_trip() -> None:
    text = from_table(table(*ODD, column("Huber", mean=70.0, deviation=9.0)), "my data, all.csv")
    tree = parse(Source("spec.yaml", text), Report())
    assert tree is not None
    data = tree.value["data"]
    assert data["csv"] == "my data, all.csv"
    assert data["targets"] == {"huber": {"column": "Huber", "scale": "standard"}}
    fed = [
        name for columns in data["inputs"].values() for name in (columns if isinstance(columns, list) else [columns])
    ]
    assert set(fed) == {known.name for known in ODD}
    assert data["missing"] == {"a: b": "median", "# x": "unknown"}
    assert {"Dense": {"units": 1}, "name": "huber"} in tree.value["layers"]


def test_unusual_column_names_pass_the_check(tmp_path: Any) -> None:
    import kspec

    spec = tmp_path / "spec.yaml"
    spec.write_text(from_table(table(*ODD, YES_NO), "t.csv", options={"delimiter": "\t"}), encoding="utf-8")
    with (tmp_path / "t.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter="\t").writerow([known.name for known in (*ODD, YES_NO)])
    assert [problem for problem in kspec.check(spec) if problem.is_error] == []


def test_long_lists_of_columns_are_wrapped() -> None:
    columns = [column(f"measurement {number}") for number in range(60)]
    text = from_table(table(column("id", "integer"), *columns, YES_NO), "t.csv")
    assert max(map(len, text.splitlines())) <= 112
    tree = parse(Source("spec.yaml", text), Report())
    assert tree is not None
    assert tree.value["data"]["inputs"] == [known.name for known in columns]


def test_rare_classes_are_weighted_and_stratified() -> None:
    text = from_table(table(column("a"), column("t", "text", 2, classes={"no": 395, "yes": 5})), "t.csv")
    assert "class_weight: balanced" in text
    assert "stratify: true" in text


@pytest.mark.parametrize(
    ("columns", "target"),
    [
        ([column("y"), column("a")], "y"),
        ([column("price"), column("a"), column("is_fraud", "integer", 2, minimum=0, maximum=1)], "is_fraud"),
        ([column("SalePrice"), column("sold", "text", 3)], "SalePrice"),
        ([column("c0", "integer", 3, minimum=1, maximum=3), column("c1"), column("c2")], "c0"),
        ([column("id", "integer"), column("c1", "text", 2), column("c2"), column("c3")], "c1"),
        ([column("c0", "text", 2), column("c1", "text", 6), column("c2", "text", 7)], "c0"),
        ([column("sex", "text", 3), column("b"), column("rings", "integer", 28, minimum=1, maximum=29)], "rings"),
        ([column("a"), column("b"), column("note", "text", 390)], "b"),
        ([column("a"), column("b"), column("empty", missing=400, distinct=0)], "b"),
    ],
)
def test_the_target_is_an_outcome_or_stands_first_or_last(columns: list[ColumnProfile], target: str) -> None:
    assert infer_columns(table(*columns)).target.name == target


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (column("CustomerId", "integer", 390), "it is a row identifier"),
        (column("RowNumber", "integer", 400), "it is a row identifier"),
        (column("store_id", "integer", 40), ""),
        (column("Phone", "text", 400, example="1 2"), "almost every value is unique"),
    ],
)
def test_identifiers_are_left_out(other: ColumnProfile, reason: str) -> None:
    assert infer_columns(table(other, column("a"), YES_NO)).unused.get(other.name, "") == reason


def test_the_order_of_the_rows_tells_row_numbers_and_times() -> None:
    columns = [column(name, "integer", 400, minimum=0, maximum=399) for name in ("n", "a")]
    hints = {"n": ColumnHints(is_row_number=True), "day": ColumnHints(is_time=True, is_sorted=True)}
    roles = infer_columns(table(*columns, column("day", "text", 400), column("z")), None, hints)
    assert roles.unused == {"n": "it counts the rows", "day": "it is a date"}
    assert roles.time == "day"
    assert roles.target.name == "z"


def test_prose_is_judged_by_its_median() -> None:
    review = column("review", "text", 390, example="Great!")
    hints = {"review": ColumnHints(words=9, most_words=31)}
    text = from_table(table(review, YES_NO), "t.csv", hints=hints)
    assert "output_sequence_length: 31" in text


def test_what_the_user_names_is_kept() -> None:
    target = column("n", "integer", 6, minimum=1, maximum=7)
    roles = infer_columns(table(column("a"), target, column("t")), "n", task="regression", time="t")
    assert (roles.task, roles.time, roles.why_target) == ("regression", "t", "")
    with pytest.raises(InitRefused, match="unknown column `nn`"):
        infer_columns(table(column("a"), target), "nn")
    with pytest.raises(InitRefused, match="holds texts"):
        infer_columns(table(column("a"), YES_NO), "bought", task="regression")


def test_a_first_count_is_the_target_and_an_indicator_is_none() -> None:
    visits = column("visits", "integer", 40, minimum=0, maximum=70, mean=3.0, deviation=5.0)
    flags = [column(f"hlth{x}", "integer", 2, minimum=0, maximum=1, mean=0.3) for x in "gfp"]
    assert infer_columns(table(visits, column("a"), *flags)).target.name == "visits"
    assert infer_columns(table(column("a"), column("b"), *flags)).target.name == "b"
    choice = column("choice", "integer", 2, minimum=0, maximum=1, mean=0.2)
    size = column("size", "integer", 6, minimum=1, maximum=6)
    assert infer_columns(table(visits, choice, column("a"), size)).target.name == "choice"


def test_a_target_near_one_trains_on_its_own_scale() -> None:
    text = from_table(table(column("a"), column("t", mean=0.4, deviation=1.1)), "t.csv")
    assert "  targets: t " in text
    assert "scale" not in text.replace("_scaled", "")


PATIENT = column("patient_id", "integer", 80)


@pytest.mark.parametrize("name", ["patient", "SubjectID", "customer_no", "participants"])
def test_rows_of_somebody_are_split_together(name: str) -> None:
    text = from_table(table(column(name, "text", 80), column("age"), YES_NO), "t.csv")
    assert f"split: {{group: {name}, validation: 0.2, test: 0.2, stratify: true}}" in text
    assert f"# `{name}` is not used: it names whom rows are of" in text


@pytest.mark.parametrize(
    "columns",
    [
        [column("patient", "text", 390), column("age")],  # a row each
        [column("patient", "text", 5), column("age")],  # too few to be split
        [PATIENT, column("film_id", "integer", 90), column("age")],  # what a user rates
        [column("store", "text", 80), column("age")],
        [column("patient", "text", 80, missing=3), column("age")],
    ],
)
def test_other_rows_are_split_by_chance(columns: list[ColumnProfile]) -> None:
    assert infer_columns(table(*columns, YES_NO)).group is None


def test_flags_of_one_category_are_no_target() -> None:
    from kspec.rewrite.target_inference import _indicators

    flags = [column(f"{'ab'[n % 2]}city_{n}", "integer", 2, minimum=0, maximum=1, mean=0.3) for n in range(4)]
    bare = column("acit", "integer", 2, minimum=0, maximum=1, mean=0.3)  # nothing follows what is alike
    assert _indicators([*flags, bare]) == {flag.name for flag in flags}
    assert _indicators(flags[:1]) == set(), "one is no category"
    shared = [column(f"likes_{n}", "integer", 2, minimum=0, maximum=1, mean=0.8) for n in range(3)]
    assert _indicators(shared) == set(), "a row has several"
