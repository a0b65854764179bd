"""What to write instead of an option that does not exist: `--epochs 5` is `--set fit.epochs=5`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

_SECTIONS = ("fit", "compile", "data", "evaluate", "predict")
"""The sections whose keys can be mistaken for options, in the order in which a key is looked for."""


def suggest_override(error: click.NoSuchOption, arguments: Sequence[str]) -> str:
    """The `--set` that an unknown option stands for; empty if it stands for none.

    Args:
        error: The unknown option.
        arguments: The command line.
    """
    context = error.ctx
    if context is None or not any("--set" in option.opts for option in context.command.params):
        return ""
    name = error.option_name.lstrip("-").replace("-", "_")
    address = next((address for address in _addresses(arguments) if address.rpartition(".")[2] == name), "")
    if not address:
        return ""
    return f"to override a value of the spec: --set {address}={_value(error.option_name, arguments)}"


def _addresses(arguments: Sequence[str]) -> Iterator[str]:
    """The variables of the spec on the command line, then the settings of every spec."""
    from kspec.language.document import Document

    for path in arguments:
        if path.endswith((".yaml", ".yml")):
            yield from (f"vars.{name}" for name in _variables(path))
    for section in _SECTIONS:
        settings = Document.model_fields[section].annotation
        for part in getattr(settings, "__args__", (settings,)):
            for name, field in getattr(part, "model_fields", {}).items():
                yield f"{section}.{field.alias or name}"
    yield from ("seed", "name", "task", "dtype_policy")


def _variables(path: str) -> list[str]:
    from kspec.diagnostics import Report
    from kspec.syntax import parse, read_source

    report = Report()
    source = read_source(path, report)
    tree = parse(source, report) if source is not None else None
    variables = tree.value.get("vars") if tree is not None and isinstance(tree.value, dict) else None
    return [str(name) for name in variables] if isinstance(variables, dict) else []


def _value(option: str, arguments: Sequence[str]) -> str:
    """The value after an option; `…` if it has none."""
    for place, word in enumerate(arguments):
        name, assigned, value = word.partition("=")
        if name == option:
            following = arguments[place + 1] if place + 1 < len(arguments) else "-"
            return value if assigned else "…" if following.startswith("-") else following
    return "…"
