"""No command ends in a traceback, whatever is in specs, tables and run folders. Many more: `python -m tests.proofs.verbs`."""

import shutil
from pathlib import Path

import pytest

from tests.support.verb_cases import call, make_base, try_one

CASES = Path(__file__).parent / "damaged"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    make_base(folder / "base", runs=False)
    return folder


def try_many(base, seeds, *, heavy):
    for seed in seeds:
        failure = try_one(base / "base", base / str(seed), seed, heavy=heavy)
        assert failure is None, f"kspec {' '.join(failure.words)}\n{failure.damage}\n{failure.text}"


def test_commands_without_tensorflow(base):
    try_many(base, range(150), heavy=False)


@pytest.mark.slow
def test_commands_on_runs(tmp_path):
    make_base(tmp_path / "base")
    try_many(tmp_path, range(1000, 1012), heavy=True)


def test_specs_that_failed_before(base, project):
    """Each was found by mutation; the verbs that failed are tried again."""
    for spec in sorted(CASES.glob("*.yaml")):
        shutil.copy(spec, "spec.yaml")
        for words in (
            ["check", "spec.yaml", "--data"],
            ["render", "spec.yaml"],
            ["summary", "spec.yaml"],
            ["diff", "spec.yaml", "spec.yaml"],
            ["export", "spec.yaml", "--to", "python", "-o", "-"],
        ):
            status, text = call(words)
            assert status in (0, 1), f"{spec.name}: kspec {' '.join(words)}\n{text}"
            assert "Traceback" not in text
