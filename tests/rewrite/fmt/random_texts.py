"""Random specs in any style, indentation and quotes, with empty lines and comments, in any order of keys."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

WORDS = ["relu", "a", "mean_*", "on", "1e-3", "0o17", "+1", "~", "null", "", "x y", "it's", 'say "so"', "a: b", "c #d",
         "$width", "${width * 2}", "[0-4]", "a, b", "é日😀", "-1", "?x", ":x", "x:", "*star", "&and", "!bang", "- dash",
         "long " * 30, "back\\slash", "true", "http://a/b", "tab\there", "two\nlines", " lead", "trail ", "%", "@", "`", "|", ">"]  # fmt: skip
KEYS = ["units", "activation", "a", "b", "rate", "1", "true", "x y", "k: k", "é", "name", "from"]
SECTIONS = ["kspec", "name", "description", "task", "seed", "vars", "data", "inputs", "layers", "outputs", "compile",
            "fit", "evaluate", "predict", "blocks", "odd"]  # fmt: skip
INSIDE = {"data": ["csv", "inputs", "targets", "split"], "compile": ["optimizer", "loss", "metrics"],
          "fit": ["epochs", "batch_size", "callbacks"], "predict": ["split", "to"]}  # fmt: skip
CLASSES = ["Dense", "LSTM", "Adam", "EarlyStopping", "my.Layer"]
COMMENTS = ["# c", "#", "# kspec: ignore[KS403]", "# it's: {odd} [", "#no space", "# é 日", "#  two  spaces", "# TODO"]


class Writer:
    """Writes values as YAML in a random style."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.comments = dice.random() < 0.8
        self.airy = dice.random() < 0.5

    def document(self) -> str:
        keys = self.dice.sample(SECTIONS, self.dice.randint(1, 8))
        lines = self._noise(0, 0.5) + self._pairs([(key, self._section(key)) for key in keys], 0)
        break_ = self.dice.choice(["\n", "\n", "\r\n"])
        return break_.join(lines) + self.dice.choice(["", break_, break_ * 2])

    def _section(self, key: str) -> Any:
        if key == "layers":
            return [self._entry() for _ in range(self.dice.randint(1, 4))]
        if key in INSIDE:
            inside = INSIDE[key]
            return {word: self._value(2) for word in self.dice.sample(inside, self.dice.randint(1, len(inside)))}
        return self._value(3)

    def _entry(self) -> Any:
        head = self.dice.choice(CLASSES)
        if self.dice.random() < 0.2:
            return head
        pairs = [(head, self._value(2))]
        pairs += [
            (word, self._value(1))
            for word in self.dice.sample(["name", "from", "call", "trainable"], self.dice.randint(0, 3))
        ]
        self.dice.shuffle(pairs)
        return dict(pairs)

    def _value(self, depth: int) -> Any:
        kind = self.dice.random() if depth else 0
        if kind < 0.4:
            return self.dice.choice(WORDS)
        count = self.dice.choice([0, 1, 1, 2, 3, 5])
        if kind < 0.55:
            return [self._value(depth - 1) for _ in range(count)]
        if kind < 0.7:
            return {self.dice.choice(CLASSES): self._value(depth - 1)}
        return {key: self._value(depth - 1) for key in self.dice.sample(KEYS, count)}

    def _pairs(self, pairs: list[tuple[str, Any]], indent: int) -> list[str]:
        lines: list[str] = []
        for number, (key, value) in enumerate(pairs):
            lines += self._noise(indent, 0.15) if number else []
            word = key if key not in ("k: k",) else f'"{key}"'
            lines += self._under(" " * indent + word + ":", value, indent, in_list=False)
        return lines + self._below(indent)

    def _items(self, items: list[Any], indent: int) -> list[str]:
        lines: list[str] = []
        for number, item in enumerate(items):
            lines += self._noise(indent, 0.15) if number else []
            lines += self._under(" " * indent + "-", item, indent, in_list=True)
        return lines + self._below(indent)

    def _under(self, head: str, value: Any, indent: int, *, in_list: bool) -> list[str]:
        """A value after a key or dash."""
        is_block = isinstance(value, (list, dict)) and value and self.dice.random() < 0.6
        if isinstance(value, str) or not is_block:
            if isinstance(value, str) and self.dice.random() < 0.15 and self._fits_block(value):
                return self._block_text(head, value, indent)
            return self._flow_lines(head, value, indent)
        step = self.dice.choice([0, 2, 4] if isinstance(value, list) and not in_list else [1, 2, 4])
        inner = indent + step
        inside = self._items(value, inner) if isinstance(value, list) else self._pairs(list(value.items()), inner)
        if in_list and self.dice.random() < 0.8 and inside[0].strip() and not inside[0].lstrip().startswith("#"):
            inner = len(head) + 1
            inside = self._items(value, inner) if isinstance(value, list) else self._pairs(list(value.items()), inner)
            if inside[0].strip() and not inside[0].lstrip().startswith("#"):
                return [head + " " + inside[0].lstrip(), *inside[1:]]
        return [head + self._beside(), *self._noise(inner, 0.15), *inside]

    def _fits_block(self, value: str) -> bool:
        return bool(value.strip()) and value[0] != " " and "\t" not in value

    def _block_text(self, head: str, value: str, indent: int) -> list[str]:
        inner = " " * (indent + self.dice.choice([1, 2, 4]))
        mark = self.dice.choice(["|", "|-", "|+", ">", ">-"])
        blank = [""] * self.dice.randint(0, 2)
        return [f"{head} {mark}{self._beside()}", *(inner + line for line in value.split("\n")), *blank]

    def _flow_lines(self, head: str, value: Any, indent: int) -> list[str]:
        """A value in brackets or a scalar, on one line or several."""
        spread = self.dice.random() < 0.3
        pieces = self._flow(value, spread)
        lines, line = [], head + (" " if pieces != [""] else "")
        for piece in pieces:
            if piece.startswith("\n"):
                lines.append(line.rstrip(" ") + piece[1:])
                line = " " * (indent + self.dice.choice([1, 2, 5]))
            else:
                line += piece
        return [*lines, line + self._beside()]

    def _flow(self, value: Any, spread: bool, inside: bool = False) -> list[str]:
        if isinstance(value, str):
            return [self._word(value, inside)]

        def turn() -> list[str]:
            if not spread or self.dice.random() < 0.6:
                return [self.dice.choice(["", " "])]
            return ["\n" + self._beside()]

        pieces = ["[" if isinstance(value, list) else "{", *turn()]
        for number, item in enumerate(value):
            pieces += [",", *turn()] if number else []
            if isinstance(value, dict):
                pieces += [f'"{item}"' if item == "k: k" else item, ": "]
                item = value[item]
            pieces += self._flow(item, spread, True)
        pieces += [",", *turn()] if value and self.dice.random() < 0.1 else turn()
        return [*pieces, "]" if isinstance(value, list) else "}"]

    def _word(self, value: str, inside: bool) -> str:
        plain = (
            value
            and value == value.strip()
            and not any(c in value for c in "\n\t:#'\"[]{},*&!|>%@`?")
            and value[0] not in "-"
        )
        if (plain or value in ("-1",)) and self.dice.random() < 0.6:
            return value
        if value == "" and not inside and self.dice.random() < 0.5:
            return ""
        if self.dice.random() < 0.5 and "\n" not in value:
            return "'" + value.replace("'", "''") + "'"
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'

    def _beside(self) -> str:
        if not self.comments or self.dice.random() < 0.75:
            return self.dice.choice(["", "", "", " "])
        return " " * self.dice.choice([1, 2, 3, 9]) + self.dice.choice(COMMENTS)

    def _noise(self, indent: int, share: float) -> list[str]:
        """Empty lines and comment lines."""
        lines = []
        while self.dice.random() < share:
            if self.comments and self.dice.random() < 0.6:
                lines.append(" " * indent + self.dice.choice(COMMENTS))
            elif self.airy:
                lines.append(self.dice.choice(["", "  "]))
        return lines

    def _below(self, indent: int) -> list[str]:
        if not self.comments or self.dice.random() < 0.9:
            return []
        return [
            " " * self.dice.choice([indent, indent, indent + 2, max(indent - 2, 0), 0, 20]) + self.dice.choice(COMMENTS)
        ]


def texts() -> st.SearchStrategy[str]:
    """Random texts, a few of which are not YAML."""
    return st.integers(0, 2**48).map(lambda seed: Writer(random.Random(seed)).document())
