"""What a user can ignore, and what is reported all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

import kspec
from kspec.diagnostics import Diagnostic, Report, Severity, Source, Span
from kspec.lint.config import Config, read_config
from kspec.lint.suppressions import suppress

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


def remaining(text: str, *reported: tuple[str, int], config: Config | None = None, error: bool = False) -> list[str]:
    source = Source("spec.yaml", text)
    severity = Severity.ERROR if error else Severity.WARNING
    diagnostics = [Diagnostic(code, severity, code, Span(source, line, 5, line, 9)) for code, line in reported]
    return [d.code for d in suppress(diagnostics, source, config)]


def with_comment(marker: str, comment: str) -> str:
    return TEXT.replace(f"# {marker}", comment)


@pytest.mark.parametrize(
    ("comment", "ignored"),
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
def test_comment_on_the_line(comment: str, ignored: bool) -> None:
    assert remaining(with_comment("one", comment), ("KS208", 4)) == ([] if ignored else ["KS208"])


def test_comment_on_the_first_line_of_an_entry() -> None:
    text = with_comment("two", "# kspec: ignore[KS401]")
    assert remaining(text, ("KS401", 8), ("KS401", 9), ("KS401", 10)) == []
    assert remaining(text, ("KS401", 6), ("KS401", 7)) == ["KS401", "KS401"]


def test_comment_on_another_line_of_an_entry_is_for_that_line() -> None:
    text = TEXT.replace("      units: 1\n", "      units: 1    # kspec: ignore\n")
    assert remaining(text, ("KS401", 8), ("KS401", 9), ("KS401", 10)) == ["KS401", "KS401"]


@pytest.mark.parametrize(
    "line",
    [
        'description: "# kspec: ignore[KS208]"',
        "description: 'a # kspec: ignore[KS208]'",
        "description: a# kspec: ignore[KS208]",
    ],
)
def test_a_hash_within_text_is_no_comment(line: str) -> None:
    assert remaining(f"{line}\n{TEXT}", ("KS208", 1)) == ["KS208"]


def test_a_hash_within_text_of_several_lines_is_no_comment() -> None:
    text = f"description: |\n  # kspec: ignore[KS208]\n  more\n{TEXT}"
    assert remaining(text, ("KS208", 2)) == ["KS208"]
    text = f'description: "more\n  # kspec: ignore[KS208]\n  more"\n{TEXT}'
    assert remaining(text, ("KS208", 2)) == ["KS208"]
    text = f"description: |   # kspec: ignore[KS208]\n  more\n{TEXT}"
    assert remaining(text, ("KS208", 1)) == []


def test_a_comment_after_a_quoted_hash() -> None:
    assert remaining(f'description: "a # b"  # kspec: ignore\n{TEXT}', ("KS208", 1)) == []


def test_windows_line_endings() -> None:
    text = with_comment("one", "# kspec: ignore[KS208]").replace("\n", "\r\n")
    assert remaining(text, ("KS208", 4)) == []


@pytest.mark.parametrize("code", ["KS003", "KS110", "KS201", "KS301", "KS601", "KS701"])
def test_errors_of_structure_cannot_be_ignored(code: str) -> None:
    text = with_comment("one", "# kspec: ignore")
    assert remaining(text, (code, 4), config=Config(select=(), ignore=("KS",)), error=True) == [code]


@pytest.mark.parametrize("code", ["KS401", "KS505"])
def test_errors_of_semantics_and_data_can_be_ignored(code: str) -> None:
    assert remaining(with_comment("one", "# kspec: ignore"), (code, 4), error=True) == []
    assert remaining(TEXT, (code, 4), config=Config(ignore=(code[:3],)), error=True) == []


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
def test_the_longest_prefix_wins(config: Config, expected: list[str]) -> None:
    assert remaining(TEXT, ("KS208", 4), ("KS401", 6), ("KS410", 6), config=config) == expected


def test_unknown_codes_in_a_comment() -> None:
    source = Source("spec.yaml", with_comment("one", "# kspec: ignore[KS2O8, KS999, KS208]"))
    first, second = suppress([], source)
    assert (first.code, second.code) == ("KS017", "KS017")
    assert first.label == "did you mean `KS208`?"
    (edit,) = first.edits
    line = source.line(edit.span.line)
    assert line[edit.span.column - 1 : edit.span.end_column - 1] == "KS2O8"
    assert edit.replacement == "KS208"
    assert "KS999" in second.message


def test_an_unknown_comment() -> None:
    (problem,) = suppress([], Source("spec.yaml", with_comment("one", "# kspec: ignroe[KS208]")))
    assert (problem.code, problem.label) == ("KS017", "did you mean `ignore`?")
    assert suppress([], Source("spec.yaml", with_comment("one", "# kspec: version one"))) == []


def test_comments_apply_only_to_places_in_their_source() -> None:
    source = Source("spec.yaml", with_comment("one", "# kspec: ignore"))
    elsewhere = Span(Source("--set", "\n\n\nx: 1"), 4, 1, 4, 2)
    diagnostics = [Diagnostic("KS401", Severity.WARNING, "a"), Diagnostic("KS401", Severity.WARNING, "b", elsewhere)]
    assert len(suppress(diagnostics, source)) == 2


def test_a_comment_in_invalid_yaml() -> None:
    assert remaining("a: [  # kspec: ignore", ("KS208", 1)) == ["KS208"]


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

    def test_the_nearest_file_with_a_section_counts(self, tmp_path: Path) -> None:
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
            ("[tool.kspec]\nstrict = yes\n", "invalid TOML", (2, 10)),
            ('[tool.kspec]\nstrict = "yes"\n', "`strict` must be true or false", (2, 1)),
            ("[tool.kspec]\n\nignroe = []\n", "unknown setting `ignroe`", (3, 1)),
            ('[tool.kspec]\nignore = "KS403"\n', "`ignore` must be a list of codes", (2, 1)),
            ('[tool.kspec]\nselect = [\n  "KS208",\n  "KS2O8",\n]\n', "unknown code `KS2O8`", (4, 4)),
            ("[tool]\nkspec = 3\n", "`tool.kspec` must be a table", (2, 1)),
        ],
    )
    def test_invalid_settings(self, tmp_path: Path, text: str, message: str, at: tuple[int, int]) -> None:
        _, (problem,) = self.read(tmp_path, text)
        assert problem.code == "KS016"
        assert problem.is_error
        assert problem.message.startswith(message)
        assert (problem.span.line, problem.span.column) == at

    def test_a_file_without_a_section_is_not_parsed(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, "[broken\n") == (Config(), [])


def test_check_in_python_reports_the_same(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(TEXT)
    codes = lambda **options: [d.code for d in kspec.check(spec, **options)]  # noqa: E731
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
    ("more", "unused"),
    [
        ("", [(4, "no KS403 is reported"), (6, "nothing to ignore"), (7, "no KS208 is reported")]),
        ("data: {synthetic: {}}\n", [(7, "no KS208 is reported")]),  # some rules wait for the data
        ("fit: {epochs: 0}\n", []),  # an error hides other problems
    ],
)
def test_unused_ignore_comments_are_reported(tmp_path: Path, more: str, unused: list[tuple[int, str]]) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(IGNORED + more)
    problems = [problem for problem in kspec.check(file) if problem.code == "KS017"]
    assert [problem.span.line for problem in problems if problem.span] == [line for line, _ in unused]
    assert all(words in problem.message for problem, (_, words) in zip(problems, unused, strict=True))
