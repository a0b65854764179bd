"""Types of fields with more than one form: names, references, classes with or without arguments, columns."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from kspec import catalog
from kspec.diagnostics import codes
from kspec.language.base import fail
from kspec.language.examples import with_first
from kspec.language.json_schema import JsonSchema
from kspec.syntax.names import MAX_NAME, NAME, NAME_HELP
from kspec.syntax.sizes import read_size
from kspec.syntax.yaml_flow import abbreviate, kind_of
from kspec.syntax.yaml_typos import parse_tuple

MAX_RANK = 64
"""The most axes of a tensor; NumPy has no more."""
MAX_SIZE = 2**63
"""The length from which no axis can be indexed."""


def _name(value: Any) -> Any:
    if not isinstance(value, str):
        fail(f"a name must be text, not {kind_of(value)}")
    if len(value) > MAX_NAME:
        fail(
            f"the name has {len(value):,} characters; a name has at most {MAX_NAME}",
            code=codes.INVALID_NAME,
            help="names of nodes within blocks contain those around them",
        )
    if not NAME.fullmatch(value):
        fail(
            f"invalid name `{value}`",
            code=codes.INVALID_NAME,
            help=NAME_HELP,
        )
    return value


Name = Annotated[
    str,
    BeforeValidator(_name),
    JsonSchema(
        pattern=f"^{NAME.pattern}$",
        errorMessage="Names consist of letters, digits, `_` and `-`, and do not begin with a digit.",
    ),
]
"""The name of a node, an input or an output."""


def _reference(value: Any) -> Any:
    if not isinstance(value, str):
        fail(f"a node is referenced by its name, not by {kind_of(value)}", help="write `from: hidden1`")
    return value


def _from(value: Any) -> Any:
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], list):
            fail("`from` is one list of names, not a list in a list", help=f"write `from: {abbreviate(value[0])}`")
        return [_reference(item) for item in value]
    if isinstance(value, dict):
        for item in value.values():
            for reference in item if isinstance(item, list) else [item]:
                _reference(reference)
        return value
    if value is None:
        fail("`from` names no node", help="write `from: name`, `from: [a, b]`, or leave `from` out")
    return _reference(value)


From = Annotated[str | list[str] | dict[str, str | list[str]], BeforeValidator(_from)]
"""Where a node's input comes from: a name, a list of names, or a mapping from call arguments to names."""


def _as(value: Any) -> Any:
    if not isinstance(value, list) or not value:
        fail(
            f"`as` must be a list with a name for each output, not {kind_of(value)}",
            help="write `as: [sequence, state]`",
        )
    for item in value:
        if item != "_":
            _name(item)
    return value


As = Annotated[list[str], BeforeValidator(_as), JsonSchema(Annotated[list[Name], Field(min_length=1)])]
"""Names for the several outputs of one call; `_` for one that is not used."""


def _object(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        if len(value) != 1:
            classes = [key for key in value if key[:1].isupper()]
            if len(classes) == 1:
                others = ", ".join(f"`{key}`" for key in value if key != classes[0])
                fail(
                    f"{others} must be inside `{classes[0]}`, not next to it",
                    help=f"write the arguments between the braces: `{classes[0]}: {{...}}`",
                )
            if len(classes) > 1:
                names = " and ".join(f"`{name}`" for name in classes)
                fail(f"expected one class, not {len(classes)}: {names}", help=f"keep one of {names}")
            fail(
                "a class with arguments must be a mapping with one key, the class",
                help="write `Adam: {learning_rate: 1e-3}`",
            )
        name, arguments = next(iter(value.items()))
        if arguments is not None and not isinstance(arguments, dict):
            fail(
                f"the arguments of `{name}` need names",
                code=codes.POSITIONAL_ARGUMENT,
                key=name,
                help=f"write `{_named(name, arguments)}`",
            )
        return {name: arguments or {}}
    fail(f"expected the name of a class, not {kind_of(value)}", help="write its name, or `Name: {argument: value}`")


def _named(name: str, value: Any) -> str:
    """How to write a class whose first argument has no name."""
    kinds: tuple[catalog.Kind, ...] = ("optimizer", "loss", "metric", "callback")
    entry = next((found for kind in kinds if (found := catalog.find(kind, name)) is not None), None)
    return with_first(entry, value) if entry else f"{name}: {{argument: {abbreviate(value)}}}"


Object = Annotated[str | dict[str, dict[str, Any]], BeforeValidator(_object)]
"""A class by its name, or a mapping from the class to its arguments."""


def _columns(value: Any) -> Any:
    if isinstance(value, list):
        if not value:
            fail("the list of columns is empty", help="name at least one column")
        return [_column(item) for item in value]
    if isinstance(value, dict):
        for item in value.values():
            for column in item if isinstance(item, list) else [item]:
                _column(column)
        return value
    return _column(value)


def _column(value: Any) -> Any:
    if not isinstance(value, str) or not value:
        fail(f"a column name must be text, not {kind_of(value)}", help="put a column name that is a number in quotes")
    return value


def check_columns(value: Any) -> Any:
    """A column, a glob, or a list of them."""
    if isinstance(value, dict):
        fail(f"columns must be a name or a list of names, not {kind_of(value)}")
    return _columns(value)


_Column = Annotated[str, Field(min_length=1)]
_ColumnList = Annotated[list[_Column], Field(min_length=1)]
ColumnNames = _Column | _ColumnList
"""A column, a glob, or a list of them."""
Columns = Annotated[
    str | list[str] | dict[str, str | list[str]],
    BeforeValidator(_columns),
    JsonSchema(_Column | _ColumnList | dict[str, _Column | list[_Column]]),
]
"""Columns: a name, a glob, a list of them, or a mapping from inputs (or outputs) to them."""


def _dimension(value: Any) -> Any:
    if isinstance(value, int) and value >= MAX_SIZE:
        fail("a dimension must be less than 2⁶³", help="no tensor is that large")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        fail(
            f"a dimension must be a positive integer or null, not {kind_of(value)}",
            help="write the shape of one example, such as `[28, 28, 1]`; null for an unknown length",
        )
    return value


def _shape(value: Any) -> Any:
    if read_size(value) is not None:
        fail("a shape must be a list", help="write `shape: [10]`")
    if isinstance(value, str) and (sizes := parse_tuple(value)) is not None:
        fail("YAML has no tuples", help=f"write `shape: {abbreviate(sizes)}`", replacement=abbreviate(sizes))
    if isinstance(value, list) and len(value) >= MAX_RANK:
        fail(f"a shape has at most {MAX_RANK - 1} sizes, not {len(value):,}")
    if not isinstance(value, list):
        fail(
            f"a shape must be a list of sizes without the batch, not {kind_of(value)}",
            help=f"write `shape: [{value}]`" if isinstance(value, int) else "write `shape: [10]`",
            replacement=f"[{value}]" if isinstance(value, int) and not isinstance(value, bool) else "",
        )
    return value


Shape = Annotated[
    list[Annotated[int | None, BeforeValidator(_dimension)]],
    BeforeValidator(_shape),
    JsonSchema("shape", errorMessage="A shape is a list of sizes without the batch dimension: `[28, 28, 1]`."),
]
"""The shape of one example, without the batch; null for an unknown length."""


def per_output(value: Any) -> Any:
    """Reject what is neither a setting nor a mapping from outputs to settings."""
    if isinstance(value, (list, str, dict, int, float)) and not isinstance(value, bool):
        return value
    fail(f"expected a setting, not {kind_of(value)}", help="write one setting, or a mapping from outputs to settings")


WEIGHTS_FILE = r"(\.weights\.h5|\.keras)$"
"""The names of files with weights."""
Weights = Annotated[
    str,
    JsonSchema(
        pattern=WEIGHTS_FILE,
        errorMessage="Weights are read from a `.weights.h5` (`model.save_weights`) or `.keras` (`model.save`) file.",
    ),
]
"""A file with the weights of a model."""

PerOutput = Annotated[Any, BeforeValidator(per_output)]
"""A setting for the only output, or a mapping from outputs to settings."""
