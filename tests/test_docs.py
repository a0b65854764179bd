"""The documentation: its links resolve, and Contributing describes every room of the package."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOM = ROOT / "kspec"
PAGES = [ROOT / "README.md", *sorted((ROOT / "specs").rglob("*.md")), *sorted(ROOM.rglob("*.md"))]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _broken_links(page: Path) -> list[str]:
    broken = []
    for groups in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        link = "".join(groups)
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    return broken


def test_relative_links_resolve() -> None:
    broken = {page.relative_to(ROOT).as_posix(): links for page in PAGES if (links := _broken_links(page))}
    assert broken == {}


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A title\n[a](#a-title) [b](#other) [c](missing.md) [d](https://x.org) [e](page.md#a-title)\n")
    assert _broken_links(page) == ["#other", "missing.md"]


def test_every_room_is_described() -> None:
    text = (ROOM / "docs" / "contributing.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, re.MULTILINE)
    described = sorted(re.findall(r"\w+", " ".join(cells)))
    assert described == sorted(path.name for path in ROOM.iterdir() if path.is_dir() and path.name != "__pycache__")
