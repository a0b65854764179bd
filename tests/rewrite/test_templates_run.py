"""Every template of `kspec init` runs through all five steps."""

from __future__ import annotations

from pathlib import Path

import pytest

import kspec
from kspec.cli import main
from kspec.rewrite.init import templates

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", templates())
def test_every_template_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--template", name]) == 0
    run = kspec.run("spec.yaml", overrides=["fit.epochs=1"])
    assert (run.folder / "metrics.json").exists()


def test_a_spec_for_a_table_with_all_column_types_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cities, rows = ["Rome", "Oslo", "Lima", ""], []
    for number in range(120):
        words = f"the thing number {number} does not work {'at all' if number % 3 else 'today'}"
        age = "" if number % 17 == 0 else 20 + number % 50
        rows.append(f"{number},{words},{cities[number % 4]},{age},dep{number % 25},{'yes' if number % 3 else 'no'}")
    Path("tickets.csv").write_text("id,subject,city,age,department,urgent\n" + "\n".join(rows) + "\n")
    assert main(["init", "tickets.csv"]) == 0
    assert kspec.check("spec.yaml") == []
    run = kspec.run("spec.yaml", overrides=["fit.epochs=1"])
    assert (run.folder / "predictions.csv").exists()
