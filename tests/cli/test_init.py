"""`kspec init`: its specs pass `kspec check`, and no file is overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kspec
from kspec.cli import main
from kspec.rewrite.init import templates

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_default_template_is_mlp(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    assert "wrote spec.yaml and kspec.schema.json" in capsys.readouterr().out
    assert Path("spec.yaml").read_text().startswith("# yaml-language-server: $schema=kspec.schema.json\n# A multilayer")
    assert json.loads(Path("kspec.schema.json").read_text())["title"] == "kspec model spec"
    assert kspec.check("spec.yaml") == []


@pytest.mark.parametrize("name", templates())
def test_templates_have_no_problems(name: str) -> None:
    assert main(["init", "--template", name, "-o", f"new/{name}.yaml"]) == 0
    assert kspec.check(f"new/{name}.yaml") == []
    assert kspec.load(f"new/{name}.yaml").document.name == name


def test_templates_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines() if line[2] != " "] == list(templates())


def test_nothing_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    Path("spec.yaml").write_text("mine")
    Path("kspec.schema.json").write_text("mine")
    assert main(["init"]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["init", "-o", "other.yaml"]) == 0
    assert Path("kspec.schema.json").read_text() == "mine"
    assert main(["init", "--force"]) == 0
    assert "mine" not in (Path("spec.yaml").read_text(), Path("kspec.schema.json").read_text())


def test_dash_prints_the_spec(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "-o", "-"]) == 0
    assert "kspec: 1" in capsys.readouterr().out
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--template", "cn"], "did you mean `cnn`?"),
        (["--target", "x"], "--target names a column"),
        (["nope.csv"], "does not exist"),
        (["table.csv", "--template", "mlp"], "not both"),
        (["table.csv", "--target", "urgnt"], "did you mean `urgent`?"),
        (["table.csv", "--target", "same"], "the same value in every row"),
    ],
)
def test_invalid_arguments_are_rejected(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("table.csv").write_text("a,urgent,same\n1,yes,1\n2,no,1\n3,no,1\n")
    assert main(["init", *words]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("breast_cancer", "binary_classification"),
        ("wine", "multiclass_classification"),
        ("diabetes", "regression"),
    ],
)
def test_the_task_of_a_table_is_inferred(name: str, task: str) -> None:
    Path("data").mkdir()
    Path(f"data/{name}.csv").write_bytes((ROOT / f"specs/data/{name}.csv").read_bytes())
    assert main(["init", f"data/{name}.csv", "-o", "specs/new.yaml"]) == 0
    spec = kspec.load("specs/new.yaml")
    assert spec.document.task == task
    assert spec.values["data"]["csv"] == f"../data/{name}.csv"
    assert [problem for problem in kspec.check(spec) if problem.is_error] == []


def test_a_table_outside_the_folder_needs_permission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "table.csv").write_text("a,b\n" + "".join(f"{i},{i * 7 % 13}.5\n" for i in range(50)))
    monkeypatch.chdir(tmp_path / "work")
    assert main(["init", "../table.csv"]) == 0
    assert "kspec run spec.yaml --allow-outside" in capsys.readouterr().out


def test_an_unreadable_table_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    Path("table.parquet").write_text("no")
    assert main(["init", "table.parquet"]) == 1
    assert "error[KS5" in capsys.readouterr().err


def test_messages_show_the_table_as_it_was_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("tables").mkdir()
    Path("tables/empty.csv").write_text("a,b\n")
    assert main(["init", "tables/empty.csv"]) == 1
    assert "`tables/empty.csv` has no rows below its header" in capsys.readouterr().err
