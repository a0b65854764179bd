"""New rows against the contract of a run with columns of all kinds."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pyarrow as pa
import pytest

import kspec
from kspec.contract.document import Contract, InvalidContract, contract_from_json
from kspec.contract.judge import judge
from kspec.runs.run_contract import load_contract
from kspec.runs.run_loader import load_run, read_examples

SPEC = """
kspec: 1
name: shop
data:
  csv: table.csv
  columns: {month: "month(day)"}
  inputs: {numbers: [age, visits, month], town: town, note: note, member: member, size: size}
  targets: bought
  missing: {visits: {fill: mean, indicator: true}}
inputs:
  numbers: {shape: [4]}
  town: {shape: [], dtype: string}
  note: {shape: [], dtype: string}
  member: {shape: [1]}
  size: {shape: [], dtype: int32}
layers:
  - StringLookup: {output_mode: one_hot}
    name: towns
    from: town
  - TextVectorization: {output_mode: multi_hot, max_tokens: 20}
    name: words
    from: note
  - Embedding: {input_dim: 5, output_dim: 2}
    name: sizes
    from: size
  - Concatenate:
    from: [numbers, towns, words, member, sizes]
  - Dense: {units: 1, activation: sigmoid}
    name: y
outputs: y
compile: {optimizer: {SGD: {learning_rate: 0.01}}, loss: binary_crossentropy}
fit: {epochs: 1, batch_size: 32}
"""
GOOD = {"age": 30, "visits": 3, "day": "2024-02-05", "town": "Rome", "note": "red shoes", "member": True, "size": 2}


def table(rows: int, seed: int) -> str:
    choose = random.Random(seed)
    lines = ["age,visits,day,town,note,member,size,bought"]
    for number in range(rows):
        visits = "" if number % 9 == 4 else choose.randint(0, 9)
        note = " ".join(choose.choices(["red", "blue", "shoes", "hat", "late", "cheap"], k=choose.randint(1, 6)))
        day = f"2024-{choose.randint(1, 12):02}-{choose.randint(1, 28):02}"
        town = choose.choice(["Rome", "Oslo", "Lima"])
        member, bought = choose.choice(["true", "false"]), choose.choice(["yes", "no"])
        size = choose.randint(0, 3)
        lines.append(f"{choose.randint(18, 80)},{visits},{day},{town},{note} {number},{member},{size},{bought}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("contract")
    (place / "table.csv").write_text(table(300, 1))
    (place / "spec.yaml").write_text(SPEC)
    return Path(str(kspec.run(place / "spec.yaml", out=place / "runs").folder))


@pytest.fixture(scope="module")
def contract(folder: Path) -> Contract:
    return load_contract(folder)


def test_document_is_a_schema_that_takes_the_rows_of_training(folder: Path) -> None:
    document = json.loads((folder / "contract.json").read_text())
    jsonschema.Draft202012Validator.check_schema(document)
    validator = jsonschema.Draft202012Validator(document)
    assert validator.is_valid(GOOD)
    assert not validator.is_valid({**GOOD, "age": "old"})
    assert not validator.is_valid({name: value for name, value in GOOD.items() if name != "town"})
    assert not validator.is_valid({**GOOD, "size": 5})
    assert validator.is_valid({**GOOD, "visits": None})
    assert contract_from_json(document).to_json() == document


def test_facts_are_those_of_the_training_split_alone(folder: Path, contract: Contract) -> None:
    split = read_examples(load_run(str(folder), allow_outside=True), None, "train", need_targets=False)[0]
    ages = split.inputs["numbers"][:, 0].astype(float)
    seen = contract.columns["age"].seen
    assert (seen.rows, seen.minimum, seen.maximum) == (len(ages), ages.min(), ages.max())
    assert list(seen.quantiles.values()) == np.quantile(ages, [float(share) for share in seen.quantiles]).tolist()
    assert seen.bins is not None
    edges = [-np.inf, *seen.bins.edges, np.inf]
    counts = [int(((ages >= low) & (ages < high)).sum()) for low, high in itertools.pairwise(edges)]
    assert seen.bins.counts == counts
    towns = dict(zip(*np.unique(split.inputs["town"].astype(str), return_counts=True), strict=True))
    assert contract.columns["town"].seen.categories == towns
    assert contract.columns["visits"].seen.missing == int(split.inputs["numbers"][:, 2].sum())
    assert contract.columns["visits"].gap.statistic == "mean"
    assert contract.columns["note"].seen.categories == {}
    assert contract.columns["month"].sources == ["day"]
    assert contract.outputs["y"].labels == ["no", "yes"]
    assert contract.outputs["y"].threshold == 0.5


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"age": "old"}, "KS508"),
        ({"age": float("inf")}, "KS511"),
        ({"age": 10**400}, "KS511"),
        ({"member": None, "town": None, "visits": None}, None),
        ({"note": None}, "KS503"),
        ({"size": 7}, "KS423"),
        ({"size": 1.5}, "KS508"),
        ({"size": -1}, "KS423"),
        ({"age": "31"}, None),
    ],
)
def test_row_is_refused_as_predict_leaves_it_out(
    folder: Path, contract: Contract, tmp_path: Path, change: dict, code: str | None
) -> None:
    rows = [GOOD, {**GOOD, **change}, GOOD]
    found = judge(contract, rows)
    assert {row: [each.code for each in own] for row, own in found.errors.items()} == ({1: [code]} if code else {})
    file = tmp_path / "new.json"
    if all(not isinstance(value, (float, int)) or abs(value) < 1e308 for value in change.values()):
        file.write_text("\n".join(map(json.dumps, rows)))
        examples = read_examples(load_run(str(folder)), str(file), None, need_targets=False)[0]
        assert examples.left_out == ([2] if code else [])


def test_what_is_unusual_is_a_warning(contract: Contract) -> None:
    rows = [GOOD, {**GOOD, "age": 300}, {**GOOD, "town": "rome"}, {**GOOD, "town": None}, {**GOOD, "visits": None}]
    found = judge(contract, rows)
    assert not found.errors
    assert {row: [each.code for each in own] for row, own in found.warnings.items()} == {
        1: ["KS653"],
        2: ["KS654"],
        3: ["KS558"],
    }
    assert found.warnings[1][0].message == "`age` is 300, and training saw 18 to 80"


def test_absent_column_refuses_the_rows_that_lack_it(contract: Contract) -> None:
    short = {name: value for name, value in GOOD.items() if name != "day"}
    assert {row: [each.code for each in own] for row, own in judge(contract, [GOOD, short]).errors.items()} == {
        1: ["KS502"]
    }
    assert judge(contract, [short, short]).refused.tolist() == [True, True]


def test_tables_and_columns_are_judged_as_rows_are(contract: Contract) -> None:
    rows = [GOOD, {**GOOD, "age": None}, {**GOOD, "age": 300, "town": "x"}]
    columns = {name: [row[name] for row in rows] for name in GOOD}
    expected = judge(contract, rows).to_json()
    assert judge(contract, columns).to_json() == expected
    assert judge(contract, pa.table(columns)).to_json() == expected


def test_judging_imports_no_tensorflow(folder: Path) -> None:
    script = (
        "import sys; from kspec.runs.run_contract import load_contract; from kspec.contract.judge import judge; "
        f"judge(load_contract({str(folder)!r}), [{GOOD!r}]); assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("document", [[], {}, {"x-kspec": {"version": 9}}, {"x-kspec": {}, "properties": {"a": 3}}])
def test_other_documents_are_refused(document: object) -> None:
    with pytest.raises(InvalidContract):
        contract_from_json(document)
