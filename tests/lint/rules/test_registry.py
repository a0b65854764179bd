"""Every file of a rule is listed once, and has one public function."""

from importlib import import_module
from pathlib import Path

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
