"""The registry of rules agrees with the source, with the pages' examples, and with the generated table of codes."""

from __future__ import annotations

import ast
import os
import pickle
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from kspec.diagnostics import codes
from kspec.diagnostics.codes import RULES, Rule, find, matches
from kspec.diagnostics.codes_page import PAGE, render
from tests.diagnostics.page_blocks import Block, of_kind
from tests.support.package_source import ROOM, trees

CONSTANTS = {name: value for name, value in vars(codes).items() if isinstance(value, Rule)}


@cache
def reports() -> dict[str, set[str]]:
    """Code → the severities that the source reports it with, where it names both."""
    severities: dict[str, set[str]] = defaultdict(set)
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                rule = node.args[0]
                if node.func.attr in ("error", "warning", "info") and isinstance(rule, ast.Attribute):
                    severities[CONSTANTS.get(rule.attr, "")].add(node.func.attr)
    return severities


def test_codes_and_names_are_unique() -> None:
    assert len(CONSTANTS) == len(RULES)
    assert len({rule.name for rule in RULES.values()}) == len(RULES)


def test_a_constant_has_the_name_of_its_rule() -> None:
    assert {constant.lower().replace("_", "-"): rule for constant, rule in CONSTANTS.items()} == {
        rule.name: rule for rule in RULES.values()
    }
    assert [code for code in RULES if not re.fullmatch(r"KS[0-7]\d\d", code)] == []


def test_a_code_is_written_once() -> None:
    written = [
        f"{path.relative_to(ROOM)}: {node.value}"
        for path, tree in trees().items()
        if path.name != "codes.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"KS\d{3}", node.value)
    ]
    assert written == []


def test_the_severity_is_one_that_is_reported() -> None:
    reported = {code: severities for code, severities in reports().items() if code in RULES}
    assert len(reported) > len(RULES) / 2
    assert {code: found for code, found in reported.items() if find(code).severity not in found} == {}


@pytest.mark.parametrize(("code", "block"), of_kind("wrong"))
def test_the_severity_and_the_fix_are_those_of_the_page_s_example(
    code: str, block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rule = find(code)
    diagnostics = block.check()
    if len(reports()[code]) == 1:
        assert {diagnostic.severity for diagnostic in diagnostics} == {rule.severity}
    if rule.fixable != "sometimes":
        assert {bool(diagnostic.edits) for diagnostic in diagnostics} == {rule.fixable == "always"}


def test_a_rule_survives_pickling() -> None:
    copy = pickle.loads(pickle.dumps(codes.UNKNOWN_NODE))
    assert copy is codes.UNKNOWN_NODE


@pytest.mark.parametrize(
    ("prefix", "known"), [("KS403", True), ("KS4", True), ("KS", True), ("KS9", False), ("", False)]
)
def test_prefixes_of_codes(prefix: str, known: bool) -> None:
    assert matches(prefix) is known


def test_the_table_of_codes_is_up_to_date() -> None:
    if os.environ.get("KSPEC_REGENERATE"):
        PAGE.write_text(render(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == render(), "run with KSPEC_REGENERATE=1"
