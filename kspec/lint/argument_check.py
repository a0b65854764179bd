"""Whether a value is of an argument's type; and if not, the sentence that says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kspec import catalog
from kspec.analysis.data_profile import DataProfile
from kspec.analysis.plain_values import describe_value, is_array, is_dimension, is_number
from kspec.analysis.settings import Settings
from kspec.analysis.shapes.types import Types
from kspec.analysis.task_inference import ACTIVATION_LAYERS
from kspec.catalog import types as kinds
from kspec.catalog.types import describe, parse
from kspec.diagnostics import Path, Report, codes, did_you_mean, nearest
from kspec.diagnostics.suggest import Suggestion
from kspec.ir import Graph, Node
from kspec.ir.callees import tell_unknown_model
from kspec.language import Spec
from kspec.language.examples import from_call, needed, with_first, without_module
from kspec.syntax.coercion import replacement_edits, suggest_correction
from kspec.syntax.deferred import is_failed
from kspec.syntax.names import DOTTED
from kspec.syntax.path_policy import PathProblem

DTYPES = frozenset((
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "bfloat16", "float32", "float64", "string",
))  # fmt: skip
_OF_INPUTS = ("input_shape", "input_dim", "batch_input_shape", "input_length")
"""Arguments of older layers that say what stands under `inputs`."""
NOUNS = {"cell": "RNN cell", "schedule": "learning-rate schedule"}


@dataclass(slots=True)
class Checker:
    """Checks values against the catalog's types, and reports what does not fit, each thing once and at its place."""

    spec: Spec
    graph: Graph
    report: Report
    types: Types | None = None
    """What inference found, once it has run."""
    settings: Settings | None = None
    """With everything filled in; None where the graph is faulty."""
    profile: DataProfile | None = None
    """What is known of the data, where it has been looked at."""
    invalid_nodes: set[str] = field(default_factory=set)
    """The nodes whose arguments have errors: nothing more can be told of them."""
    outer: Graph | None = None
    """The spec's own network, where `graph` is a sub-model's."""
    _checked_sizes: set[Path] = field(default_factory=set)

    @contextmanager
    def judging(self, node: Node) -> Iterator[None]:
        """Notes a node as a misfit when what is checked within gives errors."""
        before = self.report.errors
        yield
        if self.report.errors > before:
            self.invalid_nodes.add(node.name)

    def value(self, value: Any, notation: str | kinds.Type, path: Path, what: str) -> None:
        """Reports it when `value` is not of the type.

        Args:
            what: How the sentence begins: "`units` of `Dense`".
        """
        kind = parse(notation) if isinstance(notation, str) else notation
        if is_failed(value) or self._accepts(value, kind, path):
            return
        hint = suggest_correction(value, self.spec.document.vars)
        if hint is not None and not self._accepts(hint.value, kind, path):
            hint = None
        if hint is None and self._look_inside(value, kind, path, what):
            return
        label = did_you_mean(value, _choices(kind)) if isinstance(value, str) else ""
        span = self.spec.positions.value(path)
        self.report.error(
            codes.INVALID_ARGUMENT_VALUE,
            f"{what} must be {describe(kind)}, not {describe_value(value)}",
            span,
            label=label,
            help=f"{hint.advice} `{hint.text}`" if hint else "",
            edits=replacement_edits(self.spec.positions, path, hint.text) if hint and not label else (),
            related=self.spec.positions.related(path),
        )

    def object(self, value: Any, kind: str, path: Path) -> None:
        """Checks a class of a kind of the catalog: by name, or with its arguments."""
        noun = NOUNS.get(kind, kind)
        catalog_kind: Any = "layer" if kind == "cell" else kind
        if kind == "layer" and isinstance(value, dict) and list(value) == ["model"]:
            called, place = value["model"], self.spec.positions.value((*path, "model"))
            if not isinstance(called, str):
                self.report.error(codes.MALFORMED_ENTRY, f"`model` takes a name, not {describe_value(called)}", place)
            elif called not in self.graph.models:
                tell_unknown_model(called, place, self.graph, self.spec, self.report, network_path=path[:2])
            return
        if isinstance(value, str):
            name, place = value, self.spec.positions.value(path)
            arguments: dict[str, Any] = {}
        elif isinstance(value, dict) and len(value) == 1:
            name, arguments = next(iter(value.items()))
            place = self.spec.positions.key((*path, name))
            if is_failed(arguments):
                return
            if arguments is not None and not isinstance(arguments, dict):
                self.report.error(
                    codes.POSITIONAL_ARGUMENT,
                    f"the arguments of `{name}` have no names",
                    place,
                    help=self._named(catalog_kind, name, arguments),
                )
                return
            arguments = arguments or {}
        else:
            article = "an" if noun[0] in "aeiouR" else "a"
            self.report.error(
                codes.INVALID_ARGUMENT_VALUE,
                f"{article} {noun} is named here, not {describe_value(value)}",
                self.spec.positions.value(path),
                help="write its name, or `Name: {argument: value}`",
            )
            return
        if DOTTED.fullmatch(name):
            plain = without_module(name)
            if catalog.find(catalog_kind, plain):
                self.report.error(
                    codes.UNKNOWN_OBJECT,
                    f"what Keras has stands without its module: `{name}`",
                    place,
                    label=Suggestion(name, plain),
                )
            elif not self._is_extension(name):
                module = name.rpartition(".")[0]
                self.report.error(
                    codes.UNDECLARED_EXTENSION,
                    f"`{name}` is a class of a module that the spec does not name",
                    place,
                    help=f"add `extensions: [{module}]`, and run with --allow-code",
                )
            return
        entry = catalog.find(catalog_kind, name)
        if entry is None:
            known = catalog.spellings(catalog_kind)
            called = from_call(catalog_kind, name)
            if kind == "layer" and name in self.graph.models:
                called = f"{{model: {name}}}"
            label = f"write `{called}`" if called else "write `null`" if name == "None" else did_you_mean(name, known)
            self.report.error(
                codes.UNKNOWN_OBJECT,
                f"there is no {noun} called `{name}`",
                place,
                label=label,
                help="" if called or name == "None" else f"`kspec layers --kind {catalog_kind}` lists what there is",
            )
        elif entry.refused:
            self.report.error(codes.UNSUPPORTED_OBJECT, f"`{name}` cannot stand in a spec: {entry.refused}", place)
        elif kind == "cell" and not entry.cell:
            self.report.error(
                codes.INVALID_ARGUMENT_VALUE,
                f"`{name}` is a layer, not an RNN cell",
                place,
                help="cells are LSTMCell, GRUCell, SimpleRNNCell",
            )
        else:
            self.arguments(entry, arguments, (*path, name) if isinstance(value, dict) else path, place)

    @staticmethod
    def _named(kind: catalog.Kind, name: str, value: Any) -> str:
        """What to write for a class whose arguments have no names."""
        entry = catalog.find(kind, name)
        return f"write `{with_first(entry, value) if entry else f'{name}: {{argument: value}}'}`"

    def arguments(self, entry: catalog.Entry, arguments: dict[str, Any], path: Path, place: Any) -> None:
        """Checks the constructor's arguments of a class: existence, type, allowed values, and that none is missing."""
        corrected: set[str] = set()
        for name, value in arguments.items():
            parameter = entry.parameters.get(name)
            if parameter is None:
                if entry.kind == "layer" and name in ("name", "trainable"):
                    self.report.error(
                        codes.MISPLACED_ENTRY_KEY,
                        f"`{name}` stands beside an entry's class, not inside a class",
                        self.spec.positions.key((*path, name)),
                        help=f"remove `{name}` here",
                    )
                    continue
                reason = entry.skipped.get(name)
                if reason:
                    self.report.error(
                        codes.UNKNOWN_ARGUMENT,
                        f"`{name}` of `{entry.name}` cannot be said in a spec: {reason}",
                        self.spec.positions.key((*path, name)),
                    )
                    continue
                corrected.add(self._unknown_argument(entry, name, (*path, name)))
                continue
            self.value(value, parameter.type, (*path, name), f"`{name}` of `{entry.name}`")
        there = arguments.keys() | corrected
        missing = [p for p in entry.parameters.values() if p.required and p.name not in there]
        if missing:
            names = " and ".join(f"`{p.name}`" for p in missing)
            self.report.error(
                codes.MISSING_ARGUMENT, f"`{entry.name}` needs {names}", place, help=f"write `{needed(entry)}`"
            )

    def _unknown_argument(self, entry: catalog.Entry, name: str, path: Path) -> str:
        """Reports it; returns the argument that was meant, so that it is not missed as well."""
        holder = next((p.name for p in entry.parameters.values() if _holds(parse(p.type), name)), "")
        if holder:
            self.report.error(
                codes.UNKNOWN_ARGUMENT,
                f"the layer inside `{entry.name}` stands under `{holder}`",
                self.spec.positions.key(path),
                help=f"write `{entry.name}: {{{holder}: {{{name}: ...}}}}`",
            )
            return holder
        if entry.kind == "layer" and name in _OF_INPUTS:
            self.report.error(
                codes.UNKNOWN_ARGUMENT,
                f"`{entry.name}` has no argument called `{name}`: the shape of what it takes is known",
                self.spec.positions.key(path),
                help="leave it out; the shape of an example stands under `inputs`, as in `inputs: {x: {shape: [10]}}`",
            )
            return ""
        candidates = [*entry.parameters, *entry.skipped]
        label = did_you_mean(name, candidates)
        known = ", ".join(entry.parameters)
        nothing = _of_layer(entry, name) or "it takes no arguments"
        self.report.error(
            codes.UNKNOWN_ARGUMENT,
            f"`{entry.name}` has no argument called `{name}`",
            self.spec.positions.key(path),
            label=label,
            help="" if label else f"its arguments: {known}" if known else nothing,
        )
        return nearest(name, candidates) or ""

    def _accepts(self, value: Any, kind: kinds.Type, path: Path) -> bool:
        match kind:
            case kinds.AnyValue():
                return True
            case kinds.Union(options):
                return any(self._accepts(value, option, path) for option in options)
            case kinds.Null():
                return value is None
            case kinds.Boolean():
                return isinstance(value, bool)
            case kinds.Text():
                return isinstance(value, str)
            case kinds.Choice(values):
                return isinstance(value, str) and value in values
            case kinds.Number():
                return is_number(value, kind) or (kind.integer and self._is_size(value, path))
            case kinds.ListOf(item, minimum, maximum):
                return (
                    isinstance(value, list)
                    and minimum <= len(value) <= (maximum if maximum is not None else len(value))
                    and all(self._accepts(part, item, (*path, i)) for i, part in enumerate(value))
                )
            case kinds.MappingOf(item):
                return isinstance(value, dict) and all(self._accepts(v, item, (*path, k)) for k, v in value.items())
            case kinds.Shape():
                return isinstance(value, list) and all(p is None or is_failed(p) or is_dimension(p) for p in value)
            case kinds.Dtype():
                return isinstance(value, str) and value in DTYPES
            case kinds.Array():
                return is_array(value)
            case kinds.FilePath(write):
                return isinstance(value, str) and self._path_problem(value, write) is None
            case kinds.ObjectOf(object_kind):
                scratch = Checker(self.spec, self.graph, Report(), outer=self.outer)
                scratch.object(value, object_kind, path)
                return not scratch.report.has_errors

    def _look_inside(self, value: Any, kind: kinds.Type, path: Path, what: str) -> bool:
        """A fault deeper in the value is reported there rather than at the whole; True when that has been done."""
        options = kind.options if isinstance(kind, kinds.Union) else (kind,)
        for option in options:
            if isinstance(option, kinds.FilePath) and isinstance(value, str):
                problem = self._path_problem(value, option.write)
                if problem is not None:
                    problem.report(self.report, self.spec.positions.value(path))
                    return True
        for option in options:
            names_object = isinstance(value, dict) and len(value) == 1 and _is_class(next(iter(value)), option)
            wrong_word = isinstance(value, str) and not any(isinstance(o, (kinds.Choice, kinds.Text)) for o in options)
            if isinstance(option, kinds.ObjectOf) and (names_object or wrong_word):
                self.object(value, option.kind, path)
                return True
            if isinstance(option, kinds.ListOf) and isinstance(value, list) and value:
                fits = option.minimum <= len(value) <= (option.maximum if option.maximum is not None else len(value))
                if fits:
                    for index, part in enumerate(value):
                        self.value(part, option.item, (*path, index), f"an item of {what}")
                    return True
        return False

    def _path_problem(self, text: str, write: bool) -> PathProblem | None:
        paths = self.spec.paths
        return paths.problem(text, write=True) if write else paths.file_problem(text)

    def _is_size(self, value: Any, path: Path) -> bool:
        """`{vocabulary_of: node}` or `{classes_of: output}`, where an integer can stand."""
        if not isinstance(value, dict) or len(value) != 1:
            return False
        (word, name), *_ = value.items()
        if word not in ("vocabulary_of", "classes_of") or not isinstance(name, str):
            return False
        if path not in self._checked_sizes:
            self._checked_sizes.add(path)
            self._check_size(word, name, (*path, word))
        return True

    def _check_size(self, word: str, name: str, path: Path) -> None:
        span = self.spec.positions.value(path)
        if word == "classes_of":
            outputs = (self.outer or self.graph).outputs
            if name not in outputs:
                self.report.error(
                    codes.UNKNOWN_OUTPUT,
                    f"no output is called `{name}`",
                    span,
                    label=did_you_mean(name, outputs),
                    help=f"the outputs: {', '.join(outputs)}",
                )
            return
        node = self.graph.nodes.get(name)
        if node is None:
            self.report.error(
                codes.UNKNOWN_NODE, f"no node is called `{name}`", span, label=did_you_mean(name, self.graph.nodes)
            )
            return
        callee = self.graph.callee(node) if node.kind == "reuse" else node
        if callee.catalog is not None and callee.catalog.name not in (
            "TextVectorization",
            "StringLookup",
            "IntegerLookup",
        ):
            self.report.error(
                codes.UNKNOWN_OUTPUT,
                f"`{name}` has no vocabulary: it is a `{callee.head}`",
                span,
                help="cite a TextVectorization, StringLookup or IntegerLookup",
            )

    def _is_extension(self, name: str) -> bool:
        module = name.rpartition(".")[0]
        return any(module == known or module.startswith(known + ".") for known in self.spec.document.extensions)


def _is_class(word: str, kind: kinds.Type) -> bool:
    """Whether a key is meant as a class, in a place where one of a type can stand."""
    if word[:1].isupper() or DOTTED.fullmatch(word):
        return True
    if word == "model" and kind == kinds.ObjectOf("layer"):
        return True
    return isinstance(kind, kinds.ObjectOf) and kind.kind in catalog.KINDS and catalog.find(kind.kind, word) is not None


def _of_layer(entry: catalog.Entry, name: str) -> str:
    """What to write for an argument of an activation's function that the layer has; empty where it has none either."""
    layer = next((layer for layer, function in ACTIVATION_LAYERS.items() if function == entry.name), "")
    found = catalog.find("activation", layer) if entry.kind == "activation" else None
    if found is None or name not in found.parameters:
        return ""
    return f"a function takes no arguments; the layer does: `{{{layer}: {{{name}: ...}}}}`"


def _holds(kind: kinds.Type, name: str) -> bool:
    """Whether a class of this name can stand in an argument of a type for layers."""
    found = catalog.find("layer", name)
    options = kind.options if isinstance(kind, kinds.Union) else (kind,)
    wanted = {option.kind for option in options if isinstance(option, kinds.ObjectOf)}
    return found is not None and ("layer" in wanted or ("cell" in wanted and found.cell))


def _choices(kind: kinds.Type) -> list[str]:
    if isinstance(kind, kinds.Union):
        return [choice for option in kind.options for choice in _choices(option)]
    if isinstance(kind, kinds.Choice):
        return list(kind.values)
    return sorted(DTYPES) if isinstance(kind, kinds.Dtype) else []
