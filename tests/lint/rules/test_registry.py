"""Every file of a rule is listed once, and has one public function."""

import re
from importlib import import_module
from pathlib import Path

from kspec.diagnostics import codes
from kspec.lint import rules

LISTED = (
    *rules.SYNTACTIC_NETWORK_RULES,
    *rules.SYNTACTIC_RULES,
    *rules.SEMANTIC_NETWORK_RULES,
    *rules.SEMANTIC_RULES,
)


def test_every_rule_is_listed_once() -> None:
    files = [path.stem for path in Path(rules.__file__).parent.glob("*.py") if path.stem != "__init__"]
    assert sorted(LISTED) == sorted(files)


def test_every_rule_has_a_check() -> None:
    for name in LISTED:
        assert callable(import_module(f"{rules.__name__}.{name}").check)


def test_every_rule_has_tests_under_its_code() -> None:
    """The codes of arguments and files, which several rules report, are tested in `tests/lint/test_arguments.py`;
    the budget, which needs a run, in `tests/runs/test_estimate.py`.
    """
    folder = Path(__file__).parent
    tested = {code.upper() for path in folder.glob("test_ks*.py") for code in re.findall(r"ks\d{3}", path.stem)}
    source = "".join((Path(rules.__file__).parent / f"{name}.py").read_text(encoding="utf-8") for name in LISTED)
    reported = {str(getattr(codes, constant)) for constant in re.findall(r"codes\.([A-Z_]+)", source)}
    elsewhere = {codes.UNKNOWN_CALL_ARGUMENT, codes.OVER_BUDGET, codes.UNCLEAR_TASK}
    shared = {code for code in reported if code[:3] in ("KS1", "KS5", "KS7")}
    assert reported - shared - elsewhere == tested
