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


def _facts(ctx: click.Context) -> list[str]:
    from kspec.runs.run_facts import RunFacts
    from kspec.runs.run_index import past_runs

    out = ctx.params.get("runs") or "runs"
    return RunFacts(past_runs(out, ctx.params.get("name")), out).names()


def _tags(ctx: click.Context) -> list[str]:
    from kspec.runs.run_index import past_runs

    return list(dict.fromkeys(tag for run in past_runs(ctx.params.get("runs") or "runs") for tag in run.tags))


def runs_and(words: Iterable[str]) -> Complete:
    """Completes the names of specs that have been run, and other words."""
    return _of(lambda ctx: [*_runs(ctx), *words])


def facts(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Completes the last of several facts with commas between them; one after a minus, too.

    Args:
        ctx: The context, with the words before.
        parameter: The option.
        incomplete: What has been typed.
    """
    before, comma, word = incomplete.rpartition(",")
    sign = "-" if word.startswith("-") else ""
    names = [name for name in _facts(ctx) if name.startswith(word.removeprefix("-"))]
    return [CompletionItem(f"{before}{comma}{sign}{name}") for name in names]


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


def _trackers(_: click.Context) -> Iterable[str]:
    from kspec.tracking.targets import NONE, tracker_names

    return (*tracker_names(), NONE)


files = _of(lambda _: (), files=True)
runs = _of(_runs)
files_and_runs = _of(_runs, files=True)
formats = _of(_formats)
objects = _of(_objects)
templates = _of(_templates)
codes = _of(_codes)
tags = _of(_tags)
trackers = _of(_trackers)
clusters = _of(lambda _: ("auto",))
