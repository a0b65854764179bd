"""`kspec fmt`: the layout, to the letter; that nothing is lost; that it comes to rest.

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
SHIPPED = sorted([*SPECS.rglob("*.yaml"), *(ROOT / "tests" / "checker" / "networks").glob("*.yaml")])


def values(text: str) -> object:
    report = Report()
    tree = parse(Source("spec.yaml", text), report)
    assert tree is not None
    assert not report.has_errors
    return tree.value


def same(one: object, other: object) -> bool:
    """Whether values are the same to the type; the order of keys is the layout's."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


def words(text: str) -> list[str]:
    """The words of all comments."""
    found = comments(Source("spec.yaml", text))
    return sorted(word for first in found for comment in (first, *first.more) for word in comment.text.split())


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case.name)
def test_golden(case: Path) -> None:
    text = (case / "spec.yaml").read_bytes().decode("utf-8")
    new = format_text(text)
    expected = case / "expected.yaml"
    if REGENERATE:
        expected.write_text(new, encoding="utf-8", newline="")
    assert new == expected.read_bytes().decode("utf-8")
    assert format_text(new) == new
    assert same(values(text), values(new))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_specs_are_in_the_layout(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert format_text(text) == text


@pytest.mark.parametrize("name", templates())
def test_what_init_writes_is_in_the_layout(name: str) -> None:
    assert format_text(from_template(name)) == from_template(name)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts())
def test_random_texts(text: str) -> None:
    """Formatting again changes nothing, values and comments are what they were, lines end as they did."""
    new = format_text(text)
    assert format_text(new) == new
    assert same(values(text), values(new))
    assert words(text) == words(new)
    assert new.count("\n") == (new.count("\r\n") if "\r\n" in text else new.count("\n"))


@pytest.mark.slow
@settings(max_examples=8_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts())
def test_many_random_texts(text: str) -> None:
    new = format_text(text)
    assert format_text(new) == new
    assert words(text) == words(new)


@pytest.mark.parametrize("block", [block for code, block in of_kind("wrong") if code > "KS012"])
def test_the_same_is_said_of_it(block: Block) -> None:
    """What a check says of the pages' faulty specs, and what comments silence there, layout changes nothing of."""
    before, after = (
        sorted((d.code, re.sub(r"line \d+", "line", d.message)) for d in found)
        for found in (
            check_spec(Source("spec.yaml", text), block.overrides).diagnostics
            for text in (block.text, format_text(block.text))
        )
    )
    assert before == after


def test_line_endings_and_wide_characters() -> None:
    text = "name: é😀 # ☕\r\nkspec: 1\r\nlayers: [Flatten]\r\n"
    assert format_text(text) == "kspec: 1\r\nname: é😀  # ☕\r\nlayers:\r\n  - Flatten\r\n"


def test_rare_line_breaks_stay_in_texts() -> None:
    text = format_text("kspec: 1\ndescription: one\u2028  two\nname: 'a\x85 b'\n")
    assert values(text) == {"kspec": 1, "name": "a b", "description": "one\u2028two"}


def test_what_is_no_yaml_is_told() -> None:
    with pytest.raises(SpecError) as caught:
        format_source(Source("s.yaml", "kspec: 1\nlayers: [Dense\n"))
    assert [d.code for d in caught.value.diagnostics] == ["KS002"]
    for text in ("- a\n", "word\n", "# alone\n"):
        with pytest.raises(SpecError) as caught:
            format_text(text)
        assert [d.code for d in caught.value.diagnostics] == ["KS103"]


def test_directives_stay_above() -> None:
    assert format_text("%YAML 1.2\n# c\n---  # d\nkspec: 1\n...\n") == "%YAML 1.2\n# c\n---\n# d\nkspec: 1\n"


def test_what_would_change_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The net below: whatever the printer does wrong, no other spec comes out."""
    from kspec.rewrite.fmt import layout

    for lines in (["kspec: 2", "# c"], ["kspec: 1"], ["kspec: 1.0  # c"], ["kspec: ["]):
        monkeypatch.setattr(layout, "aligned", lambda _, lines=lines: lines)
        with pytest.raises(CannotFormat):
            format_text("kspec: 1  # c\n")


def test_order_is_compared_where_it_is_the_author_s(monkeypatch: pytest.MonkeyPatch) -> None:
    from kspec.rewrite.fmt import layout

    monkeypatch.setattr(layout, "aligned", lambda _: ["vars: {b: 1, a: 2}"])
    with pytest.raises(CannotFormat):
        format_text("vars: {a: 2, b: 1}\n")


def test_comments_below_a_list_keep_their_order() -> None:
    text = "kspec: 1\nlayers:\n  - Dense: {units: 3}\n\n    # one\n# two\n\n  # three\n\nfit: {epochs: 2}\n"
    assert format_text(text) == text.replace("  # three", "# three")


@pytest.mark.parametrize("after", ["", "\n# of fit"])
def test_an_item_commented_out_moves_with_its_list(after: str) -> None:
    text = f"kspec: 1\nlayers:\n- Flatten\n#- ReLU\n# - Dense: {{units: 3}}\n{after}\nfit: {{epochs: 2}}\n"
    new = format_text(text)
    assert "\n  - Flatten\n  #- ReLU\n  # - Dense: {units: 3}\n" in new
    assert values(new.replace("#- ReLU", "- ReLU"))["layers"] == ["Flatten", "ReLU"]  # type: ignore[index]
    assert ("\n# of fit\n" in new) == bool(after)
