"""A command that does something by itself, and has verbs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class CommandWithVerbs(click.Command):
    """A command whose first word can be a verb; its module, beside that of the command, is imported when it is used.

    Args:
        verbs: Verb → its line of help.
    """

    def __init__(self, *arguments: Any, verbs: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.verbs = verbs

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the verb that the words begin with, or else of the command itself.

        Args:
            info_name: The name of the command.
            args: The words after it.
            parent: The context of what contains it.
            extra: Further settings of the context.
        """
        if args and args[0] in self.verbs:
            verb: click.Command = import_module(f"kspec.cli.runs.{args[0]}").command
            return verb.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the options, and the verbs.

        Args:
            ctx: The context.
            formatter: Receives the text.
        """
        super().format_options(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl(list(self.verbs.items()))
