"""`kspec check` with `--fix`, `--data`, `--select` and `--ignore`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kspec.cli import main

SPEC = """\
kspec: 1
inputs: {x: {shape: [2]}}
task: regression
layers:
  - Dense: {units: 8}
  - Dense: {units: 1}   # the last
    name: out
compile: {optimizer: adam, loss: mse, metrics: []}
"""
DATA = (
    SPEC + "data: {csv: table.csv, targets: y, split: {validation: 0.2, test: 0.2}}\nfit: {epochs: 1, batch_size: 4}\n"
)
TABLE = "a,b,y\n" + "".join(f"{n},{n % 7},{n * 2}\n" for n in range(40))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_text(TABLE)
    Path("spec.yaml").write_text(SPEC)


def write(text: str, name: str = "spec.yaml") -> None:
    Path(name).write_text(text, encoding="utf-8")


class TestFix:
    def test_fixed_and_remaining_problems_are_listed(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(SPEC.replace("{units: 8}", "{unts: 8, activation: nope}"))
        assert main(["check", "spec.yaml", "--fix"]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "spec.yaml:5: fixed KS110: `Dense` has no argument `unts`"
        assert lines[1] == "spec.yaml: 1 problem fixed"
        assert lines[2].startswith("error[KS")
        assert lines[-1] == "1 error"
        assert Path("spec.yaml").read_text() == SPEC.replace("{units: 8}", "{units: 8, activation: nope}")

    def test_status_is_0_if_everything_was_fixed(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(SPEC.replace("Dense: {units: 8}", "Dens: {unts: 8}"))
        assert main(["check", "spec.yaml", "--fix"]) == 0
        assert capsys.readouterr().out.endswith("spec.yaml: 2 problems fixed\nspec.yaml: ok (2 layers)\n")
        assert Path("spec.yaml").read_text() == SPEC

    def test_diff_writes_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        wrong = SPEC.replace("units: 8", "unts: 8")
        write(wrong)
        assert main(["check", "spec.yaml", "--fix", "--diff"]) == 1
        out = capsys.readouterr().out
        assert out.startswith("--- spec.yaml\n+++ spec.yaml\n@@ ")
        assert "-  - Dense: {unts: 8}\n+  - Dense: {units: 8}\n" in out
        assert Path("spec.yaml").read_text() == wrong

    def test_diff_of_a_clean_spec(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["check", "spec.yaml", "--fix", "--diff"]) == 0
        assert capsys.readouterr().out == "spec.yaml: ok (2 layers)\n"

    def test_machine_formats_contain_no_other_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(SPEC.replace("units: 8", "unts: 8"))
        assert main(["check", "spec.yaml", "--fix", "--format", "json"]) == 0
        shown = capsys.readouterr()
        assert json.loads(shown.out)["diagnostics"] == []
        assert "1 problem fixed" in shown.err

    def test_ignored_problems_are_not_fixed(self) -> None:
        text = SPEC.replace(
            "  - Dense: {units: 1}   # the last\n", "  - Dense: {units: 1}\n    from: dense  # kspec: ignore\n"
        )
        write(text)
        assert main(["check", "spec.yaml", "--fix"]) == 0
        assert Path("spec.yaml").read_text() == text
        assert main(["check", "spec.yaml", "--fix", "--ignore", "KS213"]) == 0
        assert Path("spec.yaml").read_text() == text

    def test_a_missing_file_does_not_stop_the_others(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(SPEC.replace("units: 8", "unts: 8"))
        write(SPEC.replace("units: 1", "unit: 1"), "other.yaml")
        assert main(["check", "--fix", "spec.yaml", "none.yaml", "other.yaml"]) == 1
        assert "error[KS010]" in capsys.readouterr().out
        assert Path("spec.yaml").read_text() == Path("other.yaml").read_text() == SPEC

    @pytest.mark.parametrize("words", [["--diff"], ["--fix", "--set", "seed=1"]])
    def test_options_that_exclude_each_other_are_rejected(
        self, words: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["check", "spec.yaml", *words]) == 2
        assert "Error: --" in capsys.readouterr().err


class TestData:
    def test_valid_data_passes(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(DATA)
        assert main(["check", "spec.yaml", "--data"]) == 0
        assert capsys.readouterr().out == "spec.yaml: ok (2 layers)\n"

    def test_every_problem_of_the_data_is_reported(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(DATA.replace("targets: y", "targets: z, inputs: [a, c]"))
        for options in ([], ["--data"]):
            assert main(["check", "spec.yaml", *options]) == 1
            assert capsys.readouterr().out.count("error[KS502]") == 2

    def test_a_missing_table_is_reported(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(DATA.replace("table.csv", "tabel.csv"))
        assert main(["check", "spec.yaml", "--data"]) == 1
        assert "error[KS501]" in capsys.readouterr().out

    def test_data_of_evaluate_and_predict_is_checked(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(DATA + "evaluate: {data: none.csv}\npredict: {data: none.csv}\n")
        assert main(["check", "spec.yaml", "--data"]) == 1
        assert capsys.readouterr().out.count("error[KS501]") == 2

    @pytest.mark.parametrize(
        ("dense", "more", "targets", "message"),
        [
            ("units: 1", "", "kind", "KS508"),
            ("units: 3, activation: sigmoid", "compile: {loss: binary_crossentropy}", "kind", "KS508"),
            ("units: 3, activation: softmax", "", "size", "KS411"),
            ("units: 3, activation: softmax", "fit: {class_weight: {a: 3, B: 4}}", "kind", "did you mean `b`?"),
            ("units: 3, activation: softmax", "fit: {class_weight: {a: 3, b: 4}}", "kind", ": ok"),
        ],
    )
    def test_targets_that_a_run_would_reject_are_reported(
        self, dense: str, more: str, targets: str, message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rows = "".join(f"{n % 7},{'abc'[n % 3]},{n + 0.25}\n" for n in range(60))
        Path("kinds.csv").write_text("x,kind,size\n" + rows)
        write(
            f"kspec: 1\ndata: {{csv: kinds.csv, inputs: x, targets: {targets}}}\ninputs: {{x: {{shape: [1]}}}}\n"
            f"layers:\n  - Dense: {{{dense}}}\n{more}\n"
        )
        assert main(["check", "spec.yaml", "--data"]) == (0 if "ok" in message else 1)
        text = capsys.readouterr().out
        assert message in text
        assert text.count("error[") == ("ok" not in message)

    def test_an_empty_split_is_reported(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(DATA.replace("test: 0.2", "test: 0") + "evaluate: {split: test}\n")
        assert main(["check", "spec.yaml", "--data"]) == 1
        assert "error[KS506]" in capsys.readouterr().out

    def test_warnings_of_the_spec_are_reported_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(DATA.replace("    name: out\n", "    name: out\n    from: dense\n"))
        assert main(["check", "spec.yaml", "--data", "--select", "KS213"]) == 0
        assert capsys.readouterr().out.count("warning[KS213]") == 1

    def test_data_needs_a_data_section_and_a_valid_spec(self) -> None:
        assert main(["check", "spec.yaml", "--data"]) == 0
        write(DATA.replace("name: out", "from: nope"))
        assert main(["check", "spec.yaml", "--data"]) == 1

    def test_checking_data_needs_no_tensorflow(self) -> None:
        write(DATA)
        code = "import sys; from kspec.cli import main; main(['check', 'spec.yaml', '--data']); print({'tensorflow', 'keras'} & set(sys.modules))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.endswith("set()\n")


class TestSilence:
    @pytest.fixture(autouse=True)
    def _counted(self) -> None:
        write(SPEC.replace("    name: out\n", "    name: out\n    from: dense\n"))

    def shown(self, capsys: pytest.CaptureFixture[str], *words: str) -> bool:
        assert main(["check", "spec.yaml", *words]) == 0
        return "KS213" in capsys.readouterr().out

    def test_select_and_ignore_options(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.shown(capsys)
        assert not self.shown(capsys, "--ignore", "KS213")
        assert not self.shown(capsys, "--ignore", "KS4,KS2")
        assert not self.shown(capsys, "--ignore", "KS4", "--ignore", "KS213")
        assert not self.shown(capsys, "--select", "KS4")
        assert self.shown(capsys, "--select", "KS4, KS213")

    def test_settings_in_pyproject(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("pyproject.toml").write_text('[tool.kspec]\nignore = ["KS213"]\n')
        assert not self.shown(capsys)
        assert self.shown(capsys, "--ignore", "KS4")

    def test_strict_in_pyproject(self) -> None:
        Path("pyproject.toml").write_text("[tool.kspec]\nstrict = true\n")
        assert main(["check", "spec.yaml"]) == 1
        assert main(["check", "spec.yaml", "--ignore", "KS2"]) == 0

    def test_an_invalid_pyproject_is_reported(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("pyproject.toml").write_text("[tool.kspec]\nignor = []\n")
        assert main(["check", "spec.yaml"]) == 1
        out = capsys.readouterr().out
        assert "error[KS016]: unknown setting `ignor` in `[tool.kspec]`\n ┌─ pyproject.toml:2:1\n" in out

    def test_an_unknown_code_is_rejected(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["check", "spec.yaml", "--ignore", "KS2l3"]) == 2
        assert "unknown code `KS2l3`; did you mean `KS213`?" in capsys.readouterr().err

    def test_structural_errors_cannot_be_ignored(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(SPEC.replace("units: 8", "unts: 8"))
        assert main(["check", "spec.yaml", "--ignore", "KS", "--select", "KS4"]) == 1
        assert "KS110" in capsys.readouterr().out
