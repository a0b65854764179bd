"""The page of each code: what it means, why it matters, and a spec with the problem beside the corrected one."""

from __future__ import annotations

import re
from pathlib import Path

from kspec.diagnostics.codes import RULES

PAGES = Path(__file__).parent / "pages"
_KINDS = re.compile(r"^```yaml .*$", re.MULTILINE)


def codes() -> list[str]:
    """All codes, sorted."""
    return sorted(RULES)


def page(code: str) -> str | None:
    """The page of a code, in Markdown; None if the code is unknown."""
    text = page_source(code)
    return None if text is None else _KINDS.sub("```yaml", text)


def page_source(code: str) -> str | None:
    """The page of a code as its file has it: each spec says whether it is wrong or right, for the tests."""
    return (PAGES / f"{code}.md").read_text(encoding="utf-8") if code in RULES else None


def title(code: str) -> str:
    """What a code is about, in a few words: its page's first line without the code; empty if the code is unknown."""
    text = page_source(code) or ""
    return text.partition("\n")[0].removeprefix(f"# {code}: ")
