"""Expands blocks, `repeat`, `each` and `when`: a spec's entries → plain entries, each a layer, an op or a reuse.

Expansion computes the variables, parameters and `index` of an entry and leaves the rest unchanged. The names of its
nodes, and what its references are relative to, are kept beside it. Later stages see a plain list of entries whose
positions point into the block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kspec.diagnostics import Path, Related, Report, codes
from kspec.expand.block_use import (
    argument_origins,
    argument_scopes,
    bind_outputs,
    block_inputs,
    block_variables,
    chained_inputs,
    find_template,
)
from kspec.expand.emit import OWN_INPUT, CopyInput, Emitter
from kspec.expand.formulas import use_formula
from kspec.expand.frame import Frame, Item, as_mapping, entries_of, strings, with_variables
from kspec.expand.instructions import Expansion, without_entries
from kspec.expand.variables import has_own_variables
from kspec.syntax.deferred import is_failed
from kspec.syntax.formula import references as formula_nodes
from kspec.syntax.names import MAX_COPIES, NAME, NAME_HELP, is_macro, node_names, written_name
from kspec.syntax.parse import Tree
from kspec.syntax.yaml_flow import kind_of

EXPANSION_RULES = (
    codes.MALFORMED_ENTRY,
    codes.INVALID_NAME,
    codes.UNKNOWN_TENSOR_ARGUMENT,
    codes.WRONG_INPUT_COUNT,
    codes.WRONG_OUTPUT_COUNT,
    codes.UNKNOWN_BLOCK,
    codes.INVALID_BLOCK_ARGUMENTS,
    codes.RECURSIVE_BLOCK,
    codes.INVALID_EXPANSION,
)
"""The rules that expansion checks."""


def expand(tree: Tree, networks: Mapping[Path, Any], report: Report) -> dict[Path, Expansion]:
    """Expands the entries of the networks that have something to expand.

    Args:
        tree: The document.
        networks: The plain values of the spec's own network and of its sub-models, by their place in the document.
        report: Where problems are reported.

    Returns:
        The expansions of those networks, by the same keys.
    """
    paths = [path for path, network in networks.items() if any(map(is_macro, entries_of(network)))]
    positions = without_entries(tree.positions, paths) if paths else tree.positions
    return {path: _Expander(tree, positions, path, report).expand(networks[path]) for path in paths}


class _Expander(Emitter):
    def expand(self, network: Any) -> Expansion:
        frame = Frame(self.layers_path, "", self.variables)
        self._expand_list(entries_of(network), frame, set(as_mapping(network.get("inputs"))))
        return self.result

    def _expand_list(self, entries: list[Any], frame: Frame, names_in_use: set[str]) -> list[str]:
        """Expands a list of entries; returns the names of their nodes."""
        as_names = {name for entry in entries if isinstance(entry, dict) for name in strings(entry.get("as"))}
        frames = [
            frame.of_entry(number, computed=not frame.prefix and not has_own_variables(entry))
            for number, entry in enumerate(entries)
        ]
        counted = [self._with_count(entry, inner) for entry, inner in zip(entries, frames, strict=True)]
        names = node_names(counted, taken=names_in_use | as_names)
        for entry, name, inner in zip(entries, names, frames, strict=True):
            self._expand_item(Item(entry, name, written_name(entry) is not None, inner))
        return names

    def _with_count(self, entry: Any, frame: Frame) -> Any:
        """An entry with its `repeat` computed, from which the names of its copies follow."""
        if not isinstance(entry, dict) or "repeat" not in entry:
            self.spend_copy(None, frame)
            return entry
        count = self.compute(entry["repeat"], frame, "repeat")
        self.spend_copy(None, frame, min(max(count, 1), MAX_COPIES) if isinstance(count, int) else 1)
        return entry | {"repeat": count}

    def _expand_item(self, item: Item) -> None:
        if not isinstance(item.entry, dict):
            self.call(item)
        elif is_macro(item.entry) and not self._has_valid_name(item):
            return
        elif "expr" in item.entry and not {"repeat", "each"}.isdisjoint(item.entry):
            use_formula(self, item)
        elif "repeat" in item.entry and "each" in item.entry:
            self.reject(item, "`repeat` and `each` cannot be combined", "each",
                        help="put the repeated entry into a block, and use the block with `each`")  # fmt: skip
        elif "repeat" in item.entry:
            self._repeat(item)
        elif "each" in item.entry:
            self._map(item)
        else:
            self._expand_copy(item)

    def _has_valid_name(self, item: Item) -> bool:
        """Whether the name of an entry that is expanded is one; anything else is reported."""
        name = item.entry.get("name")
        if name is None or is_failed(name) or (isinstance(name, str) and ("$" in name or NAME.fullmatch(name))):
            return True
        if isinstance(name, str):
            self.reject(item, f"invalid name `{name}`", "name", help=NAME_HELP, code=codes.INVALID_NAME)
        else:
            problem = f"a name must be text, not {kind_of(name)}"
            self.reject(item, problem, "name", help=NAME_HELP, code=codes.INVALID_NAME)
        return False

    def _repeat(self, item: Item) -> None:
        """Expands `repeat`: copies `name_0`, `name_1` … in a chain; the name stands for the last."""
        name, frame = item.name, item.frame
        count = self.compute(item.entry["repeat"], frame, "repeat")
        if is_failed(count):
            return self.fail(item)
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_COPIES:
            return self.reject(
                item,
                f"`repeat` must be an integer from 1 to {MAX_COPIES:,}, not {kind_of(count)}",
                "repeat",
                help="to leave an entry out, write `when: false`" if count == 0 else "",
            )
        if item.named and "$" in name:
            return self.reject(item, "the name of a repeated entry cannot contain an expression", "name",
                               help=f"write a plain name: copies of `h` are called `h_0` to `h_{count - 1}`",
                               code=codes.INVALID_NAME)  # fmt: skip
        copies = [f"{name}_{index}" for index in range(count)]
        for index, copy_name in enumerate(copies):
            entry = {key: value for key, value in item.entry.items() if key != "repeat"}
            if index:
                entry = _take_previous(entry, copies[index - 1])
            if index < count - 1:
                entry.pop("as", None)
            inner = replace(frame, variables=with_variables(frame.variables, {"index": index}))
            source = CopyInput(copies[index - 1], before=copies[index - 1]) if index else OWN_INPUT
            self._expand_copy(Item(entry, copy_name, item.named, inner), source)
        self.result.copies[frame.prefix + name] = tuple(frame.prefix + copy_name for copy_name in copies)
        return self.bind(name, (copies[-1],), frame, named=item.named)

    def _map(self, item: Item) -> None:
        """Expands `each`: a copy `name_node` for each node; the name, and each name in `as`, stands for a list.

        If `each` is a mapping, each copy can use the value of its node as `value`, and its number as `index`.
        """
        entry, name, frame = item.entry, item.name, item.frame
        value = self.compute(entry["each"], frame, "each")
        values = as_mapping(value)
        references = list(values) or strings(value)
        if any(map(is_failed, references)):
            return self.fail(item)
        if not references or (isinstance(value, list) and len(references) < len(value)):
            return self.reject(item, "`each` must be a list of nodes, or a mapping from nodes to values", "each",
                               help="write `each: [city, job]`, or `each: {city: 8, job: 4}`")  # fmt: skip
        if "from" in entry:
            return self.reject(item, "`from` and `each` cannot be combined", "from",
                               help="remove `from`: each copy takes one of the nodes in `each`")  # fmt: skip
        as_names = strings(entry.get("as"))
        written = set(references)
        outputs: dict[str, list[str]] = {as_name: [] for as_name in as_names if as_name != "_"}
        copies: list[str] = []
        for number, reference in enumerate(references):
            source: Path = ("each", number) if isinstance(value, list) else ("each", reference) if values else ("each",)
            for node in self.groups.get(frame.prefix + reference, (reference,)):
                self.spend_copy(entry.get("as"), frame)
                suffix = node.replace("/", "_")
                copied = {key: part for key, part in entry.items() if key != "each"} | {"from": node}
                if isinstance(entry.get("as"), list):
                    copied["as"] = [f"{one}_{suffix}" if one in outputs else one for one in entry["as"]]
                for as_name, nodes in outputs.items():
                    nodes.append(f"{as_name}_{suffix}")
                copies.append(f"{name}_{suffix}")
                implied = "" if node in written else node
                own = {"index": len(copies) - 1, "value": values[reference]} if values else {}
                inner = replace(frame, variables=with_variables(frame.variables, own)) if own else frame
                self._expand_copy(Item(copied, copies[-1], item.named, inner), CopyInput(implied, source))
        self.groups[frame.prefix + name] = tuple(copies)
        self.result.copies[frame.prefix + name] = tuple(frame.prefix + copy_name for copy_name in copies)
        numbers = {as_name: number for number, as_name in reversed(list(enumerate(as_names)))}
        for as_name, nodes in outputs.items():
            self.groups[frame.prefix + as_name] = tuple(nodes)
            definition: Path = ("as", numbers[as_name])
            self.bind(as_name, tuple(nodes), frame, group=True, next="same", definition=definition)
        return self.bind(name, tuple(copies), frame, named=item.named, group=True)

    def _expand_copy(self, item: Item, input: CopyInput = OWN_INPUT) -> None:
        """Expands `when` and `block` of one copy."""
        if "when" in item.entry:
            condition = self.compute(item.entry["when"], item.frame, "when")
            item = replace(item, entry={key: value for key, value in item.entry.items() if key != "when"})
            if is_failed(condition):
                return self.fail(item)
            if not isinstance(condition, bool):
                return self.reject(
                    item,
                    f"`when` must be true or false, not {kind_of(condition)}",
                    "when",
                    help="write a value or an expression that is true or false",
                )
            if not condition:
                return self._omit(item)
        if "block" in item.entry:
            return self._use_block(item, input)
        if "expr" in item.entry:
            return use_formula(self, item)
        return self.call(item, input)

    def _omit(self, item: Item) -> None:
        """Binds the name of an omitted entry to its input, which it passes through."""
        value = item.entry.get("from")
        references = strings(value)
        if isinstance(item.entry.get("expr"), str):
            references = list(dict.fromkeys(node.name for node in formula_nodes(item.entry["expr"])))
        if isinstance(value, dict) or len(references) > 1 or len(strings(item.entry.get("as"))) > 1:
            return self.reject(item, "`when` cannot leave out an entry with several inputs or outputs", "when",
                               help="put it into a block with one input and one output, and use that with `when`"
                               )  # fmt: skip
        implied = not references
        return self.bind(item.name, tuple(references), item.frame, ("from",), named=item.named, implied=implied)

    def _use_block(self, item: Item, input: CopyInput) -> None:
        """Expands the entries of a block, with the name of the use as a prefix."""
        entry, name, frame = item.entry, item.name, item.frame
        template = find_template(self, item)
        if template is None:
            return self.fail(item)
        variables = block_variables(self, template, item)
        inputs = block_inputs(self, template, item, input.source)
        if variables is None or inputs is None:
            return self.fail(item)
        chained = chained_inputs(template, input.before) if input.before else {}
        for number, (input_name, references) in enumerate((inputs | chained).items()):
            is_written = entry.get("from") is not None and bool(references) and input_name not in chained
            is_only = len(inputs) == 1  # of several inputs, the first entry must say which one it takes
            self.bind(f"{name}/{input_name}", references, frame, input.source, implied=not is_written,
                      next="this" if is_only else "same" if number + 1 < len(inputs) else "none")  # fmt: skip
        prefix = f"{frame.prefix}{name}"
        trainable = self.compute(entry.get("trainable"), frame, "trainable")
        inner = Frame(
            path=("blocks", template.name, "layers"),
            prefix=f"{prefix}/",
            variables=variables,
            uses=(*frame.uses, Related(f"in `{prefix}`, used here", self.span(frame, "block"))),
            blocks=(*frame.blocks, template.name),
            trainable=trainable if isinstance(trainable, bool) else frame.trainable,
            origins=argument_origins(self, template, item),
            scopes=argument_scopes(template, item),
        )
        names = self._expand_list(template.layers, inner, set(template.inputs))
        return bind_outputs(self, template, item, names[-1])


def _take_previous(entry: dict[str, Any], before: str) -> dict[str, Any]:
    """A copy of a repeated entry, with the copy before it as its first input.

    If its inputs are named, the graph puts the copy in place: only the called layer knows which input is first.
    """
    value = entry.get("from")
    if isinstance(value, list) and len(value) > 1:
        return entry | {"from": [before, *value[1:]]}
    if isinstance(value, dict):
        return entry
    return {key: part for key, part in entry.items() if key != "from"}
