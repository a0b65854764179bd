"""The page of each code: what it means, why it matters, and a spec that has it beside the same spec cured."""

from __future__ import annotations

import re
from pathlib import Path

PAGES = Path(__file__).parent / "pages"
_CODE = re.compile(r"KS\d{3}")


def codes() -> list[str]:
    """All codes that have a page, sorted."""
    return sorted(file.stem for file in PAGES.glob("KS*.md"))


def page(code: str) -> str | None:
    """The page of a code, in Markdown; None when there is no such code."""
    if not _CODE.fullmatch(code):
        return None
    try:
        return (PAGES / f"{code}.md").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def title(code: str) -> str:
    """What a code is about, in a few words: its page's first line without the code; empty when there is no page."""
    text = page(code) or ""
    return text.partition("\n")[0].removeprefix("# ").removeprefix(code).lstrip(": ")
