"""`kspec explain`: the page of a code."""

from __future__ import annotations

import sys

import click

from kspec.cli import _completion

EPILOG = """\b
Examples:
  kspec explain KS201
  kspec explain unknown-node
  kspec explain KS5       all codes of a family: those about data
  kspec explain           all codes, with their titles
"""


@click.command(epilog=EPILOG)
@click.argument("code", required=False, shell_complete=_completion.codes)
def command(code: str | None) -> None:
    """Explain a code: what is wrong, why it matters, an example, and the fix.

    CODE is a code, the name of one, or the family that codes start with. Without it, all codes are listed.
    """
    from kspec.diagnostics import explain
    from kspec.diagnostics.codes import RULES
    from kspec.diagnostics.render.terminal import wants_colour

    query = (code or "KS").strip().upper()
    query = f"KS{query}" if query.isdigit() else query
    query = next((known for known, rule in RULES.items() if rule.name.upper() == query), query)
    family = [known for known in explain.codes() if query in (known[:2], known[:3])]
    if family:
        sys.stdout.writelines(f"{known}  {explain.title(known)}\n" for known in family)
        return
    text = explain.page(query)
    if text is None:
        raise click.UsageError(_unknown(code or "", query))
    if wants_colour(sys.stdout):
        from rich.console import Console
        from rich.markdown import Markdown

        Console(force_terminal=True).print(Markdown(text))
    else:
        sys.stdout.write(text)


def _unknown(code: str, query: str) -> str:
    from kspec.diagnostics import explain, nearest

    match = nearest(query, explain.codes())
    suggestion = f"did you mean {match} ({explain.title(match)})?" if match else "`kspec explain` lists all"
    return f"unknown code {code}; {suggestion}"
