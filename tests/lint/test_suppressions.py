"""What a user can silence, and what is told all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

import kspec
from kspec.diagnostics import Diagnostic, Report, Severity, Source, Span
from kspec.lint.config import Config, read_config
from kspec.lint.suppressions import silence

TEXT = """\
kspec: 1
inputs:
  x: {shape: [4]}
  unused: {shape: [1]}          # one
layers:
  - Dense: {units: 8}
    from: x
  - Dense:                      # two
      units: 1
    name: out
"""


def told(text: str, *found: tuple[str, int], config: Config | None = None, error: bool = False) -> list[str]:
    source = Source("spec.yaml", text)
    severity = Severity.ERROR if error else Severity.WARNING
    diagnostics = [Diagnostic(code, severity, code, Span(source, line, 5, line, 9)) for code, line in found]
    return [d.code for d in silence(diagnostics, source, config)]


def with_comment(marker: str, comment: str) -> str:
    return TEXT.replace(f"# {marker}", comment)


@pytest.mark.parametrize(
    ("comment", "silent"),
    [
        ("# kspec: ignore[KS208]", True),
        ("# kspec: ignore", True),
        ("#kspec:ignore[KS208]", True),
        ("# kspec:   ignore [ KS403 , KS208 ]", True),
        ("# kspec: ignore[KS403 KS208]", True),
        ("# kspec: ignore[KS2]", True),
        ("# not needed yet  # kspec: ignore[KS208]", True),
        ("# not needed yet; kspec: ignore[KS208]", False),
        ("# kspec: ignore[KS401]", False),
        ("# see the notes of kspec", False),
    ],
)
def test_comment_on_the_line(comment: str, silent: bool) -> None:
    assert told(with_comment("one", comment), ("KS208", 4)) == ([] if silent else ["KS208"])


def test_comment_on_the_first_line_of_an_entry() -> None:
    text = with_comment("two", "# kspec: ignore[KS401]")
    assert told(text, ("KS401", 8), ("KS401", 9), ("KS401", 10)) == []
    assert told(text, ("KS401", 6), ("KS401", 7)) == ["KS401", "KS401"]


def test_comment_on_another_line_of_an_entry_is_for_that_line() -> None:
    text = TEXT.replace("      units: 1\n", "      units: 1    # kspec: ignore\n")
    assert told(text, ("KS401", 8), ("KS401", 9), ("KS401", 10)) == ["KS401", "KS401"]


@pytest.mark.parametrize(
    "line",
    [
        'description: "# kspec: ignore[KS208]"',
        "description: 'a # kspec: ignore[KS208]'",
        "description: a# kspec: ignore[KS208]",
    ],
)
def test_a_hash_within_text_is_no_comment(line: str) -> None:
    assert told(f"{line}\n{TEXT}", ("KS208", 1)) == ["KS208"]


def test_a_hash_within_text_of_several_lines_is_no_comment() -> None:
    text = f"description: |\n  # kspec: ignore[KS208]\n  more\n{TEXT}"
    assert told(text, ("KS208", 2)) == ["KS208"]
    text = f'description: "more\n  # kspec: ignore[KS208]\n  more"\n{TEXT}'
    assert told(text, ("KS208", 2)) == ["KS208"]
    text = f"description: |   # kspec: ignore[KS208]\n  more\n{TEXT}"
    assert told(text, ("KS208", 1)) == []


def test_a_comment_after_a_quoted_hash() -> None:
    assert told(f'description: "a # b"  # kspec: ignore\n{TEXT}', ("KS208", 1)) == []


def test_lines_of_windows() -> None:
    text = with_comment("one", "# kspec: ignore[KS208]").replace("\n", "\r\n")
    assert told(text, ("KS208", 4)) == []


@pytest.mark.parametrize("code", ["KS003", "KS110", "KS201", "KS301", "KS601", "KS701"])
def test_errors_of_structure_are_told(code: str) -> None:
    text = with_comment("one", "# kspec: ignore")
    assert told(text, (code, 4), config=Config(select=(), ignore=("KS",)), error=True) == [code]


@pytest.mark.parametrize("code", ["KS401", "KS505"])
def test_errors_of_meaning_and_data_can_be_silenced(code: str) -> None:
    assert told(with_comment("one", "# kspec: ignore"), (code, 4), error=True) == []
    assert told(TEXT, (code, 4), config=Config(ignore=(code[:3],)), error=True) == []


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (Config(), ["KS208", "KS401", "KS410"]),
        (Config(select=("KS4",)), ["KS401", "KS410"]),
        (Config(select=("KS401", "KS2")), ["KS208", "KS401"]),
        (Config(ignore=("KS4",)), ["KS208"]),
        (Config(select=("KS4",), ignore=("KS401",)), ["KS410"]),
        (Config(select=("KS401",), ignore=("KS4",)), ["KS401"]),
        (Config(select=("KS4",), ignore=("KS4",)), []),
        (Config(select=()), []),
    ],
)
def test_the_longer_wins(config: Config, expected: list[str]) -> None:
    assert told(TEXT, ("KS208", 4), ("KS401", 6), ("KS410", 6), config=config) == expected


def test_codes_that_there_are_not() -> None:
    source = Source("spec.yaml", with_comment("one", "# kspec: ignore[KS2O8, KS999, KS208]"))
    first, second = silence([], source)
    assert (first.code, second.code) == ("KS017", "KS017")
    assert first.label == "did you mean `KS208`?"
    (edit,) = first.edits
    line = source.line(edit.span.line)
    assert line[edit.span.column - 1 : edit.span.end_column - 1] == "KS2O8"
    assert edit.replacement == "KS208"
    assert "KS999" in second.message


def test_a_word_that_there_is_not() -> None:
    (found,) = silence([], Source("spec.yaml", with_comment("one", "# kspec: ignroe[KS208]")))
    assert (found.code, found.label) == ("KS017", "did you mean `ignore`?")
    assert silence([], Source("spec.yaml", with_comment("one", "# kspec: version one"))) == []


def test_what_has_no_place_or_another_source() -> None:
    source = Source("spec.yaml", with_comment("one", "# kspec: ignore"))
    elsewhere = Span(Source("--set", "\n\n\nx: 1"), 4, 1, 4, 2)
    found = [Diagnostic("KS401", Severity.WARNING, "a"), Diagnostic("KS401", Severity.WARNING, "b", elsewhere)]
    assert len(silence(found, source)) == 2


def test_text_that_is_no_yaml() -> None:
    assert told("a: [  # kspec: ignore", ("KS208", 1)) == ["KS208"]


class TestProject:
    def read(self, folder: Path, text: str) -> tuple[Config, list[Diagnostic]]:
        (folder / "pyproject.toml").write_text(text, encoding="utf-8")
        report = Report()
        return read_config(folder, report), list(report)

    def test_settings(self, tmp_path: Path) -> None:
        text = '[tool.kspec]\nselect = ["KS4"]\nignore = ["KS410", "KS2"]\nstrict = true\n'
        assert self.read(tmp_path, text) == (Config(("KS4",), ("KS410", "KS2"), True), [])

    @pytest.mark.parametrize(
        "text", ["tool.kspec.strict = true", "[tool]\nkspec = {strict = true}", "[ tool . kspec ]\nstrict = true",
                 'tool = {kspec = {strict = true}}', '["tool"."kspec"]\nstrict = true'],
    )  # fmt: skip
    def test_ways_to_write_it(self, tmp_path: Path, text: str) -> None:
        assert self.read(tmp_path, text) == (Config(strict=True), [])

    def test_the_nearest_that_speaks_of_us(self, tmp_path: Path) -> None:
        inner = tmp_path / "a" / "b"
        inner.mkdir(parents=True)
        (tmp_path / "pyproject.toml").write_text("[tool.kspec]\nstrict = true\n")
        (tmp_path / "a" / "pyproject.toml").write_text('[project]\nname = "kspec"\n')
        assert read_config(inner, Report()).strict
        (inner / "pyproject.toml").write_text("[tool.kspec]\n")
        assert not read_config(inner, Report()).strict

    @pytest.mark.parametrize(
        ("text", "message", "at"),
        [
            ("[tool.kspec]\nstrict = yes\n", "this is not TOML", (2, 10)),
            ('[tool.kspec]\nstrict = "yes"\n', "`strict` is true or false", (2, 1)),
            ("[tool.kspec]\n\nignroe = []\n", "there is no `ignroe`", (3, 1)),
            ('[tool.kspec]\nignore = "KS403"\n', "`ignore` is a list of codes", (2, 1)),
            ('[tool.kspec]\nselect = [\n  "KS208",\n  "KS2O8",\n]\n', "no code is called `KS2O8`", (4, 4)),
            ("[tool]\nkspec = 3\n", "`tool.kspec` is a table", (2, 1)),
        ],
    )
    def test_what_is_wrong_with_them(self, tmp_path: Path, text: str, message: str, at: tuple[int, int]) -> None:
        _, (found,) = self.read(tmp_path, text)
        assert found.code == "KS016"
        assert found.is_error
        assert found.message.startswith(message)
        assert (found.span.line, found.span.column) == at

    def test_a_file_of_others_is_not_ours_to_judge(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, "[broken\n") == (Config(), [])


def test_python_hears_the_same(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(TEXT)
    codes = lambda **wishes: [d.code for d in kspec.check(spec, **wishes)]  # noqa: E731
    assert codes() == ["KS208"]
    assert codes(ignore=["KS2"]) == codes(select=["KS4"]) == []
    (tmp_path / "pyproject.toml").write_text('[tool.kspec]\nignore = ["KS208"]\n')
    assert codes() == []
    assert codes(ignore=[]) == ["KS208"]
    assert [d.code for d in kspec.check(kspec.load(spec))] == []
    (tmp_path / "pyproject.toml").write_text("[tool.kspec]\nignor = []\n")
    assert codes() == ["KS016", "KS208"] or codes() == ["KS208", "KS016"]


IGNORED = """\
kspec: 1
inputs: {x: {shape: [4]}}
layers:
  - Dense: {units: 8, activation: relu}  # kspec: ignore[KS403]
    name: hidden
  - Dense: {units: 8}  # kspec: ignore
  - Dense: {units: 3}  # kspec: ignore[KS207, KS208]
    name: lost
  - Dense: {units: 1}
    from: hidden
"""


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", [(4, "KS403"), (6, "nothing"), (7, "KS208")]),
        ("data: {csv: table.csv}\n", [(7, "KS208")]),  # some rules wait for the data
        ("fit: {epochs: 0}\n", []),  # an error hides what else there is
    ],
)
def test_a_comment_without_use_is_told(tmp_path: Path, more: str, told: list[tuple[int, str]]) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(IGNORED + more)
    found = [problem for problem in kspec.check(file) if problem.code == "KS017"]
    assert [(problem.span.line, problem.message.split()[2]) for problem in found if problem.span] == [
        (line, "nothing" if word == "nothing" else "no") for line, word in told
    ]
    assert all(word in problem.message for problem, (_, word) in zip(found, told, strict=True))
