"""The spec of a run, with what was filled in."""

from __future__ import annotations

from kspec.report.run_facts import RunFacts
from kspec.report.section import Section


def spec_section(facts: RunFacts) -> Section | None:
    """The highlighted text; comments state where each filled-in value comes from."""
    if not facts.text:
        return None
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import YamlLexer

    notes = []
    overrides = facts.record.get("overrides", [])
    if overrides:
        notes.append(f"Overridden on the command line: {', '.join(map(str, overrides))}.")
    formatter = HtmlFormatter(nowrap=True)
    return Section(
        "spec", "Spec", notes, template="spec.html.j2", values={"code": highlight(facts.text, YamlLexer(), formatter)}
    )
