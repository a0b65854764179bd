"""The code that reads a folder of pictures, decoded as TensorFlow decodes them."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from kspec.targets.python_source.facts import Facts
from kspec.targets.python_source.file import File
from kspec.targets.python_source.literals import literal, text


def write_pictures(facts: Facts, file: File, folder: Path) -> None:
    """Writes `read_picture` and `read_examples`, which gives the pictures, their classes and their files."""
    file.imports |= {"tensorflow as tf", "pathlib", "numpy as np"}
    name, *others = facts.spec.document.inputs
    place = next(iter(facts.dataset.fingerprint))
    if others or len(facts.dataset.fingerprint) > 1:
        facts.refuse("read pictures from several folders, or for several inputs", ("data", "images"))
    array = facts.array(name)
    shape = tuple(int(size) for size in array.shape[1:])
    dtype = str(array.dtype)
    channels = shape[2] if len(shape) == 3 else 1
    decoded = f"tf.io.decode_image(tf.io.read_file(str(file)), channels={channels}, expand_animations=False)"
    resized = f"tf.image.resize(picture, {shape[:2]}).numpy()"
    ending = "" if dtype == "float32" else f'.astype("{dtype}")'
    if not dtype.startswith("float"):
        resized = f"tf.round({resized.removesuffix('.numpy()')}).numpy()"
    if len(shape) == 2:
        ending = f".reshape({shape[0]}, {shape[1]}){ending}"
    file.helpers["read_picture"] = [
        "def read_picture(file):",
        f'    """A picture, shape {shape}, values from 0 to 255."""',
        f"    picture = {decoded}",
        f"    return {resized}{ending}",
    ]
    files = [PurePath(one) for part in facts.dataset.parts.values() for one in part.names or ()]
    suffixes = sorted({one.suffix for one in files})
    deep = any(len(one.relative_to(place).parts) > 2 for one in files)
    found = f'PICTURES.glob("{"**" if deep else "*"}/*{suffixes[0]}")'
    if len(suffixes) > 1:
        found = f'file for file in PICTURES.glob("{"**" if deep else "*"}/*") if file.suffix in {literal(suffixes)}'
    targets = [target.variable for target in facts.targets.values()]
    label = "file.relative_to(PICTURES).parts[0]" if deep else "file.parent.name"
    relative = Path(os.path.relpath(facts.spec.folder / place, folder)).as_posix()
    file.constants["PICTURES"] = f"Path(__file__).parent / {text(relative)}"
    file.helpers["read_examples"] = [
        "def read_examples():",
        '    """The pictures, the class of each by its folder, and their files."""',
        f"    files = sorted({found})",
        "    x = np.stack([read_picture(file) for file in files])",
        *(f"    {target} = np.array([{label} for file in files])" for target in targets[:1]),
        f"    names = [{text(place + '/')} + file.relative_to(PICTURES).as_posix() for file in files]",
        f"    return {', '.join(['x', *targets[:1], 'np.array(names)'])}",
    ]
