"""`kspec explain`: the page of a code."""

from __future__ import annotations

import sys

import click

EPILOG = """\b
Examples:
  kspec explain KS201
  kspec explain unknown-node
  kspec explain KS5       all codes of a family: those about data
  kspec explain           all codes, with their titles
"""


@click.command(epilog=EPILOG)
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain a code: what is wrong, why it matters, an example, and the fix.

    CODE is a code, the name of one, or the family that codes start with. Without it, all codes are listed.
    """
    from kspec.diagnostics import explain
    from kspec.diagnostics.codes import RULES
    from kspec.diagnostics.render.terminal import wants_colour

    wanted = (code or "KS").strip().upper()
    wanted = f"KS{wanted}" if wanted.isdigit() else wanted
    wanted = next((known for known, rule in RULES.items() if rule.name.upper() == wanted), wanted)
    family = [known for known in explain.codes() if wanted in (known[:2], known[:3])]
    if family:
        sys.stdout.writelines(f"{known}  {explain.title(known)}\n" for known in family)
        return
    text = explain.page(wanted)
    if text is None:
        raise click.UsageError(_unknown(code or "", wanted))
    if wants_colour(sys.stdout):
        from rich.console import Console
        from rich.markdown import Markdown

        Console(force_terminal=True).print(Markdown(text))
    else:
        sys.stdout.write(text)


def _unknown(code: str, wanted: str) -> str:
    from kspec.diagnostics import explain, nearest

    match = nearest(wanted, explain.codes())
    suggestion = f"did you mean {match} ({explain.title(match)})?" if match else "`kspec explain` lists all"
    return f"unknown code {code}; {suggestion}"
