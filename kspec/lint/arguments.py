"""Checks values against the catalog's types, and classes with their arguments; each mistake is reported once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec import catalog
from kspec.analysis.per_output import MINIMIZE
from kspec.analysis.plain_values import describe_value
from kspec.analysis.task_inference import ACTIVATION_LAYERS
from kspec.catalog import types as t
from kspec.catalog.types import Type, parse
from kspec.diagnostics import Path, Span, codes, did_you_mean, nearest
from kspec.diagnostics.suggest import Suggestion
from kspec.ir.callees import report_unknown_model
from kspec.language.examples import from_call, keras_name, needed, with_first
from kspec.lint.context import RuleContext
from kspec.lint.matching import Mismatch, Reference, catalog_kind, inspect, match
from kspec.syntax.coercion import Correction, replacement_edits, suggest_correction
from kspec.syntax.deferred import is_failed
from kspec.syntax.names import DOTTED
from kspec.syntax.sizes import Size, read_size, sizes_of

INPUT_ARGUMENTS = ("input_shape", "input_dim", "batch_input_shape", "input_length")
"""Arguments of older layers, for which a spec has `inputs`."""
VOCABULARY_LAYERS = ("TextVectorization", "StringLookup", "IntegerLookup")
NOUNS = {"cell": "RNN cell", "schedule": "learning-rate schedule"}


def check_value(context: RuleContext, value: Any, type_: Type, path: Path, subject: str) -> None:
    """Reports every part of a value that is not of its type, and every class, file or size in it that is not valid.

    Args:
        context: The network, and the report.
        value: The value, as plain data.
        type_: The type it must have.
        path: Where it is in the spec.
        subject: Begins the sentence: "`units` of `Dense`" must be a positive integer.
    """
    for finding in inspect(value, type_):
        place = (*path, *finding.path)
        if isinstance(finding, Mismatch):
            _report_mismatch(context, finding, place, "an item of " * len(finding.path) + subject)
        else:
            _check_reference(context, finding, place)


def check_object(
    context: RuleContext, value: Any, kind: str, path: Path, examples: Mapping[str, str] | None = None
) -> None:
    """Checks a class of one kind of the catalog, named alone or with its arguments.

    Args:
        context: The network, and the report.
        value: `"Adam"`, or `{"Adam": {"learning_rate": 0.1}}`.
        kind: A kind of the catalog, or `cell`.
        path: Where it is in the spec.
        examples: By argument, the value to suggest where it is missing.
    """
    noun = NOUNS.get(kind, kind)
    positions = context.spec.positions
    arguments: Any = {}
    if kind == "layer" and isinstance(value, dict) and list(value) == ["model"]:
        _check_model(context, value["model"], (*path, "model"))
        return
    if isinstance(value, str):
        name, place = value, positions.value(path)
    elif isinstance(value, dict) and len(value) == 1:
        ((name, arguments),) = value.items()
        path = (*path, name)
        place = positions.key(path)
    else:
        article = "an" if noun[0] in "aeiouR" else "a"
        subject = f"`{path[-1]}`" if isinstance(path[-1], str) else "this"
        is_one = isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)
        context.report.error(
            codes.INVALID_ARGUMENT_VALUE,
            f"{subject} must be {article} {noun}, not {'a list' if is_one else describe_value(value)}",
            positions.value(path),
            help=f"write `{value[0]}`" if is_one else "write its name, or `Name: {argument: value}`",
        )
        return
    if is_failed(arguments):
        return
    if arguments is not None and not isinstance(arguments, dict):
        entry = catalog.find(catalog_kind(kind), name)
        context.report.error(
            codes.POSITIONAL_ARGUMENT,
            f"the arguments of `{name}` need names",
            place,
            help=f"write `{with_first(entry, arguments) if entry else f'{name}: {{argument: value}}'}`",
        )
        return
    entry = _resolve(context, name, kind, place)
    if entry is not None:
        check_arguments(context, entry, arguments or {}, path, place, examples)


def check_arguments(
    context: RuleContext,
    entry: catalog.Entry,
    arguments: Mapping[str, Any],
    path: Path,
    place: Span,
    examples: Mapping[str, str] | None = None,
) -> None:
    """Checks the arguments of a class's constructor: known names, valid values, and none missing.

    Args:
        context: The network, and the report.
        entry: The class.
        arguments: Its arguments, by name.
        path: Where they are in the spec.
        place: Where the class is named.
        examples: By argument, the value to suggest where it is missing.
    """
    known = set(arguments)
    for name, value in arguments.items():
        parameter = entry.parameters.get(name)
        if parameter is not None:
            check_value(context, value, parse(parameter.type), (*path, name), f"`{name}` of `{entry.name}`")
        else:
            known.add(_report_unknown_argument(context, entry, name, (*path, name)))
    missing = [p for p in entry.parameters.values() if p.required and p.name not in known]
    if missing:
        names = " and ".join(f"`{p.name}`" for p in missing)
        help = f"write `{needed(entry, examples or {})}`"
        context.report.error(codes.MISSING_ARGUMENT, f"`{entry.name}` needs {names}", place, help=help)


def _report_mismatch(context: RuleContext, mismatch: Mismatch, path: Path, subject: str) -> None:
    from kspec.catalog.type_text import describe

    _, expected, value = mismatch
    options = expected.options if isinstance(expected, t.Union) else (expected,)
    hint = _hint(context, mismatch)
    if hint is None and isinstance(value, str) and not any(isinstance(o, (t.Choice, t.Text)) for o in options):
        kind = next((option.kind for option in options if isinstance(option, t.ObjectOf)), None)
        if kind is not None and not value[:1].isdigit():
            check_object(context, value, kind, path)
            return
    positions = context.spec.positions
    label = did_you_mean(value, _choices(options)) if isinstance(value, str) else ""
    context.report.error(
        codes.INVALID_ARGUMENT_VALUE,
        f"{subject} must be {describe(expected)}, not {describe_value(value)}",
        positions.value(path),
        label=label,
        help=f"{hint.advice} `{hint.text}`" if hint else "",
        edits=replacement_edits(positions, path, hint.text) if hint and not label else (),
        related=positions.related(path),
    )


def _hint(context: RuleContext, mismatch: Mismatch) -> Correction | None:
    """The likely correction of a value; None unless that is of the expected type."""
    hint = suggest_correction(mismatch.value, context.spec.document.vars)
    return hint if hint is not None and not match(hint.value, mismatch.expected) else None


def _check_reference(context: RuleContext, reference: Reference, path: Path) -> None:
    match reference.type:
        case t.ObjectOf(kind):
            check_object(context, reference.value, kind, path)
        case t.FilePath(write):
            paths = context.spec.paths
            is_url = "://" in reference.value
            problem = (
                paths.problem(reference.value, write=write) if write or is_url else paths.file_problem(reference.value)
            )
            if problem is not None:
                problem.report(context.report, context.spec.positions.value(path))
        case _:
            is_mapping = read_size(reference.value) is not None
            span = context.spec.positions.value(path)
            for size in sizes_of(reference.value):
                at = context.spec.positions.value((*path, size.word)) if is_mapping else span
                _check_size(context, size, at)


def _check_size(context: RuleContext, size: Size, span: Span) -> None:
    """Checks what a size refers to; nodes in the arguments of layers are resolved with the graph."""
    if size.word == "classes_of":
        outputs = (context.outer or context.graph).outputs
        if size.name not in outputs:
            context.report.error(
                codes.UNKNOWN_OUTPUT,
                f"unknown output `{size.name}`",
                span,
                label=did_you_mean(size.name, outputs),
                help=f"available outputs: {', '.join(outputs)}",
            )
        return
    tensor = context.graph.names.get(size.name)
    if tensor is None:
        label = did_you_mean(size.name, context.graph.names)
        context.report.error(codes.UNKNOWN_NODE, f"unknown node `{size.name}`", span, label=label)
        return
    callee = context.graph.callee(context.graph.nodes[tensor.node])
    if size.word != "vocabulary_of" or callee.faulty:
        return
    if callee.catalog is None or callee.catalog.name not in VOCABULARY_LAYERS:
        what = "an input" if callee.kind == "input" else f"a `{callee.head}`"
        context.report.error(
            codes.UNKNOWN_OUTPUT,
            f"`{size.name}` has no vocabulary: it is {what}",
            span,
            help="reference a TextVectorization, StringLookup or IntegerLookup",
        )


def _check_model(context: RuleContext, name: Any, path: Path) -> None:
    """Checks a sub-model that a layer wraps: `layer: {model: name}`."""
    span = context.spec.positions.value(path)
    if not isinstance(name, str):
        context.report.error(codes.MALFORMED_ENTRY, f"`model` must be a name, not {describe_value(name)}", span)
    elif name not in context.graph.models:
        report_unknown_model(name, span, context.graph, context.spec, context.report, network_path=path[:2])


def _resolve(context: RuleContext, name: str, kind: str, place: Span) -> catalog.Entry | None:
    """Looks up a class in the catalog; None for an extension's class, and for one that is reported as unusable."""
    if DOTTED.fullmatch(name):
        _check_dotted(context, name, catalog_kind(kind), place)
        return None
    entry = catalog.find(catalog_kind(kind), name)
    if entry is None:
        _report_unknown_object(context, name, kind, place)
        return None
    if entry.refused:
        context.report.error(codes.UNSUPPORTED_OBJECT, f"a spec cannot use `{name}`: {entry.refused}", place)
        return None
    if kind == "cell" and not entry.cell:
        context.report.error(
            codes.INVALID_ARGUMENT_VALUE,
            f"`{name}` is a layer, not an RNN cell",
            place,
            help="cells are LSTMCell, GRUCell, SimpleRNNCell",
        )
        return None
    return entry


def _check_dotted(context: RuleContext, name: str, kind: catalog.Kind, place: Span) -> None:
    """Checks a class with its module: Keras's own are written without, others come from `extensions`."""
    plain = keras_name(kind, name)
    module = name.rpartition(".")[0]
    if plain:
        context.report.error(
            codes.UNKNOWN_OBJECT,
            f"write classes and functions by their names in Keras: `{plain}`, not `{name}`",
            place,
            label=Suggestion(name, plain),
        )
    elif not any(module == known or module.startswith(f"{known}.") for known in context.spec.document.extensions):
        context.report.error(
            codes.UNDECLARED_EXTENSION,
            f"the module of `{name}` is not declared as an extension",
            place,
            help=f"add `extensions: [{module}]`, and run with --allow-code",
        )


def _report_unknown_object(context: RuleContext, name: str, kind: str, place: Span) -> None:
    listed = catalog_kind(kind)
    spelling = from_call(listed, name)
    if kind == "layer" and name in context.graph.models:
        spelling = f"{{model: {name}}}"
    elif name == "None":
        spelling = "null"
    known = [*catalog.spellings(listed), *([MINIMIZE] if listed == "loss" else [])]
    context.report.error(
        codes.UNKNOWN_OBJECT,
        f"unknown {NOUNS.get(kind, kind)} `{name}`",
        place,
        label=f"write `{spelling}`" if spelling else did_you_mean(name, known),
        help="" if spelling else f"`kspec layers --kind {listed}` lists them all",
    )


def _report_unknown_argument(context: RuleContext, entry: catalog.Entry, name: str, path: Path) -> str:
    """Reports an argument that a class does not take.

    Returns:
        The argument that it likely replaces, so that that is not reported as missing too; empty for none.
    """
    code, label, help, replaced = codes.UNKNOWN_ARGUMENT, "", "", ""
    message = f"`{entry.name}` has no argument `{name}`"
    candidates = [*entry.parameters, *entry.skipped]
    if entry.kind == "layer" and name in ("name", "trainable"):
        code = codes.MISPLACED_ENTRY_KEY
        message = f"`{name}` is a key of the entry, not an argument of the class"
        help = f"write `{name}` next to `{entry.name}`, not inside it"
    elif name in entry.skipped:
        message = f"a spec cannot set `{name}` of `{entry.name}`: {entry.skipped[name]}"
    elif wrapper := next((p.name for p in entry.parameters.values() if _takes_layer(parse(p.type), name)), ""):
        message = f"the layer inside `{entry.name}` belongs under `{wrapper}`"
        help, replaced = f"write `{entry.name}: {{{wrapper}: {{{name}: ...}}}}`", wrapper
    elif entry.kind == "layer" and name in INPUT_ARGUMENTS:
        message += ": input shapes are inferred"
        help = "remove it; `inputs` states the shape of one example, as in `inputs: {x: {shape: [10]}}`"
    else:
        label, replaced = did_you_mean(name, candidates), nearest(name, candidates) or ""
        if not label:
            arguments = ", ".join(entry.parameters)
            help = f"available arguments: {arguments}" if arguments else _layer_instead(entry, name)
    context.report.error(code, message, context.spec.positions.key(path), label=label, help=help)
    return replaced


def _layer_instead(entry: catalog.Entry, name: str) -> str:
    """What to write for an argument of a function without any: the layer of an activation may take it."""
    layer = next((layer for layer, function in ACTIVATION_LAYERS.items() if function == entry.name), "")
    layer_entry = catalog.find("activation", layer) if entry.kind == "activation" else None
    if layer_entry is None or name not in layer_entry.parameters:
        return "it takes no arguments"
    return f"a function takes no arguments; the layer does: `{{{layer}: {{{name}: ...}}}}`"


def _takes_layer(type_: Type, name: str) -> bool:
    """Whether a layer of this name can be the value of an argument of a type."""
    entry = catalog.find("layer", name)
    options = type_.options if isinstance(type_, t.Union) else (type_,)
    kinds = {option.kind for option in options if isinstance(option, t.ObjectOf)}
    return entry is not None and ("layer" in kinds or ("cell" in kinds and entry.cell))


def _choices(options: tuple[Type, ...]) -> list[str]:
    """The words that can be written for one of the types."""
    words = [word for option in options if isinstance(option, t.Choice) for word in option.values]
    return [*words, *(sorted(t.DTYPES) if t.Dtype() in options else ())]
