"""Packages that a verb needs and that are not installed with kspec: every verb says so in the same way."""

from __future__ import annotations

import click

from kspec.cli import FAILED


class MissingPackage(click.ClickException):
    """A package of an extra is missing.

    Args:
        what: What needs it, with its verb: `reports need`.
        package: Its name.
        extra: The extra of kspec that installs it.
    """

    exit_code = FAILED

    def __init__(self, what: str, package: str | None, extra: str) -> None:
        super().__init__(f"{what} the package {package}: pip install 'kspec[{extra}]'")

    def show(self, file: object = None) -> None:  # noqa: ARG002
        """Prints it as other failures are printed."""
        click.echo(f"kspec: {self.message}", err=True)
