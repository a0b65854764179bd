"""The code that reads folders of pictures, decoded as TensorFlow decodes them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from kspec.codegen.data.dataset_info import Facts
from kspec.codegen.model.names import identifier
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import File

_VISIBLE = 'not file.name.startswith(".")'


class Pictures:
    """Writes the functions that read pictures, their classes and their files.

    Args:
        folder: Where the Python file will lie.
    """

    def __init__(self, file: File, folder: Path) -> None:
        self.file = file
        self.folder = folder

    def write(self, facts: Facts, name: str) -> list[str]:
        """Writes the function of a data set; gives the variables that it returns."""
        self.file.imports |= {"tensorflow as tf", "pathlib", "numpy as np"}
        folders = facts.files()
        if len(folders) == 1:
            lines, label, names = self._one(facts, folders[0][0])
        else:
            lines, label, names = self._several(facts, folders)
        lines = [f"def {name}():", f'    """{_told(facts)}"""', *lines, f"    x = {self._x(facts, label)}"]
        targets = [target.variable for target in facts.targets.values()]
        lines += [f"    {target} = np.array({label})" for target in targets]
        given_back = ["x", *targets]
        returned = ["x", *targets]
        if facts.predicted:
            lines.append(f"    names = {names}")
            given_back.append("np.array(names)")
            returned.append("names")
        if facts.by_files and not facts.suffix:
            given_back.append("np.array(part)")
            returned.append("part")
        self.file.helpers[name] = [*lines, f"    return {', '.join(given_back)}"]
        return returned

    def _one(self, facts: Facts, place: Path) -> tuple[list[str], str, str]:
        """The lines that find the pictures of one folder, the class of each, and the name of each."""
        constant = facts.suffix.upper() or "PICTURES"
        self.file.constants[constant] = f"Path(__file__).parent / {text(self._relative(place))}"
        shown = next(iter(facts.dataset.fingerprint))
        if place.is_file():
            return [f"    files = [{constant}]"], "", f"[{text(shown)}]"
        found, deep = _glob(constant, [place], facts)
        label = f"file.relative_to({constant}).parts[0]" if deep else "file.parent.name"
        names = f"[{text(shown + '/')} + file.relative_to({constant}).as_posix() for file in files]"
        return [f"    files = sorted({found})"], f"[{label} for file in files]", names

    def _several(self, facts: Facts, places: Sequence[tuple[Path, str]]) -> tuple[list[str], str, str]:
        """The same for several folders, of which each may be a part's; or for several files."""
        network_path = self._home(facts)
        names = f"[file.relative_to({network_path}).as_posix() for file in files]"
        shown = [Path(os.path.relpath(place, facts.spec.folder)).as_posix() for place, _ in places]
        if places[0][0].is_file():
            if isinstance(facts.given, str) and sorted(facts.spec.folder.glob(facts.given)) == [p for p, _ in places]:
                return [f"    files = sorted({network_path}.glob({text(facts.given)}))"], "", names
            return [f"    files = [{network_path} / name for name in {literal(shown)}]"], "", names
        found, deep = _glob(f"({network_path} / folder)", [place for place, _ in places], facts)
        lines = ["    files = []", f"    for folder in {literal(shown)}:"]
        by_part: dict[str, list[str]] = {}
        for folder, (_, part) in zip(shown, places, strict=True):
            by_part.setdefault(part, []).append(folder)
        indent = "        "
        if facts.by_files and all(len(folders) == 1 for folders in by_part.values()):
            pairs = literal({part: folders[0] for part, folders in by_part.items()})
            lines = ["    files, part = [], []", f"    for name, folder in {pairs}.items():"]
        elif facts.by_files:
            lines = ["    files, part = [], []", f"    for name, folders in {literal(by_part)}.items():",
                     "        for folder in folders:"]  # fmt: skip
            indent += "    "
        label = "[file.parent.name for file in files]"
        if deep:
            label = "labels"
            lines.insert(0, "    labels = []")
            lines += [
                f"{indent}found = sorted({found})",
                f"{indent}files += found",
                f"{indent}labels += [file.relative_to({network_path} / folder).parts[0] for file in found]",
            ]
        else:
            lines.append(f"{indent}files += sorted({found})")
        if facts.by_files:
            lines.append("        part += [name] * (len(files) - len(part))")
        return lines, label, names

    def _home(self, facts: Facts) -> str:
        """The spec's folder, which pictures are told from."""
        relative = self._relative(facts.spec.folder)
        if relative == ".":
            self.file.uses_here = True
            return "HERE"
        self.file.constants["DATA"] = f"Path(__file__).parent / {text(relative)}"
        return "DATA"

    def _relative(self, place: Path) -> str:
        return Path(os.path.relpath(place, self.folder)).as_posix()

    def _x(self, facts: Facts, label: str) -> str:
        """The inputs, in Python."""
        sizes = {name: (facts.array(name).shape[1:], str(facts.array(name).dtype)) for name in facts.inputs
                 if facts.inputs[name] == ["image"]}  # fmt: skip
        values = {}
        for name in facts.spec.document.inputs:
            if name in sizes:
                reader = "read_picture" if len(set(sizes.values())) == 1 else f"read_{identifier(name)}_picture"
                self.file.helpers[reader] = _reader(reader, *sizes[name])
                values[name] = f"np.stack([{reader}(file) for file in files])"
            else:
                values[name] = f"np.array({label}).reshape(-1, 1)"
        if len(values) == 1:
            return next(iter(values.values()))
        return "{" + ", ".join(f'"{name}": {value}' for name, value in values.items()) + "}"


def _told(facts: Facts) -> str:
    which = {"held_out": " to evaluate", "new": " to predict"}.get(facts.suffix, "")
    told = [f"The pictures{which}", *(["the class of each by its folder"] if facts.targets else []),
            *(["their files"] if facts.predicted else [])]  # fmt: skip
    return f"{', '.join(told[:-1])}{', and ' if len(told) > 2 else ' and ' if len(told) > 1 else ''}{told[-1]}."


def _reader(name: str, shape: tuple[int, ...], dtype: str) -> list[str]:
    """The function that reads a picture."""
    shape = tuple(int(size) for size in shape)
    channels = shape[2] if len(shape) == 3 else 1
    decoded = f"tf.io.decode_image(tf.io.read_file(str(file)), channels={channels}, expand_animations=False)"
    resized = f"tf.image.resize(picture, {shape[:2]}).numpy()"
    ending = "" if dtype == "float32" else f'.astype("{dtype}")'
    if not dtype.startswith("float"):
        resized = f"tf.round({resized.removesuffix('.numpy()')}).numpy()"
    if len(shape) == 2:
        ending = f".reshape({shape[0]}, {shape[1]}){ending}"
    return [
        f"def {name}(file):",
        f'    """A picture, shape {shape}, values from 0 to 255."""',
        f"    picture = {decoded}",
        f"    return {resized}{ending}",
    ]


def _glob(root: str, places: Sequence[Path], facts: Facts) -> tuple[str, bool]:
    """What finds the pictures in a folder, in Python; and whether some lie deeper than in that of their class.

    Args:
        root: What stands for the folder.
        places: The folders.
    """
    names = [name for part in facts.dataset.splits.values() for name in part.names or ()]
    files = {Path(os.path.normpath(facts.spec.folder / name)) for name in names}
    inside = {place: [file for file in files if place in file.parents] for place in map(_normal, places)}
    depth = max(len(file.relative_to(place).parts) for place, own in inside.items() for file in own)
    before = {1: "", 2: "*/"}.get(depth, "*/**/")
    suffixes = sorted({file.suffix for file in files})
    pattern = f"{before}*{suffixes[0]}" if len(suffixes) == 1 else f"{before}*"
    found = [file for place in inside for file in place.glob(pattern) if file.suffix in suffixes]
    conditions = [f"file.suffix in {literal(suffixes)}"] if len(suffixes) > 1 else []
    if any(file.name.startswith(".") for file in found):
        conditions.append(_VISIBLE)
    said = f"{root}.glob({text(pattern)})"
    return (f"file for file in {said} if {' and '.join(conditions)}" if conditions else said), depth > 2


def _normal(place: Path) -> Path:
    return Path(os.path.normpath(place))
