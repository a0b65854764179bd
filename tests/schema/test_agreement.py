"""kspec and every client of the schema accept and reject the same specs, as far as a schema can decide."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from kspec.compiler.passes import analyse
from kspec.diagnostics import Report, Source
from kspec.language import load_source
from kspec.schema.document import json_schema
from kspec.syntax import parse
from tests.conftest import ROOT
from tests.schema.clients import HERE, need_node
from tests.schema.corpus import FILES, as_text, documented_mistakes, mutated, valid_specs
from tests.support.structural import CODES, UNDECIDABLE, structural

SCHEMA = ROOT / "schemas" / "kspec.schema.json"
MUTATIONS = 4
"""Variants of each valid spec."""
OF_MODELS = 60
"""Variants of the spec with blocks and sub-models, which most others lack."""


def first_error(values: Any) -> str | None:
    """The first structural error of a check; empty if there is none, None if no schema can decide."""
    source, report = Source("spec.yaml", as_text(values)), Report()
    tree = parse(source, Report())
    assert tree is not None
    spec = load_source(source, report)
    if spec is not None:
        analyse(spec, report)
    problems = report.sorted()
    if any(problem.code in UNDECIDABLE for problem in problems):
        return None
    found = structural(problems, values, tree.positions)
    return f"{found[0].code} {found[0].message}" if found else ""


@pytest.fixture(scope="module")
def corpus() -> dict[str, tuple[Any, str]]:
    """Specs, each with the first error of kspec."""
    specs: dict[str, Any] = documented_mistakes()
    for name, values in valid_specs().items():
        specs[name] = values
        specs.update(mutated(name, values, OF_MODELS if name.endswith("/models") else MUTATIONS))
    judged = {name: (values, first_error(values)) for name, values in specs.items()}
    return {name: (values, error) for name, (values, error) in judged.items() if error is not None}


def disagreements(corpus: dict[str, tuple[Any, str]], complaints: list[str]) -> list[str]:
    """The specs on which a client and kspec disagree."""
    return [
        f"{name}: kspec reports {error or 'nothing'}; the client {complaint or 'nothing'}"
        for (name, (_, error)), complaint in zip(corpus.items(), complaints, strict=True)
        if bool(error) != bool(complaint)
    ]


def test_the_corpus_has_valid_specs_and_every_error(corpus: dict[str, tuple[Any, str]]) -> None:
    rejected = sum(bool(error) for _, error in corpus.values())
    assert rejected >= 300
    assert len(corpus) - rejected >= 100
    assert {error[:5] for _, error in corpus.values() if error} == CODES


def test_valid_specs_are_accepted(corpus: dict[str, tuple[Any, str]]) -> None:
    assert [name for name in valid_specs() if corpus[name][1]] == []


def test_jsonschema_agrees(corpus: dict[str, tuple[Any, str]]) -> None:
    validator = Draft7Validator(json_schema())
    complaints = [
        error.message if (error := next(validator.iter_errors(values), None)) else "" for values, _ in corpus.values()
    ]
    assert disagreements(corpus, complaints) == []


@pytest.mark.slow
def test_jsonschema_agrees_on_many() -> None:
    validator = Draft7Validator(json_schema())
    specs = {n: v for name, values in valid_specs().items() for n, v in mutated(f"{name}, many", values, 30)}
    judged = {name: (values, error) for name, values in specs.items() if (error := first_error(values)) is not None}
    complaints = ["" if validator.is_valid(values) else "refused" for values, _ in judged.values()]
    assert disagreements(judged, complaints) == []


def test_ajv_agrees(corpus: dict[str, tuple[Any, str]]) -> None:
    need_node()
    specs = "\n".join(as_text(values) for values, _ in corpus.values())
    ran = subprocess.run(
        ["node", HERE / "ajv.mjs", SCHEMA], input=specs, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert ran.stderr == ""
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert disagreements(corpus, ["" if answer is True else answer for answer in answers]) == []


@pytest.mark.slow  # it asks the validator that `test_jsonschema_agrees` asks
def test_check_jsonschema_agrees(corpus: dict[str, tuple[Any, str]], tmp_path: Path) -> None:
    files = [FILES.get(name, tmp_path / f"{number}.json") for number, name in enumerate(corpus)]
    for file, (values, _) in zip(files, corpus.values(), strict=True):
        if file.parent == tmp_path:
            file.write_text(as_text(values), encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--output-format", "json", "--schemafile", SCHEMA]
    ran = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    found = json.loads(ran.stdout)
    assert found["parse_errors"] == []
    complaints = {error["filename"]: error["message"] for error in found["errors"]}
    assert disagreements(corpus, [complaints.get(str(file), "") for file in files]) == []
