"""`kspec fmt`: the exact layout; nothing is lost; formatting twice changes nothing more.

A case is a folder under `golden/` with `spec.yaml` and `expected.yaml`. With KSPEC_REGENERATE=1 the latter is written
anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from kspec.compiler.check import check_spec
from kspec.diagnostics import Report, Source, SpecError
from kspec.rewrite.fmt import CannotFormat, format_source, format_text
from kspec.rewrite.fmt.comments import comments
from kspec.rewrite.init import from_template, templates
from kspec.syntax import parse
from tests.conftest import ROOT, SPECS
from tests.diagnostics.page_blocks import Block, of_kind
from tests.rewrite.fmt.random_texts import texts

GOLDEN = sorted((Path(__file__).parent / "golden").iterdir())
REGENERATE = bool(os.environ.get("KSPEC_REGENERATE"))
SHIPPED = sorted([*SPECS.rglob("*.yaml"), *(ROOT / "tests" / "compiler" / "networks").glob("*.yaml")])


def values(text: str) -> object:
    report = Report()
    tree = parse(Source("spec.yaml", text), report)
    assert tree is not None
    assert not report.has_errors
    return tree.value


def same(one: object, other: object) -> bool:
    """Whether values and their types are equal, in any order of keys."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


def words(text: str) -> list[str]:
    """The words of all comments."""
    all_comments = comments(Source("spec.yaml", text))
    return sorted(word for first in all_comments for comment in (first, *first.more) for word in comment.text.split())


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case.name)
def test_golden_cases(case: Path) -> None:
    text = (case / "spec.yaml").read_bytes().decode("utf-8")
    new = format_text(text)
    expected = case / "expected.yaml"
    if REGENERATE:
        expected.write_text(new, encoding="utf-8", newline="")
    assert new == expected.read_bytes().decode("utf-8")
    assert format_text(new) == new
    assert same(values(text), values(new))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_specs_are_formatted(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert format_text(text) == text


@pytest.mark.parametrize("name", templates())
def test_templates_are_formatted(name: str) -> None:
    assert format_text(from_template(name)) == from_template(name)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts())
def test_random_texts_keep_their_meaning(text: str) -> None:
    """Formatting twice changes nothing more; values, comments and line endings are kept."""
    new = format_text(text)
    assert format_text(new) == new
    assert same(values(text), values(new))
    assert words(text) == words(new)
    assert new.count("\n") == (new.count("\r\n") if "\r\n" in text else new.count("\n"))


@pytest.mark.slow
@settings(max_examples=2_500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts())
def test_many_random_texts_keep_their_meaning(text: str) -> None:
    new = format_text(text)
    assert format_text(new) == new
    assert words(text) == words(new)


@pytest.mark.parametrize("block", [block for code, block in of_kind("wrong") if code > "KS012"])
def test_diagnostics_do_not_depend_on_the_layout(block: Block) -> None:
    """Formatting the examples of the pages changes neither their diagnostics nor what their comments ignore."""
    before, after = (
        sorted((d.code, re.sub(r"line \d+", "line", d.message)) for d in diagnostics)
        for diagnostics in (
            check_spec(Source("spec.yaml", text), block.overrides).diagnostics
            for text in (block.text, format_text(block.text))
        )
    )
    assert before == after


def test_line_endings_and_wide_characters_are_kept() -> None:
    text = "name: é😀 # ☕\r\nkspec: 1\r\nlayers: [Flatten]\r\n"
    assert format_text(text) == "kspec: 1\r\nname: é😀  # ☕\r\nlayers:\r\n  - Flatten\r\n"


def test_rare_line_breaks_in_texts_are_kept() -> None:
    text = format_text("kspec: 1\ndescription: one\u2028  two\nname: 'a\x85 b'\n")
    assert values(text) == {"kspec": 1, "name": "a b", "description": "one\u2028two"}


def test_invalid_yaml_is_reported() -> None:
    with pytest.raises(SpecError) as caught:
        format_source(Source("s.yaml", "kspec: 1\nlayers: [Dense\n"))
    assert [d.code for d in caught.value.diagnostics] == ["KS002"]
    for text, code in (("- a\n", "KS103"), ("word\n", "KS103"), ("# alone\n", "KS012")):
        with pytest.raises(SpecError) as caught:
            format_text(text)
        assert [d.code for d in caught.value.diagnostics] == [code]


def test_directives_stay_at_the_top() -> None:
    assert format_text("%YAML 1.2\n# c\n---  # d\nkspec: 1\n...\n") == "%YAML 1.2\n# c\n---\n# d\nkspec: 1\n"


def test_a_result_with_another_meaning_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A safety net: whatever the printer does wrong, the meaning of the spec is never changed."""
    from kspec.rewrite.fmt import layout

    for lines in (["kspec: 2", "# c"], ["kspec: 1"], ["kspec: 1.0  # c"], ["kspec: ["]):
        monkeypatch.setattr(layout, "aligned", lambda _, lines=lines: lines)
        with pytest.raises(CannotFormat):
            format_text("kspec: 1  # c\n")


def test_the_order_of_keys_is_compared_where_it_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    from kspec.rewrite.fmt import layout

    monkeypatch.setattr(layout, "aligned", lambda _: ["vars: {b: 1, a: 2}"])
    with pytest.raises(CannotFormat):
        format_text("vars: {a: 2, b: 1}\n")


def test_comments_below_a_list_keep_their_order() -> None:
    text = "kspec: 1\nlayers:\n  - Dense: {units: 3}\n\n    # one\n# two\n\n  # three\n\nfit: {epochs: 2}\n"
    assert format_text(text) == text.replace("  # three", "# three")


@pytest.mark.parametrize("after", ["", "\n# of fit"])
def test_a_commented_out_item_moves_with_its_list(after: str) -> None:
    text = f"kspec: 1\nlayers:\n- Flatten\n#- ReLU\n# - Dense: {{units: 3}}\n{after}\nfit: {{epochs: 2}}\n"
    new = format_text(text)
    assert "\n  - Flatten\n  #- ReLU\n  # - Dense: {units: 3}\n" in new
    assert values(new.replace("#- ReLU", "- ReLU"))["layers"] == ["Flatten", "ReLU"]  # type: ignore[index]
    assert ("\n# of fit\n" in new) == bool(after)


def test_a_single_unknown_key_of_data_is_taken_for_the_source() -> None:
    head = "kspec: 1\ndata:\n"
    assert format_text(f"{head}  targets: y\n  table: t.x\n") == f"{head}  table: t.x\n  targets: y\n"
    ambiguous = f"{head}  targets: y\n  table: t.x\n  other: t.y\n"
    assert format_text(ambiguous) == ambiguous


def test_a_long_list_of_numbers_has_several_to_a_line() -> None:
    numbers = ", ".join(f"{number}.5" for number in range(60))
    text = f"kspec: 1\nlayers:\n  - Normalization: {{axis: -1, mean: [{numbers}], variance: [1, 2]}}  # measured\n"
    formatted = format_text(text)
    assert format_text(formatted) == formatted
    lines = formatted.splitlines()
    assert len(lines) < 10
    assert max(map(len, lines)) <= 120
    assert f"mean: [{numbers}]" in " ".join(line.strip() for line in lines)
    assert "# measured" in formatted
