"""`kspec runs --where`: a condition over the facts of runs, in the language of `${...}`.

Facts are names with dots, `metrics.accuracy`; a name that is no identifier stands in brackets,
`spec["layers.my-layer.units"]`. What a run lacks is null: no comparison with null holds but `== null`, and arithmetic
with it gives null. `started` is compared with texts such as "2026-01-31" or "2026-01-31 18:00".
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kspec.diagnostics.suggest import did_you_mean
from kspec.runs.run_facts import FAMILIES, STATUSES, RunFacts, UnknownFact
from kspec.runs.run_index import RunRecord
from kspec.syntax.evaluation import COMPARISON, CONSTANTS, Evaluator, check_call, kind_of_value
from kspec.syntax.sizes import ExpressionError

MAX_LENGTH = 2000
MAX_NODES = 500
"""The most operations and operands of a condition."""
EXAMPLE = 'for example: metrics.accuracy > 0.9 and "good" in tags'
_MARK = "ǂ"
"""The first letter of what replaces a fact while Python's parser reads the condition."""
_ASSIGNMENT = re.compile(r"[^=!<>](=)(?!=)")
_TOKENS = re.compile(
    r"""(?P<bracket>\b[A-Za-z_]\w*)\[\s*(?P<quote>['"])(?P<rest>[^'"\n]*)(?P=quote)\s*\]
    |'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|(?P<dotted>\b[A-Za-z_]\w*(?:\.\w+)+)""",
    re.VERBOSE,
)


class ConditionError(ExpressionError):
    """A condition over runs cannot be parsed or computed; the mistake is at `text[start:end]`.

    Args:
        message: What is wrong.
        help: What to write instead.
        start: Where the mistake begins.
        end: Where it ends; 0 for the end of the text.
    """

    def __init__(self, message: str, help: str = "", start: int = 0, end: int = 0) -> None:
        super().__init__(message, help)
        self.start, self.end = start, end


def matching_runs(where: str, facts: RunFacts) -> list[RunRecord]:
    """The runs for which a condition holds, in their order.

    Args:
        where: The condition.
        facts: The facts of the runs.

    Raises:
        ConditionError: If it is none, names a fact that no run has, or compares what cannot be compared.
    """
    condition = _Condition(where)
    condition.check(facts)
    return condition.matching(facts)


@dataclass(slots=True)
class _Condition:
    text: str
    tree: ast.expr = field(init=False)
    facts: dict[str, ast.Name] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.tree = self._parsed()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                try:
                    check_call(node)
                except ExpressionError as error:
                    raise self.error(str(error), "for example: max(metrics.f1, metrics.accuracy) > 0.9", node) from None
        called = {id(node.func) for node in ast.walk(self.tree) if isinstance(node, ast.Call)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and id(node) not in called and node.id not in CONSTANTS:
                self.facts.setdefault(node.id, node)

    def check(self, facts: RunFacts) -> None:
        """Checks that some run has each fact, and what is compared with `started` and `status`.

        Raises:
            ConditionError: If that is not so.
        """
        for address, node in self.facts.items():
            try:
                facts.require([address])
            except UnknownFact as error:
                is_word = "." not in address and address not in FAMILIES
                help = f'text stands in quotes: "{address}"' if is_word else ""
                raise self.error(str(error), help, node) from None
        for part in ast.walk(self.tree):
            if isinstance(part, ast.Compare):
                self._check_compared(part)

    def matching(self, facts: RunFacts) -> list[RunRecord]:
        """The runs for which it holds.

        Raises:
            ConditionError: If it cannot be computed for any run, or is no condition.
        """
        found, failures, computed = [], list[ConditionError](), 0
        kinds = _Kinds()
        for run in facts.runs:
            try:
                value = _OfRun(run, facts, self, kinds).value(self.tree)
            except ConditionError as error:
                if isinstance(error, _NoCondition):
                    raise
                failures.append(error)
                continue
            except ExpressionError as error:  # such as a division by zero, which is a matter of this run
                failures.append(ConditionError(str(error), error.help))
                continue
            computed += 1
            self.require_condition(value, self.tree)
            if value is True:
                found.append(run)
        if failures and not computed:
            raise failures[0]
        kinds.raise_mismatch(self)
        return found

    def require_condition(self, value: Any, node: ast.expr) -> None:
        """Checks that a value is true, false or absent.

        Args:
            value: The value.
            node: What gives it.

        Raises:
            _NoCondition: If it is anything else.
        """
        if value is not None and not isinstance(value, bool):
            place = self.place(node)
            shown = self.text[slice(*place)].strip()
            raise _NoCondition(
                f"`{shown}` is {kind_of_value(value)}, not a condition", "compare it, as in `epochs > 5`", *place
            )

    def error(self, message: str, help: str, node: ast.expr) -> ConditionError:
        """An error at a node of the syntax tree.

        Args:
            message: What is wrong.
            help: What to write instead.
            node: The node.
        """
        return ConditionError(message, help, *self.place(node))

    def place(self, node: ast.expr) -> tuple[int, int]:
        """Where a node begins and ends in the text; Python counts in bytes of the marked text, in a parenthesis."""
        encoded = self._marked().encode()
        start, end = (len(encoded[:offset].decode()) - 1 for offset in (node.col_offset, node.end_col_offset or 0))
        return max(start, 0), end

    def _marked(self) -> str:
        return f"({_TOKENS.sub(_mark, self.text.replace(chr(10), ' '))})"

    def _parsed(self) -> ast.expr:
        if not self.text.strip():
            raise ConditionError("the condition is empty", EXAMPLE)
        if len(self.text) > MAX_LENGTH:
            raise ConditionError(f"the condition has more than {MAX_LENGTH:,} characters")
        places = {match.start(): match for match in _TOKENS.finditer(self.text) if match["dotted"] or match["bracket"]}
        try:
            tree = ast.parse(self._marked(), mode="eval").body
        except SyntaxError as error:
            raise self._syntax_error(error) from None
        except (ValueError, RecursionError, MemoryError):
            raise ConditionError("the condition cannot be parsed", EXAMPLE) from None
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
        if len(nodes) > MAX_NODES:
            raise ConditionError(f"the condition has more than {MAX_NODES} operations and operands")
        for node in nodes:
            if isinstance(node, ast.Name) and (match := places.get(self.place(node)[0])) is not None:
                node.id = match["dotted"] or f"{match['bracket']}.{match['rest']}"
            elif not isinstance(node, _ALLOWED):
                raise self.error("unsupported syntax in a condition", EXAMPLE, node)
        return tree

    def _syntax_error(self, error: SyntaxError) -> ConditionError:
        assignment = _ASSIGNMENT.search(self.text)
        if assignment is not None:
            return ConditionError("the condition cannot be parsed", "write `==` to compare", *assignment.span(1))
        start = max(min((error.offset or 1) - 2, len(self.text) - 1), 0)
        return ConditionError("the condition cannot be parsed", EXAMPLE, start, start + 1)

    def _check_compared(self, compare: ast.Compare) -> None:
        """Reads the dates that `started` is compared with, and checks the names of statuses.

        Raises:
            ConditionError: If one is none.
        """
        operands = [compare.left, *compare.comparators]
        names = {operand.id for operand in operands if isinstance(operand, ast.Name)}
        for operand in operands:
            if not isinstance(operand, ast.Constant) or operand.value is None:
                continue
            if "started" in names:
                operand.value = self._seconds(operand)
            elif "status" in names and isinstance(compare.ops[0], (ast.Eq, ast.NotEq)):
                self._check_status(operand)

    def _check_status(self, constant: ast.Constant) -> None:
        """Checks that runs can have a status.

        Raises:
            ConditionError: If none can.
        """
        status = constant.value
        if isinstance(status, str) and status not in STATUSES:
            help = did_you_mean(status, STATUSES) or f"it is one of {', '.join(STATUSES)}"
            raise self.error(f'no run has the status "{status}"', help, constant)

    def _seconds(self, constant: ast.Constant) -> float:
        """The time that a text states, in seconds since 1970; local time, unless it has an offset.

        Raises:
            ConditionError: If it states none.
        """
        try:
            return datetime.fromisoformat(str(constant.value)).timestamp()
        except (ValueError, OverflowError, OSError):
            help = 'write "2026-01-31" or "2026-01-31 18:00"'
            raise self.error("`started` is compared with a date", help, constant) from None


class _NoCondition(ConditionError):
    """A value that is neither true nor false stands where a condition must."""


_ALLOWED = (
    *(ast.Name, ast.Constant, ast.List, ast.Tuple, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp),
    *(ast.Call, ast.Subscript),
)


def _mark(match: re.Match[str]) -> str:
    is_fact = match["dotted"] or match["bracket"]
    return _MARK + "_" * (len(match[0]) - 1) if is_fact else match[0]


@dataclass(slots=True)
class _Kinds:
    """Which comparisons were possible for some run, and which were not: a variable can be text in one spec alone."""

    possible: set[tuple[int, int]] = field(default_factory=set)
    mismatches: dict[tuple[int, int], tuple[ast.expr, Any, Any]] = field(default_factory=dict)

    def raise_mismatch(self, condition: _Condition) -> None:
        """Raises the first comparison that was possible for no run.

        Raises:
            ConditionError: If there is one.
        """
        for key, (node, left, right) in self.mismatches.items():
            if key not in self.possible:
                is_tag = isinstance(left, list) and isinstance(right, str)
                help = f'write `"{right}" in …`' if is_tag else ""
                if {type(left), type(right)} in ({int, str}, {float, str}):
                    help = "numbers stand without quotes"
                message = f"cannot compare {kind_of_value(left)} with {kind_of_value(right)}"
                raise condition.error(message, help, node)


class _OfRun(Evaluator):
    """Computes a condition for one run.

    Args:
        run: The run.
        facts: The facts of the runs, which are read when they are needed.
        condition: The condition.
        kinds: Which comparisons have been possible.
    """

    def __init__(self, run: RunRecord, facts: RunFacts, condition: _Condition, kinds: _Kinds) -> None:
        super().__init__({})
        self.run, self.facts, self.condition, self.kinds = run, facts, condition, kinds

    def _Name(self, node: ast.Name) -> Any:  # noqa: N802
        return CONSTANTS[node.id] if node.id in CONSTANTS else self.facts.value(self.run, node.id)

    def _Compare(self, node: ast.Compare) -> bool:  # noqa: N802
        left = self.value(node.left)
        for place, right_node in enumerate(node.comparators):
            right = self.value(right_node)
            if not self._holds(node, place, left, right):
                return False
            left = right
        return True

    def _holds(self, node: ast.Compare, place: int, left: Any, right: Any) -> bool:
        op, key = node.ops[place], (id(node), place)
        if isinstance(op, (ast.Is, ast.IsNot)):
            raise self.condition.error("unsupported comparison", "use == and !=", node)
        if left is None or right is None:
            return (left is right) == isinstance(op, ast.Eq) if isinstance(op, (ast.Eq, ast.NotEq)) else False
        is_member = isinstance(op, (ast.In, ast.NotIn))
        if not (_can_contain(left, right) if is_member else _can_compare(op, left, right)):
            self.kinds.mismatches.setdefault(key, (node, left, right))
            return isinstance(op, (ast.NotEq, ast.NotIn))
        self.kinds.possible.add(key)
        return COMPARISON[type(op)](left, right)

    def _BoolOp(self, node: ast.BoolOp) -> bool:  # noqa: N802
        is_or = isinstance(node.op, ast.Or)
        for item in node.values:
            value = self.value(item)
            self.condition.require_condition(value, item)
            if bool(value) is is_or:
                return is_or
        return not is_or

    def _UnaryOp(self, node: ast.UnaryOp) -> Any:  # noqa: N802
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            self.condition.require_condition(value, node.operand)
            return not value
        return None if value is None else super()._UnaryOp(ast.UnaryOp(node.op, ast.Constant(value)))

    def _BinOp(self, node: ast.BinOp) -> Any:  # noqa: N802
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        return super()._BinOp(ast.BinOp(ast.Constant(left), node.op, ast.Constant(right)))

    def _Call(self, node: ast.Call) -> Any:  # noqa: N802
        arguments = [self.value(argument) for argument in node.args]
        if any(argument is None for argument in arguments):
            return None
        return super()._Call(ast.Call(node.func, [ast.Constant(argument) for argument in arguments], []))

    def _Tuple(self, node: ast.Tuple) -> list[Any]:  # noqa: N802
        return [self.value(item) for item in node.elts]

    def _Subscript(self, node: ast.Subscript) -> Any:  # noqa: N802
        holder, item = self.value(node.value), self.value(node.slice)
        try:
            return None if holder is None else holder[item]
        except (IndexError, KeyError):
            return None


def _can_compare(op: ast.cmpop, left: Any, right: Any) -> bool:
    """Whether two values can be compared: both of one kind, and of one that has an order if it matters."""
    has_order = isinstance(left, str) or kind_of_value(left) == "a number"
    return kind_of_value(left) == kind_of_value(right) and (has_order or isinstance(op, (ast.Eq, ast.NotEq)))


def _can_contain(left: Any, right: Any) -> bool:
    return isinstance(right, list) or (isinstance(left, str) and isinstance(right, str))
