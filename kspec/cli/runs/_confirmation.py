"""Asks before something is deleted."""

from __future__ import annotations

import click


def confirm(question: str, *, yes: bool) -> bool:
    """Whether to go on; asks, unless the user has agreed.

    Args:
        question: What to ask.
        yes: Whether the user has agreed, by `--yes`.

    Raises:
        click.UsageError: If nobody can answer.
    """
    if yes:
        return True
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        click.echo(err=True)
        raise click.UsageError("nothing is deleted without an answer; add --yes where nobody can give one") from None
