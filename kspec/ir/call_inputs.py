"""`from` → the tensors of a call, by argument name, as the callee's signature takes them."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.catalog import Tensor as Parameter
from kspec.diagnostics import Path, Rule, codes, did_you_mean
from kspec.ir.entry_spans import head_span
from kspec.ir.node import Feed, Tensor
from kspec.ir.scope import Scope
from kspec.language import Entry
from kspec.syntax.yaml_flow import abbreviate

UNKNOWN_CALLEE = (Parameter("inputs", "one", True),)
"""What a class of an extension is taken to be called with."""


class Faulty(Exception):
    """The feeds cannot be told; the reason is in the report."""


def feeds_of(
    entry: Entry,
    name: str,
    path: Path,
    signature: Sequence[Parameter] | None,
    previous: Sequence[Tensor],
    scope: Scope,
) -> dict[str, Feed]:
    """The tensors that an entry's call takes, by argument name.

    Args:
        name: The node's name.
        signature: The callee's tensor parameters; None when it takes what it is given (an extension).
        previous: What the entry before gives, several after `each`; nothing where that cannot be told.

    Raises:
        Faulty: when a reference means nothing, or the callee takes something else.
    """
    return _Feeds(entry, name, path, signature, previous, scope).resolve()


def _texts(said: object) -> list[str]:
    """The names that a `from` gives in order."""
    return [said] if isinstance(said, str) else [each for each in said if isinstance(each, str)] if isinstance(
        said, list) else []  # fmt: skip


class _Feeds:
    def __init__(
        self,
        entry: Entry,
        name: str,
        path: Path,
        signature: Sequence[Parameter] | None,
        previous: Sequence[Tensor],
        scope: Scope,
    ) -> None:
        self.entry = entry
        self.name = name
        self.path = path
        self.open = signature is None
        self.signature = UNKNOWN_CALLEE if signature is None else signature
        self.previous = previous
        self.scope = scope
        self.given_as_constants = set(entry.call or {})

    def resolve(self) -> dict[str, Feed]:
        said = self.entry.from_
        if isinstance(said, dict):
            feeds = self._by_name(said)
        elif isinstance(said, list):
            feeds = self._spread(self._tensors(said, (*self.path, "from")))
        elif said is not None:
            found = self.scope.resolve_all(said, (*self.path, "from"), self.name)
            if found is None:
                raise Faulty
            feeds = self._spread(found)
        else:
            feeds = self._from_before()
        self._require_all(feeds)
        return feeds

    def _tensor(self, name: str, path: Path) -> Tensor:
        tensor = self.scope.resolve(name, path, self.name)
        if tensor is None:
            raise Faulty
        return tensor

    def _tensors(self, names: Sequence[str], path: Path) -> list[Tensor]:
        """All of them are looked up before giving up, so that every wrong name is told at once."""
        found = [self.scope.resolve_all(name, (*path, index), self.name) for index, name in enumerate(names)]
        if any(tensors is None for tensors in found):
            raise Faulty
        return [tensor for tensors in found for tensor in tensors or ()]

    def _from_before(self) -> dict[str, Feed]:
        if not self.signature:
            return {}
        return self._spread(list(self._previous()))

    def _previous(self) -> Sequence[Tensor]:
        if not self.previous:
            inputs = [name.removeprefix(self.scope.prefix) for name in self.scope.tensors]
            self._error(
                codes.AMBIGUOUS_FIRST_INPUT,
                f"`{self.name}` comes first, and there are several inputs to take",
                help=f"say which: `from: {inputs[0]}`, or `from: [{', '.join(inputs)}]` for all",
            )
            raise Faulty
        return self.previous

    def _spread(self, tensors: list[Tensor]) -> dict[str, Feed]:
        """A list is handed over as the callee takes it: as one list argument, or over its tensor arguments."""
        feeds: dict[str, Feed] = {}
        waiting = list(tensors)
        if self.open:
            return {"inputs": tensors if len(tensors) > 1 else tensors[0]} if tensors else {}
        for parameter in self.signature:
            if not waiting:
                break
            if parameter.name in self.given_as_constants:
                continue
            if parameter.form == "one":
                feeds[parameter.name] = waiting.pop(0)
            else:
                feeds[parameter.name] = waiting
                waiting = []
        if waiting:
            takes = len(self.signature)
            what = self._callee()
            words = "no tensor" if takes == 0 else "one tensor" if takes == 1 else f"at most {takes} tensors"
            merge = "to join several, put `Add`, `Concatenate` or another merge layer between" if takes == 1 else ""
            self._error(
                codes.WRONG_INPUT_COUNT,
                f"{what} takes {words}, and is given {len(tensors)}",
                at="from",
                help=merge or (f"its tensors: {self._names()}" if takes else "write `from: []`"),
            )
            raise Faulty
        return feeds

    def _by_name(self, said: dict[str, str | list[str]]) -> dict[str, Feed]:
        feeds: dict[str, Feed] = {}
        known = {parameter.name: parameter for parameter in self.signature}
        faulty = False
        first = self.signature[0].name if self.signature else None
        if first is not None and first not in said and first not in self.given_as_constants and not self.open:
            before = list(self._previous())
            feeds[first] = self._as_form(known[first], before if len(before) > 1 else before[0], (*self.path, "from"))
        for argument, names in said.items():
            path = (*self.path, "from", argument)
            parameter = known.get(argument)
            if parameter is None and not self.open:
                self.scope.report.error(
                    codes.UNKNOWN_TENSOR_ARGUMENT,
                    f"{self._callee()} takes no tensor called `{argument}`",
                    self.scope.positions.key(path),
                    label=did_you_mean(argument, known),
                    help=f"its tensors: {self._names()}",
                )
                faulty = True
                continue
            try:
                if isinstance(names, list) or self.scope.prefix + names in self.scope.groups:
                    feed: Feed = self._tensors(names if isinstance(names, list) else [names], path)
                else:
                    feed = self._tensor(names, path)
            except Faulty:
                faulty = True
                continue
            feeds[argument] = feed if parameter is None else self._as_form(parameter, feed, path)
        if faulty:
            raise Faulty
        return feeds

    def _as_form(self, parameter: Parameter, feed: Feed, path: Path) -> Feed:
        if parameter.form == "one":
            if isinstance(feed, list):
                if len(feed) != 1:
                    self.scope.report.error(
                        codes.WRONG_INPUT_COUNT,
                        f"`{parameter.name}` takes one tensor, and is given {len(feed)}",
                        self.scope.positions.value(path),
                    )
                    raise Faulty
                return feed[0]
            return feed
        return feed if isinstance(feed, list) else [feed]

    def _require_all(self, feeds: dict[str, Feed]) -> None:
        missing = [
            parameter.name
            for parameter in self.signature
            if parameter.required
            and not feeds.get(parameter.name)
            and parameter.name not in self.given_as_constants
            and not self.open
        ]
        if missing:
            names = " and ".join(f"`{name}`" for name in missing)
            noun = "tensor" if len(missing) == 1 else "tensors"
            self._error(
                codes.WRONG_INPUT_COUNT,
                f"{self._callee()} also needs the {noun} {names}"
                if feeds
                else f"{self._callee()} needs the {noun} {names}",
                at="from" if self.entry.from_ is not None else "",
                help=self._example(),
            )
            raise Faulty

    def _callee(self) -> str:
        return f"`{self.entry.head}`"

    def _names(self) -> str:
        return ", ".join(f"`{parameter.name}`" for parameter in self.signature)

    def _example(self) -> str:
        required = [parameter for parameter in self.signature if parameter.required]
        if len(required) == 1 and required[0].form != "one":
            return "write `from: [a, b]` with the nodes to take"
        said = self.entry.from_
        names = (parameter.name for parameter in required)
        taken = said if isinstance(said, dict) else dict(zip(names, _texts(said), strict=False))
        pairs = ", ".join(
            f"{parameter.name}: {abbreviate(taken[parameter.name]) if parameter.name in taken else '...'}"
            for parameter in required
        )
        return f"write `from: {{{pairs}}}` with the nodes to take"

    def _error(self, code: Rule, message: str, *, at: str = "", help: str = "") -> None:
        positions = self.scope.positions
        span = positions.value((*self.path, at)) if at else head_span(self.path, self.entry, positions)
        self.scope.report.error(code, message, span, help=help)
