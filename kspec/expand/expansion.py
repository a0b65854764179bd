"""Blocks, `repeat`, `each` and `when`, written out: a spec's entries → plain entries, each a layer, an op or a reuse.

The entries stay as they are written, with variables, parameters and `index` computed. What their nodes are called, and
what their citations are relative to, lies beside them; so every later room sees a plain list of entries, and what it
has to say of one points into the block.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kspec.diagnostics import Path, Related, Report, Span, codes, did_you_mean
from kspec.expand.block_arguments import origin_of, whole
from kspec.expand.emit import Emitter, Taken
from kspec.expand.frame import Frame, after, entries_of, mapping, texts, with_uses
from kspec.expand.instructions import Call, Expansion, without_entries
from kspec.expand.templates import Template, template
from kspec.expand.variables import compute
from kspec.syntax.deferred import is_failed
from kspec.syntax.names import MAX_COPIES, is_macro, node_names, written_name
from kspec.syntax.parse import Tree

MAX_ENTRIES = 20_000
"""Entries that a spec can come to, written out."""
MAX_DEPTH = 32
"""Blocks within blocks."""
EXPANSION = (
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
"""Codes of what can be wrong with writing an entry out."""
_AS_WRITTEN = Taken()
_BESIDE_BLOCK = ("block", "name", "from", "as", "with", "trainable")


def expand(tree: Tree, networks: Mapping[Path, Any], report: Report) -> dict[Path, Expansion]:
    """Writes the entries of networks out: of those in which something is to be written out.

    Args:
        networks: The plain values of the spec's own network and of its sub-models, by their place in the document.
    """
    wanted = [network_path for network_path, network in networks.items() if any(map(is_macro, entries_of(network)))]
    positions = without_entries(tree.positions, wanted) if wanted else tree.positions
    return {
        network_path: _Expander(tree, positions, network_path, report).expansion(networks[network_path])
        for network_path in wanted
    }


class _Stop(Exception):
    """It grows beyond what a spec can need; said in the report."""


class _Expander(Emitter):
    def expansion(self, network: Any) -> Expansion:
        outermost = Frame(self.network_path, "", self.variables)
        try:
            self._list(entries_of(network), outermost, set(mapping(network.get("inputs"))))
        except _Stop:  # nothing more can be said of the spec than that
            del self.result.entries[1:], self.result.steps[:]
            self._bind("…", (), outermost, faulty=True)
        return self.result

    def _list(self, entries: list[Any], around: Frame, taken: set[str]) -> list[str]:
        """Writes out a list of entries; gives what they are called."""
        given = {name for entry in entries if isinstance(entry, dict) for name in texts(entry.get("as"))}
        counted = [self._counted(entry, replace(around, path=(*around.path, n))) for n, entry in enumerate(entries)]
        names = node_names(counted, taken=taken | given)
        for number, (entry, name) in enumerate(zip(entries, names, strict=True)):
            computed = not around.prefix and not (isinstance(entry, dict) and "repeat" in entry)
            frame = replace(around, path=(*around.path, number), computed=computed)
            named = written_name(entry) is not None
            if not isinstance(entry, dict):
                self._plain(entry, name, named, frame)
            elif "repeat" in entry and "each" in entry:
                self._error(
                    codes.INVALID_EXPANSION,
                    "an entry is repeated, or made for each node, not both",
                    frame,
                    "each",
                    help="put the repeated entry into a block, and make that for each node",
                )
                self._fail(entry, name, named, frame)
            elif "repeat" in entry:
                self._repeat(entry, name, named, frame)
            elif "each" in entry:
                self._each(entry, name, named, frame)
            else:
                self._once(entry, name, named, frame)
        return names

    def _counted(self, entry: Any, frame: Frame) -> Any:
        """An entry whose `repeat` is a number, for the names of its copies."""
        if not isinstance(entry, dict) or "repeat" not in entry:
            return entry
        return entry | {"repeat": self._computed(entry["repeat"], frame, "repeat")}

    def _repeat(self, entry: dict[str, Any], name: str, named: bool, frame: Frame) -> None:
        """Copies in a chain: `name_0`, `name_1` …; the name stands for the last."""
        count = self._computed(entry["repeat"], frame, "repeat")
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_COPIES:
            if not is_failed(count):
                self._error(
                    codes.INVALID_EXPANSION,
                    f"`repeat` must be an integer from 1 to {MAX_COPIES:,}",
                    frame,
                    "repeat",
                    help="to leave an entry out, write `when: false`",
                )
            self._fail(entry, name, named, frame)
            return
        if named and "$" in name:
            self._error(
                codes.INVALID_NAME,
                f"`{name}` cannot be the name of copies, which are numbered anyway",
                frame,
                "name",
                help=f"leave the expression out: of `h`, the copies are `h_0` to `h_{count - 1}`",
            )
            self._fail(entry, name, named, frame)
            return
        for index in range(count):
            copied = {key: value for key, value in entry.items() if key != "repeat"}
            before = f"{name}_{index - 1}"
            if index:
                copied = after(copied, before)
            if index < count - 1:
                copied.pop("as", None)
            inner = replace(frame, variables={**frame.variables, "index": index})
            self._once(copied, f"{name}_{index}", named, inner, Taken(before, before=before) if index else _AS_WRITTEN)
        self.result.copies[frame.prefix + name] = tuple(f"{frame.prefix}{name}_{index}" for index in range(count))
        self._bind(name, (f"{name}_{count - 1}",), frame, named=named)

    def _each(self, entry: dict[str, Any], name: str, named: bool, frame: Frame) -> None:
        """Copies side by side, one for each node: `name_node`; the name stands for the list of them, and `as` for those
        of each output.
        """
        said = self._computed(entry["each"], frame, "each")
        cited = texts(said)
        if any(map(is_failed, cited)):
            self._fail(entry, name, named, frame)
            return
        if not cited or (isinstance(said, list) and len(cited) < len(said)):
            self._error(
                codes.INVALID_EXPANSION, "`each` is a list of nodes", frame, "each", help="write `each: [city, job]`"
            )
            self._fail(entry, name, named, frame)
            return
        if "from" in entry:
            self._error(
                codes.INVALID_EXPANSION,
                "`from` has no say beside `each`: each copy takes one of its nodes",
                frame,
                "from",
            )
            self._fail(entry, name, named, frame)
            return
        places: list[Path] = [("each", n) if isinstance(said, list) else ("each",) for n in range(len(cited))]
        nodes = [
            (node, place)
            for one, place in zip(cited, places, strict=True)
            for node in self.groups.get(frame.prefix + one, (one,))
        ]
        made: list[str] = []
        outputs: dict[str, list[str]] = {other: [] for other in texts(entry.get("as")) if other != "_"}
        for node, place in nodes:
            suffix = node.replace("/", "_")
            copied = {key: value for key, value in entry.items() if key != "each"} | {"from": node}
            if isinstance(entry.get("as"), list):
                copied["as"] = [f"{one}_{suffix}" if one in outputs else one for one in entry["as"]]
            for other, copies in outputs.items():
                copies.append(f"{other}_{suffix}")
            made.append(f"{name}_{suffix}")
            self._once(copied, made[-1], named, frame, Taken("" if node in cited else node, place))
        self.groups[frame.prefix + name] = tuple(made)
        self.result.copies[frame.prefix + name] = tuple(frame.prefix + copy for copy in made)
        for other, copies in outputs.items():
            self.groups[frame.prefix + other] = tuple(copies)
            given: Path = ("as", texts(entry.get("as")).index(other))
            self._bind(other, tuple(copies), frame, group=True, next="same", given=given)
        self._bind(name, tuple(made), frame, named=named, group=True)

    def _once(self, entry: dict[str, Any], name: str, named: bool, frame: Frame, taken: Taken = _AS_WRITTEN) -> None:
        """One copy."""
        if "when" in entry:
            wanted = self._computed(entry["when"], frame, "when")
            entry = {key: value for key, value in entry.items() if key != "when"}
            if not isinstance(wanted, bool):
                if not is_failed(wanted):
                    self._error(codes.INVALID_EXPANSION, "`when` must be true or false", frame, "when",
                                help='write `when: "${stride > 1}"`')  # fmt: skip
                self._fail(entry, name, named, frame)
                return
            if not wanted:
                self._left_out(entry, name, named, frame)
                return
        if "block" in entry:
            self._use(entry, name, named, frame, taken)
        else:
            self._plain(entry, name, named, frame, taken)

    def _left_out(self, entry: dict[str, Any], name: str, named: bool, frame: Frame) -> None:
        """An entry that is left out is the identity: its name stands for what it would take."""
        cited = texts(entry.get("from"))
        if isinstance(entry.get("from"), dict) or len(cited) > 1 or len(texts(entry.get("as"))) > 1:
            self._error(
                codes.INVALID_EXPANSION,
                "what `when` leaves out has one input and one output: it becomes the identity",
                frame,
                "when",
                help="put it into a block of one input",
            )
            self._fail(entry, name, named, frame)
            return
        self._bind(name, tuple(cited), frame, ("from",), named=named, implied=not cited)

    def _plain(self, entry: Any, name: str, named: bool, frame: Frame, taken: Taken = _AS_WRITTEN) -> None:
        index = len(self.result.entries)
        if index >= MAX_ENTRIES:
            self._error(codes.INVALID_EXPANSION, f"written out, the spec has more than {MAX_ENTRIES:,} entries", frame,
                        help="is a `repeat` larger than meant?")  # fmt: skip
            raise _Stop
        self.result.entries.append(self._computed(copy.deepcopy(entry), frame))
        self._place(index, entry, frame, taken.source)
        names = frozenset({frame.prefix + taken.implied} if taken.implied else ())
        before = taken.before and frame.prefix + taken.before
        call = Call(index, frame.prefix + name, named, frame.prefix, frame.path, names, frame.trainable, before)
        self.result.steps.append(call)

    # blocks

    def _use(self, entry: dict[str, Any], name: str, named: bool, frame: Frame, taken: Taken) -> None:
        """A block's entries, their names behind that of the use."""
        given = self._block(entry, frame)
        variables = None if given is None else self._parameters(given, entry.get("with"), frame)
        sources = None if given is None else self._sources(given, entry.get("from"), frame, taken.source)
        if given is None or variables is None or sources is None:
            self._fail(entry, name, named, frame)
            return
        prefix = f"{frame.prefix}{name}/"
        chained = _chained(given, taken.before) if taken.before else {}
        for number, (input_, cited) in enumerate((sources | chained).items()):
            written = entry.get("from") is not None and bool(cited) and input_ not in chained
            alone = len(sources) == 1  # of several, the first entry says which it takes
            self._bind(f"{name}/{input_}", cited, frame, taken.source, implied=not written,
                       next="this" if alone else "same" if number + 1 < len(sources) else "none")  # fmt: skip
        said = self._computed(entry.get("trainable"), frame, "trainable")
        use = Related(f"in `{prefix[:-1]}`, used here", self._span(frame, "block"))
        inner = Frame(
            ("blocks", given.name, "layers"), prefix, variables, (*frame.uses, use), (*frame.blocks, given.name),
            said if isinstance(said, bool) else frame.trainable, self._origins(given, entry.get("with"), frame),
        )  # fmt: skip
        names = self._list(given.layers, inner, set(given.inputs))
        self._outputs(given, entry, name, named, frame, given.outputs or tuple(names[-1:]))

    def _block(self, entry: dict[str, Any], frame: Frame) -> Template | None:
        """The block that an entry uses; None with the reason in the report."""
        used = self._computed(entry["block"], frame, "block")
        if is_failed(used):
            return None
        if not isinstance(used, str) or used not in self.blocks:
            known = ", ".join(self.blocks)
            self._error(codes.UNKNOWN_BLOCK if isinstance(used, str) else codes.MALFORMED_ENTRY,
                        f"no block is called `{used}`" if isinstance(used, str) else "`block` takes a name",
                        frame, "block", label=did_you_mean(used, self.blocks) if isinstance(used, str) else "",
                        help=f"the blocks: {known}" if known else "define it under `blocks:`")  # fmt: skip
            return None
        if used in frame.blocks or len(frame.blocks) >= MAX_DEPTH:
            way = " → ".join(f"`{name}`" for name in (*frame.blocks, used))
            self._error(
                codes.RECURSIVE_BLOCK, f"the block `{used}` uses itself", frame, "block", help=f"the way there: {way}"
            )
            return None
        stray = [key for key in entry if key not in _BESIDE_BLOCK]
        for key in stray:
            self._error(codes.MALFORMED_ENTRY, f"`{key}` does not stand beside `block`", frame, key, key=True,
                        help="beside it stand name, from, as, with, trainable, repeat, each, when")  # fmt: skip
        self.result.used.add(used)
        return None if stray else template(used, self.blocks[used])

    def _parameters(self, given: Template, said: Any, frame: Frame) -> Mapping[str, Any] | None:
        """What a block's expressions know: the variables, and its parameters; None with the reason in the report."""
        said = {} if said is None else said
        if not isinstance(said, dict):
            self._error(codes.INVALID_BLOCK_ARGUMENTS, "`with` is a mapping of a block's parameters", frame, "with",
                        help="write `with: {filters: 64}`")  # fmt: skip
            return None
        known = ", ".join(given.params)
        unknown = [name for name in said if name not in given.params]
        for name in unknown:
            self._error(
                codes.INVALID_BLOCK_ARGUMENTS,
                f"the block `{given.name}` has no parameter called `{name}`",
                frame,
                "with",
                name,
                key=True,
                label=did_you_mean(name, given.params),
                help=f"its parameters: {known}" if known else "it has none",
            )
        missing = [] if unknown else [name for name in given.required if name not in said]
        if missing:
            needed = " and ".join(f"`{name}`" for name in missing)
            example = ", ".join(f"{name}: ..." for name in missing)
            self._error(codes.INVALID_BLOCK_ARGUMENTS, f"the block `{given.name}` needs {needed}", frame, "block",
                        help=f"write `with: {{{example}}}`")  # fmt: skip
        if unknown or missing:
            return None
        found = dict(self.variables)
        for name, default in given.params.items():
            if name in said:
                found[name] = self._computed(copy.deepcopy(said[name]), frame, "with", name)
            else:
                where = ("blocks", given.name, "params")
                found[name] = compute(copy.deepcopy(default), where, found, self.tree, self.report)
        return found

    def _origins(self, given: Template, said: Any, frame: Frame) -> dict[str, Span]:
        """By parameter, where what it is handed is written: here, further out, or in the block itself."""
        found = {}
        for name in given.params:
            value = mapping(said).get(name)
            outer = whole(value, frame.origins)
            place = self.written.values.get((*frame.path, "with", name))
            if outer is not None:
                found[name] = frame.origins[outer]
            elif place is not None:
                found[name] = with_uses(place, frame.uses)
            elif (default := origin_of(name, given, self.written)) is not None:
                found[name] = default
        return found

    def _sources(self, given: Template, said: Any, frame: Frame, at: Path) -> dict[str, tuple[str, ...]] | None:
        """Each input of a block → what the use gives it, nothing for what the entry before gives."""
        found: dict[str, tuple[str, ...]] = {}
        if isinstance(said, dict):
            for name, cited in said.items():
                if name not in given.inputs:
                    self._error(
                        codes.UNKNOWN_TENSOR_ARGUMENT,
                        f"the block `{given.name}` has no input called `{name}`",
                        frame,
                        *at,
                        name,
                        key=True,
                        label=did_you_mean(name, given.inputs),
                        help=f"its inputs: {', '.join(given.inputs)}",
                    )
                    return None
                found[name] = tuple(texts(cited))
            if set(given.inputs) - set(found) == {given.inputs[0]}:
                found[given.inputs[0]] = ()
        else:
            cited = [one for name in texts(said) for one in self.groups.get(frame.prefix + name, (name,))]
            if len(cited) in (len(given.inputs), 0 if len(given.inputs) == 1 else -1):
                found = {name: (one,) for name, one in zip(given.inputs, cited, strict=False)} or {given.inputs[0]: ()}
        if set(found) == set(given.inputs):
            return {name: found[name] for name in given.inputs}
        count = len(given.inputs)
        example = ", ".join(f"{name}: {letter}" for name, letter in zip(given.inputs, "xyzuvw", strict=False))
        self._error(
            codes.WRONG_INPUT_COUNT,
            f"the block `{given.name}` takes {'one input' if count == 1 else f'{count} inputs'}",
            frame,
            *(at if (*frame.path, *at) in self.written.values else ("block",)),
            help="name one node in `from`" if count == 1 else f"write `from: {{{example}}}`",
        )
        return None

    def _outputs(
        self, given: Template, entry: dict[str, Any], name: str, named: bool, frame: Frame, outputs: tuple[str, ...]
    ) -> None:
        """What a use stands for: its block's last node, or those that the block names."""
        said = texts(entry.get("as"))
        if said and len(said) != len(outputs):
            count = "one output" if len(outputs) == 1 else f"{len(outputs)} outputs"
            help = "name all of them, `_` for one that is not wanted"
            if not given.outputs:
                help = "without `outputs:` a block gives its last node: name there, in the block, all that it gives"
            self._error(
                codes.WRONG_OUTPUT_COUNT,
                f"the block `{given.name}` gives {count}, and `as` names {len(said)}",
                frame,
                "as",
                help=help,
            )
        where = ("blocks", given.name, "outputs")
        span = self.written.values.get(where) or self._span(frame, "block")
        for number, other in enumerate(said):
            if other != "_":
                cited = tuple(f"{name}/{output}" for output in outputs[number : number + 1])
                self._bind(other, cited, frame, next="same", span=span, given=("as", number), faulty=not cited)
        self._bind(name, (f"{name}/{outputs[0]}",), frame, named=named, span=span)


def _chained(given: Template, before: str) -> dict[str, tuple[str, ...]]:
    """What a copy of a block takes of the one before it: the outputs, in the order of its inputs."""
    handed = (before, *(f"{before}/{output}" for output in given.outputs[1:]))
    return {input_: (cited,) for input_, cited in zip(given.inputs, handed, strict=False)}
