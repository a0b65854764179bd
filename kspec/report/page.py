"""A report as one HTML file, which opens without a server or a network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from kspec.report.chart import number
from kspec.report.javascript import vega_bundle
from kspec.report.section import Section


def page(title: str, subtitle: str, sections: Sequence[Section]) -> str:
    """The page, as HTML.

    Args:
        title: Its heading.
        subtitle: The line below.
        sections: In their order.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    scripts = [vega_bundle() if any(section.charts for section in sections) else "", _text("report.js")]
    pages = Environment(
        loader=PackageLoader("kspec.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )  # fmt: skip
    pages.filters["number"] = number
    return pages.get_template("page.html.j2").render(
        title=title,
        subtitle=subtitle,
        sections=sections,
        charts=_charts(sections),
        style=_text("report.css"),
        scripts=[script for script in scripts if script],
        hashes=[_hash(script) for script in scripts if script],
    )


def _charts(sections: Sequence[Section]) -> dict[str, Any]:
    """The specifications of all charts, by the id of their place."""
    return {f"{section.id}-{at}": chart.spec for section in sections for at, chart in enumerate(section.charts)}


def _text(name: str) -> str:
    return (files("kspec.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """What allows a script to run: no other text in the page, whoever wrote it, is run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
