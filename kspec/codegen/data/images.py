"""The code that reads folders of texts, or of images, which TensorFlow decodes as in kspec."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import dict_of, docstring, literal, text
from kspec.codegen.text.module_writer import ModuleWriter

TRANSCODED = (".webp", ".tif", ".tiff")
"""The suffixes of images that TensorFlow does not decode."""


class ImageReader:
    """Writes the functions that read images or texts, with their classes and file names.

    Args:
        file: Gets the functions.
        folder: The folder of the exported file.
    """

    def __init__(self, file: ModuleWriter, folder: Path) -> None:
        self.file = file
        self.folder = folder

    def write(self, info: DatasetInfo, name: str) -> list[str]:
        """Writes the function that reads a data set and returns the names of what it returns."""
        read = [name for split in info.dataset.splits.values() for name in split.names or ()]
        if any(file.lower().endswith(TRANSCODED) for file in read):
            raise UnsupportedInPython("read WebP and TIFF images", ("data",))
        self.file.imports |= {"pathlib", "numpy as np"} | ({"tensorflow as tf"} if info.source == "images" else set())
        folders = info.files()
        if len(folders) == 1:
            lines, classes, names = self._from_one(info, folders[0][0])
        else:
            lines, classes, names = self._from_several(info, folders)
        lines = [f"def {name}():", f"    {docstring(_docstring(info))}", *lines, f"    x = {self._x(info, classes)}"]
        values = {"x": "x"}
        for target in info.targets.values():
            lines.append(f"    {target.variable} = np.array({classes})")
            values[target.variable] = target.variable
        if info.predicted:
            lines.append(f"    names = {names}")
            values["names"] = "np.array(names)"
        if info.has_split_files and not info.suffix:
            values["split"] = "np.array(split)"
        self.file.helpers[name] = [*lines, f"    return {', '.join(values.values())}"]
        return list(values)

    def _from_one(self, info: DatasetInfo, path: Path) -> tuple[list[str], str, str]:
        """Code for the images of one folder.

        Returns:
            The lines that list the files, the classes in Python, and the file names in Python.
        """
        constant = info.suffix.upper() or info.source.upper()
        self.file.constants[constant] = f"Path(__file__).parent / {text(self._relative(path))}"
        shown = next(iter(info.dataset.fingerprint))
        if path.is_file():
            return [f"    files = [{constant}]"], "", f"[{text(shown)}]"
        files, is_deep = _glob(constant, [path], info)
        label = f"file.relative_to({constant}).parts[0]" if is_deep else "file.parent.name"
        names = f"[{text(shown + '/')} + file.relative_to({constant}).as_posix() for file in files]"
        return [f"    files = sorted({files})"], f"[{label} for file in files]", names

    def _from_several(self, info: DatasetInfo, paths: Sequence[tuple[Path, str]]) -> tuple[list[str], str, str]:
        """The same for several folders or files, each with its split if splits have their own files."""
        root = self._spec_folder(info)
        names = f"[file.relative_to({root}).as_posix() for file in files]"
        shown = [Path(os.path.relpath(path, info.spec.folder)).as_posix() for path, _ in paths]
        if paths[0][0].is_file():
            if isinstance(info.paths, str) and sorted(info.spec.folder.glob(info.paths)) == [p for p, _ in paths]:
                return [f"    files = sorted({root}.glob({text(info.paths)}))"], "", names
            return [f"    files = [{root} / name for name in {literal(shown)}]"], "", names
        files, is_deep = _glob(f"({root} / folder)", [path for path, _ in paths], info)
        by_split: dict[str, list[str]] = {}
        for folder, (_, split) in zip(shown, paths, strict=True):
            by_split.setdefault(split, []).append(folder)
        lines = ["    files = []", f"    for folder in {literal(shown)}:"]
        indent = "        "
        if info.has_split_files and all(len(folders) == 1 for folders in by_split.values()):
            pairs = literal({split: folders[0] for split, folders in by_split.items()})
            lines = ["    files, split = [], []", f"    for name, folder in {pairs}.items():"]
        elif info.has_split_files:
            lines = [
                "    files, split = [], []",
                f"    for name, folders in {literal(by_split)}.items():",
                "        for folder in folders:",
            ]
            indent += "    "
        classes = "[file.parent.name for file in files]"
        if is_deep:
            classes = "labels"
            lines.insert(0, "    labels = []")
            lines += [
                f"{indent}inside = sorted({files})",
                f"{indent}files += inside",
                f"{indent}labels += [file.relative_to({root} / folder).parts[0] for file in inside]",
            ]
        else:
            lines.append(f"{indent}files += sorted({files})")
        if info.has_split_files:
            lines.append("        split += [name] * (len(files) - len(split))")
        return lines, classes, names

    def _spec_folder(self, info: DatasetInfo) -> str:
        """The constant of the spec's folder, which the names of images are relative to."""
        relative = self._relative(info.spec.folder)
        if relative == ".":
            self.file.uses_here = True
            return "HERE"
        self.file.constants["DATA"] = f"Path(__file__).parent / {text(relative)}"
        return "DATA"

    def _relative(self, path: Path) -> str:
        return Path(os.path.relpath(path, self.folder)).as_posix()

    def _x(self, info: DatasetInfo, classes: str) -> str:
        """The inputs in Python."""
        sizes = {
            name: (info.array(name).shape[1:], str(info.array(name).dtype))
            for name in info.inputs
            if info.inputs[name] == ["image"]
        }
        values = {}
        for name in info.spec.document.inputs:
            if info.inputs[name] == ["text"]:
                self.file.helpers["read_text"] = _READ_TEXT
                shape = ", ".join(map(str, (-1, *info.array(name).shape[1:])))
                reshaped = f".reshape({shape})" if shape != "-1" else ""
                values[name] = f"np.array([read_text(file) for file in files]){reshaped}"
            elif name in sizes:
                reader = "read_image" if len(set(sizes.values())) == 1 else f"read_{info.variables.of(name, 'image')}"
                self.file.helpers[reader] = _reader(reader, *sizes[name])
                values[name] = f"np.stack([{reader}(file) for file in files])"
            else:
                values[name] = f"np.array({classes}).reshape(-1, 1)"
        return next(iter(values.values())) if len(values) == 1 else dict_of(values)


_READ_TEXT = [
    "def read_text(file):",
    '    """Reads a text; the ends of its lines stay as they are."""',
    '    return file.read_bytes().decode("utf-8-sig")',
]


def _docstring(info: DatasetInfo) -> str:
    step = {"held_out": " to evaluate", "new": " to predict"}.get(info.suffix, "")
    parts = [f"the {info.source}{step}"]
    if info.targets:
        parts.append("their classes (the names of their folders)")
    if info.predicted:
        parts.append("their file names")
    if len(parts) == 1:
        return f"Reads {parts[0]}."
    return f"Reads {', '.join(parts[:-1])} and {parts[-1]}."


def _reader(name: str, shape: tuple[int, ...], dtype: str) -> list[str]:
    """The function that reads an image.

    Args:
        name: The function's name.
        shape: The image's shape, (height, width) or (height, width, channels).
        dtype: The dtype of its values.
    """
    shape = tuple(int(size) for size in shape)
    channels = shape[2] if len(shape) == 3 else 1
    decoded = f"tf.io.decode_image(tf.io.read_file(str(file)), channels={channels}, expand_animations=False)"
    resized = f"tf.image.resize(image, {shape[:2]}).numpy()"
    ending = "" if dtype == "float32" else f".astype({text(dtype)})"
    if not dtype.startswith("float"):
        resized = f"tf.round({resized.removesuffix('.numpy()')}).numpy()"
    if len(shape) == 2:
        ending = f".reshape({shape[0]}, {shape[1]}){ending}"
    return [
        f"def {name}(file):",
        f'    """Reads an image, shape {shape}, values from 0 to 255."""',
        f"    image = {decoded}",
        f"    return {resized}{ending}",
    ]


def _glob(root: str, folders: Sequence[Path], info: DatasetInfo) -> tuple[str, bool]:
    """The code that lists the images in a folder, and whether some are deeper than in the folder of their class.

    Args:
        root: The folder in Python.
        folders: The folders that the code will run for.
        info: The data set.

    Raises:
        UnsupportedInPython: If names of folders or files do not print, or Python would list other files.
    """
    names = [name for split in info.dataset.splits.values() for name in split.names or ()]
    files = {Path(os.path.normpath(info.spec.folder / name)) for name in names}
    inside = {
        folder: [file for file in files if folder in file.parents]
        for folder in (Path(os.path.normpath(folder)) for folder in folders)
    }
    if not any(inside.values()):  # names of data are printed with escapes, which lead to no file
        raise UnsupportedInPython("read pictures in folders whose names do not print", ("data",))
    depth = max(len(file.relative_to(folder).parts) for folder, own in inside.items() for file in own)
    before = {1: "", 2: "*/"}.get(depth, "*/**/")
    suffixes = sorted({file.suffix for file in files})
    pattern = f"{before}*{suffixes[0]}" if len(suffixes) == 1 else f"{before}*"
    matches = [file for folder in inside for file in folder.glob(pattern) if file.suffix in suffixes]
    conditions = [f"file.suffix in {literal(suffixes)}"] if len(suffixes) > 1 else []
    if any(file.name.startswith(".") for file in matches):
        conditions.append('not file.name.startswith(".")')
        matches = [file for file in matches if not file.name.startswith(".")]
    if set(matches) != {file for own in inside.values() for file in own}:
        raise UnsupportedInPython(
            "read a folder of which some pictures are left out, such as hidden folders", ("data",)
        )
    code = f"{root}.glob({text(pattern)})"
    return (f"file for file in {code} if {' and '.join(conditions)}" if conditions else code), depth > 2
