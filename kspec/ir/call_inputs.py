"""`from` → the tensors of a call, by argument name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice
from typing import TypeVar

from kspec.catalog import Tensor as Parameter
from kspec.diagnostics import Path, Rule, codes, did_you_mean
from kspec.diagnostics.budget import EDGES, spend
from kspec.ir.entry_spans import head_span
from kspec.ir.node import Feed, Tensor
from kspec.ir.scope import MAX_NAMES, Scope
from kspec.language import Entry
from kspec.syntax.yaml_flow import abbreviate

T = TypeVar("T")

UNKNOWN_CALLEE = (Parameter("inputs", "one", True),)
"""The assumed signature of a class of an extension."""


class UnresolvedInputs(Exception):
    """The inputs of a call cannot be resolved, which is reported."""


def spread(
    tensors: Sequence[T], signature: Sequence[Parameter] | None, constants: Collection[str] = ()
) -> tuple[dict[str, list[T]], list[T]]:
    """Distribute the tensors of a `from` without argument names over the tensor arguments of a call.

    Args:
        tensors: The tensors, in any representation.
        signature: The tensor parameters of the callee; None if unknown.
        constants: The arguments that are given as constants.

    Returns:
        The tensors by argument name, and those that are left over.
    """
    if signature is None:
        return ({"inputs": list(tensors)} if tensors else {}), []
    inputs: dict[str, list[T]] = {}
    rest = list(tensors)
    for parameter in signature:
        if rest and parameter.name not in constants:
            count = 1 if parameter.form == "one" else len(rest)
            inputs[parameter.name], rest = rest[:count], rest[count:]
    return inputs, rest


def implied_argument(
    signature: Sequence[Parameter] | None, named: Collection[str], constants: Collection[str] = ()
) -> str | None:
    """The argument that takes the output of the previous entry, next to a `from` with argument names.

    It is the first one, unless it is given.

    Args:
        signature: The tensor parameters of the callee; None if unknown.
        named: The arguments that `from` names.
        constants: The arguments that are given as constants.
    """
    first = signature[0].name if signature else None
    return None if first in named or first in constants else first


def resolve_inputs(
    entry: Entry,
    name: str,
    path: Path,
    signature: Sequence[Parameter] | None,
    previous: Sequence[Tensor],
    scope: Scope,
    constants: Collection[str] = (),
) -> dict[str, Feed]:
    """Resolve the tensors that an entry's call receives.

    Args:
        entry: The entry.
        name: The name of its node.
        path: Its path in the document.
        signature: The tensor parameters of the callee; None if unknown (an extension).
        previous: The output of the previous entry, several after `each`; empty if there is no single one.
        scope: The names that can be referenced.
        constants: The arguments that take a constant.

    Returns:
        The tensors by argument name.

    Raises:
        UnresolvedInputs: If a reference is invalid, or the callee takes other arguments.
    """
    return _Inputs(entry, name, path, signature, previous, scope, constants).resolve()


class _Inputs:
    def __init__(
        self,
        entry: Entry,
        name: str,
        path: Path,
        signature: Sequence[Parameter] | None,
        previous: Sequence[Tensor],
        scope: Scope,
        accepted: Collection[str],
    ) -> None:
        self.entry = entry
        self.name = name
        self.path = path
        self.is_open = signature is None
        self.signature = UNKNOWN_CALLEE if signature is None else signature
        self.previous = previous
        self.scope = scope
        self.constants = set(entry.call or {})
        self.accepted = accepted
        self.callee = f"`{entry.head}`"

    def resolve(self) -> dict[str, Feed]:
        source = self.entry.from_
        if isinstance(source, dict):
            feeds = self._by_name(source)
        elif source is None:
            feeds = self._spread(self._previous()) if self.signature else {}
        elif isinstance(source, list):
            feeds = self._spread(self._tensors(source, (*self.path, "from")))
        else:
            feeds = self._spread(self._group(source, (*self.path, "from")))
        self._require_all(feeds)
        count = sum(len(feed) if isinstance(feed, list) else 1 for feed in feeds.values())
        spend(EDGES, count, self.scope.positions.value((*self.path, "from")))
        return feeds

    def _group(self, name: str, path: Path) -> list[Tensor]:
        tensors = self.scope.resolve_all(name, path, self.name)
        if tensors is None:
            raise UnresolvedInputs
        return tensors

    def _tensors(self, names: Sequence[str], path: Path) -> list[Tensor]:
        """The tensors of several names; every unknown one is reported."""
        groups = [self.scope.resolve_all(name, (*path, index), self.name) for index, name in enumerate(names)]
        if any(tensors is None for tensors in groups):
            raise UnresolvedInputs
        return [tensor for tensors in groups for tensor in tensors or ()]

    def _previous(self) -> Sequence[Tensor]:
        if not self.previous:
            inputs = [name.removeprefix(self.scope.prefix) for name in islice(self.scope.tensors, MAX_NAMES)]
            self._error(
                codes.AMBIGUOUS_FIRST_INPUT,
                f"`{self.name}` is the first node, and there are several inputs",
                help=f"select one, `from: {inputs[0]}`, or all, `from: [{', '.join(inputs)}]`",
            )
            raise UnresolvedInputs
        return self.previous

    def _spread(self, tensors: Sequence[Tensor]) -> dict[str, Feed]:
        inputs, rest = spread(tensors, None if self.is_open else self.signature, self.constants)
        if rest:
            count = len(self.signature)
            limit = ("no tensor", "one tensor")[count] if count < 2 else f"at most {count} tensors"
            constant = next((each for each in self.signature if each.name in self.constants), None)
            if len(tensors) <= count and constant is not None:
                self._misplaced_constant(constant)
                raise UnresolvedInputs
            helps = ("write `from: []`", "to join several, add `Add`, `Concatenate` or another merge layer before it")
            self._error(
                codes.WRONG_INPUT_COUNT,
                f"{self.callee} takes {limit}, but receives {len(tensors)}",
                at="from",
                help=helps[count] if count < 2 else f"its tensor arguments: {self._argument_names()}",
            )
            raise UnresolvedInputs
        lists = {parameter.name for parameter in self.signature if parameter.form != "one"}
        return {
            name: group if name in lists or (self.is_open and len(group) > 1) else group[0]
            for name, group in inputs.items()
        }

    def _misplaced_constant(self, parameter: Parameter) -> None:
        """Report a constant for an argument that `from` could have given, and that no tensor is left for."""
        name = parameter.name
        if name in self.accepted:
            self._error(
                codes.WRONG_INPUT_COUNT,
                f"{self.callee} gets a constant for `{name}`, and takes no further tensor",
                at="call",
                help="write `from: []`",
            )
            return
        value = abbreviate((self.entry.call or {}).get(name))
        self._error(
            codes.WRONG_INPUT_COUNT,
            f"{self.callee} needs {'a tensor' if parameter.form == 'one' else 'tensors'} for `{name}`, not a constant",
            at="call",
            help=f"make it a node, `- {{op: array, from: [], call: {{x: {value}}}, name: k}}`, and name `k` in `from`",
        )

    def _by_name(self, source: dict[str, str | list[str]]) -> dict[str, Feed]:
        feeds: dict[str, Feed] = {}
        known = {parameter.name: parameter for parameter in self.signature}
        is_valid = True
        first = None if self.is_open else implied_argument(self.signature, source, self.constants)
        if first is not None and source.keys() <= known.keys():  # else the unknown argument may be the first
            feeds[first] = self._in_form(known[first], list(self._previous()), (*self.path, "from"))
        for argument, names in source.items():
            path = (*self.path, "from", argument)
            parameter = known.get(argument)
            if parameter is None and not self.is_open:
                self.scope.report.error(
                    codes.UNKNOWN_TENSOR_ARGUMENT,
                    f"{self.callee} has no tensor argument `{argument}`",
                    self.scope.positions.key(path),
                    label=did_you_mean(argument, known),
                    help=f"its tensor arguments: {self._argument_names()}",
                )
                is_valid = False
                continue
            try:
                tensors = self._tensors(names, path) if isinstance(names, list) else self._group(names, path)
                if parameter is not None:
                    feeds[argument] = self._in_form(parameter, tensors, path)
                else:
                    is_list = isinstance(names, list) or self.scope.prefix + names in self.scope.groups
                    feeds[argument] = tensors if is_list else tensors[0]
            except UnresolvedInputs:
                is_valid = False
        if not is_valid:
            raise UnresolvedInputs
        return feeds

    def _in_form(self, parameter: Parameter, tensors: list[Tensor], path: Path) -> Feed:
        """Tensors as a parameter takes them: one of them, or a list."""
        if parameter.form != "one":
            return tensors
        if len(tensors) != 1:
            self.scope.report.error(
                codes.WRONG_INPUT_COUNT,
                f"`{parameter.name}` takes one tensor, but receives {len(tensors)}",
                self.scope.positions.value(path),
            )
            raise UnresolvedInputs
        return tensors[0]

    def _require_all(self, feeds: dict[str, Feed]) -> None:
        missing = [
            parameter.name
            for parameter in self.signature
            if parameter.required
            and not feeds.get(parameter.name)
            and (self.entry.call or {}).get(parameter.name) is None
            and not self.is_open
        ]
        if missing:
            names = " and ".join(f"`{name}`" for name in missing)
            noun = "tensor" if len(missing) == 1 else "tensors"
            self._error(
                codes.WRONG_INPUT_COUNT,
                f"{self.callee} {'also needs' if feeds else 'needs'} the {noun} {names}",
                at="from" if self.entry.from_ is not None else "",
                help=self._example(),
            )
            raise UnresolvedInputs

    def _argument_names(self) -> str:
        return ", ".join(f"`{parameter.name}`" for parameter in self.signature)

    def _example(self) -> str:
        required = [parameter for parameter in self.signature if parameter.required]
        if len(required) == 1 and required[0].form != "one":
            return "write `from: [a, b]` with the names of nodes"
        if len(required) == 1 and required[0].name in self.accepted:
            name = required[0].name
            return f"write `from: {{{name}: ...}}` with the name of a node, or a constant, `call: {{{name}: ...}}`"
        source = self.entry.from_
        if isinstance(source, dict):
            known = dict(source)
        else:
            references = [source] if isinstance(source, str) else source or []
            known = {parameter.name: name for parameter, name in zip(required, references, strict=False)}
        pairs = ", ".join(
            f"{parameter.name}: {abbreviate(known[parameter.name]) if parameter.name in known else '...'}"
            for parameter in required
        )
        return f"write `from: {{{pairs}}}` with the names of nodes"

    def _error(self, code: Rule, message: str, *, at: str = "", help: str = "") -> None:
        positions = self.scope.positions
        span = positions.value((*self.path, at)) if at else head_span(self.path, self.entry, positions)
        self.scope.report.error(code, message, span, help=help)
