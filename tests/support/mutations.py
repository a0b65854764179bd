"""Random damage to texts, tables and JSON: what a typing error, a broken export or a stranger's file does to them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

VALUES = (
    "", "0", "-1", "1", "3", "1e400", "-1e30", "99999999999999999999", "2.5", "nan", "null", "~", "true", "no", "[]",
    "{}", "[1, 2]", "[null]", "[-1]", "{a: 1}", "x", "kind", "a", "city", "'", '"', "é😀", "${1/0}", "${vars.n}", "*a",
    "&a", "auto", "relu", "softmax", "sigmoid", "string", "int32", "float16", "{classes_of: kind}", "mse", "adam",
    "{vocabulary_of: words}", "Dense", "Flatten", "Embedding: {input_dim: 3, output_dim: 2}", "Dropout: 0.5", "../..",
)  # fmt: skip
"""What a value of a spec is replaced by."""
CELLS = ("", "nan", "-1", "0", "17", "1e400", "-inf", "999999999999999999999", "yes", "Mars", "é", "a,b", "2.5", "x" * 300,
         "true", "1_000", "0x1", "2024-01-01", " 1 ", "?", "'", "None")  # fmt: skip
"""What a cell of a table is replaced by."""


def mutated_spec(text: str, rng: random.Random) -> str:
    """The text with a few of its words and lines changed."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        lines = text.split("\n")
        place = rng.randrange(len(lines))
        kind = rng.random()
        if kind < 0.12:
            del lines[place]
        elif kind < 0.2:
            lines.insert(place, lines[rng.randrange(len(lines))])
        elif kind < 0.25:
            lines[place] = " " * rng.randrange(5) + lines[place].lstrip()
        else:
            lines[place] = _mutated_line(lines[place], text, rng)
        text = "\n".join(lines)
    return text


def _mutated_line(line: str, text: str, rng: random.Random) -> str:
    """The line with one word, value or sign changed."""
    starts = [at for at, sign in enumerate(line) if sign not in " {}[],:-" and (at == 0 or line[at - 1] in " {}[],:-")]
    if not starts:
        return line + rng.choice(VALUES)
    start = rng.choice(starts)
    stop = next((at for at in range(start, len(line)) if line[at] in " {}[],:"), len(line))
    kind = rng.random()
    if kind < 0.4:
        word = rng.choice(VALUES)
    elif kind < 0.6:
        word = rng.choice(text.replace("\n", " ").split(" ")).strip("{}[],")
    elif kind < 0.7:
        word = ""
    elif kind < 0.85:
        word = line[start:stop][:-1] + rng.choice("abcxyz019_")
    else:
        at = rng.randrange(len(line) + 1)
        return line[:at] + rng.choice("{}[]:,&*!|>'\"%@`$#-\t ") + line[at:]
    return line[:start] + word + line[stop:]


def mutated_table(content: bytes, rng: random.Random) -> bytes:
    """A CSV file with cells, columns or bytes changed."""
    kind = rng.random()
    if kind < 0.03:
        return b""
    if kind < 0.06:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(1, 200)))
    if kind < 0.1:
        at = rng.randrange(len(content))
        return content[:at] + rng.choice((b"\0", b"\xff", b'"', b"\r", b"\n\n", b",,", b"\xef\xbb\xbf")) + content[at:]
    rows = [row.split(",") for row in content.decode("utf-8").strip("\n").split("\n")]
    if kind < 0.14:
        return ",".join(rows[0]).encode() + b"\n"
    if kind < 0.18:
        return ("\n".join(";".join(row) for row in rows) + "\n").encode()
    column = rng.randrange(len(rows[0]))
    if kind < 0.24:
        rows = [row[:column] + row[column + 1 :] for row in rows]
    elif kind < 0.28:
        rows = [[*row, row[column]] for row in rows]
    elif kind < 0.34:
        rows[0][column] = rng.choice(("", "x", "é", "kind", "A", "a b"))
    elif kind < 0.42:
        value = rng.choice(CELLS)
        rows = [rows[0], *([*row[:column], value, *row[column + 1 :]] for row in rows[1:])]
    elif kind < 0.47:
        rows = rows[: rng.choice((2, 3, 4))]
    else:
        for _ in range(rng.choice((1, 1, 2, 10))):
            row = rows[rng.randrange(1 if rng.random() < 0.9 else 0, len(rows))]
            row[rng.randrange(len(row))] = rng.choice(CELLS)
    return ("\n".join(",".join(row) for row in rows) + "\n").encode()


def mutated_json(value: Any, rng: random.Random) -> Any:
    """A JSON value with one part of it changed."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        if rng.random() < 0.15:
            return {name: item for name, item in value.items() if name != key}
        if rng.random() < 0.05:
            return {(f"{name}x" if name == key else name): item for name, item in value.items()}
        return {**value, key: mutated_json(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = rng.randrange(len(value))
        changed = [] if rng.random() < 0.15 else [mutated_json(value[at], rng)]
        return [*value[:at], *changed, *value[at + 1 :]]
    return rng.choice((None, 0, -1, 1e308, float("nan"), "", "x", [], {}, [None], {"a": 1}, True, "2024-13-45"))


def damage_run(folder: Path, rng: random.Random) -> str:
    """Damages one file of a run folder; returns what it did."""
    file = folder / rng.choice(
        ("run.json", "run.json", "run.json", "metrics.json", "history.csv", "resolved.yaml", "model.keras", "spec.yaml")
    )
    if not file.is_file():
        return f"no {file.name}"
    content, kind = file.read_bytes(), rng.random()
    if kind < 0.1:
        file.unlink()
        return f"{file.name} removed"
    if kind < 0.15:
        file.unlink()
        file.mkdir()
        return f"{file.name} is a folder"
    if kind < 0.3 or file.suffix == ".keras":
        at = rng.randrange(len(content))
        rest = b"" if rng.random() < 0.4 else rng.choice((b"\0", b"\xff\xfe", b"x")) + content[at + 1 :]
        file.write_bytes(content[:at] + rest)
        return f"{file.name} broken at byte {at}"
    if file.suffix == ".json":
        value = json.loads(content)
        part = value.get("data") if file.name == "run.json" and rng.random() < 0.6 else None
        if isinstance(part, dict):  # the labels, fills and columns, which predictions depend on
            key = rng.choice([key for key in part if key != "profile"])
            part[key] = mutated_json(part[key], rng)
        else:
            value = mutated_json(value, rng)
        file.write_text(json.dumps(value), encoding="utf-8")
    elif file.suffix == ".csv":
        file.write_bytes(mutated_table(content, rng))
    else:
        file.write_text(mutated_spec(content.decode("utf-8"), rng), encoding="utf-8")
    return f"{file.name} changed"
