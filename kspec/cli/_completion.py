"""What a shell completes: files, runs, formats, layers, templates, codes. Nothing here imports TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _of(names: Callable[[click.Context], Iterable[str]], *, files: bool = False) -> Complete:
    """Completes names.

    Args:
        names: Gives the names, from the words before.
        files: Whether a file can stand there too.
    """

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        start = incomplete.casefold()
        items = [CompletionItem(name) for name in names(ctx) if name.casefold().startswith(start)]
        return [*items, CompletionItem(incomplete, type="file")] if files else items

    return complete


def _runs(ctx: click.Context) -> list[str]:
    from kspec.runs.run_folder import spec_names

    return spec_names(ctx.params.get("runs") or "runs")


def _formats(_: click.Context) -> Iterable[str]:
    from kspec.export.formats import FORMATS

    return FORMATS


def _objects(ctx: click.Context) -> Iterable[str]:
    from kspec import catalog

    return catalog.names(ctx.params.get("kind") or "layer")


def _templates(_: click.Context) -> Iterable[str]:
    from kspec.rewrite.init import templates

    return templates()


def _codes(_: click.Context) -> list[str]:
    from kspec.diagnostics import explain
    from kspec.diagnostics.codes import RULES

    return [*explain.codes(), *(rule.name for rule in RULES.values())]


files = _of(lambda _: (), files=True)
runs = _of(_runs)
files_and_runs = _of(_runs, files=True)
formats = _of(_formats)
objects = _of(_objects)
templates = _of(_templates)
codes = _of(_codes)
