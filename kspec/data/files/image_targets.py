"""Targets that are images: masks, a class for each pixel; and images as the values of a regression.

They are decoded before training, at the size of the output, and kept in memory: a mask takes a byte for each pixel.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.data.columns import ColumnMapping
from kspec.data.context import Context, display_name
from kspec.data.files.images import image_files, image_reader, reading, report_undecodable
from kspec.data.files.resizing import resized_mask
from kspec.data.limits import LimitReached, check_memory
from kspec.data.network_specs import InputSpec, OutputSpec
from kspec.data.table import Column, Table
from kspec.diagnostics import Path as SpecPath
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

CLASSIFIERS = ("binary_classification", "multiclass_classification", "multilabel_classification")
WHITE = 255
"""What stands for 1 in the mask of two classes."""


class _NoMask(ValueError):
    """A file is no mask; the message says why."""


def read_image_targets(
    table: Table, mapping: ColumnMapping, outputs: Mapping[str, OutputSpec], context: Context, *, optional: bool = False
) -> None:
    """Decodes the targets that are images.

    Args:
        table: The table; the columns of such targets become arrays, which keep the paths for inputs.
        mapping: The columns of each output.
        outputs: What is known of each output; its shape is the size of its target.
        context: Receives every problem.
        optional: Whether a target that is no mask, or no image, is a missing one, as for predictions.
    """
    for name, columns in mapping.targets.items():
        column = table.columns[columns[0]]
        if len(columns) > 1 or column.kind != "image" or column.paths is not None:
            continue
        output = outputs.get(name, OutputSpec())
        reader = _TargetReader(name, column, output, mapping, context)
        decoded = reader.masks(optional=optional) if output.task in CLASSIFIERS else reader.images(optional=optional)
        if decoded is not None:
            table.columns[column.name] = decoded


class _MaskForm(NamedTuple):
    """What a mask may contain.

    Args:
        size: Its height and width.
        classes: The number of classes.
        ignored: The class that the loss ignores.
        resizing: How it gets its size.
    """

    size: tuple[int, int]
    classes: int
    ignored: int | None
    resizing: str

    def decode(self, encoded: bytes) -> Array:
        """The classes of a file, shape `size`.

        Raises:
            _NoMask: If it has other values.
            OSError, SyntaxError, ValueError: If it cannot be decoded.
        """
        mask = mask_pixels(encoded)
        if self.classes == 2 and self.ignored != WHITE:
            mask = _binary(mask)
        wrong = (mask >= self.classes) if self.ignored is None else (mask >= self.classes) & (mask != self.ignored)
        if wrong.any():
            raise _NoMask(f"has class {mask[wrong][0]}")
        return resized_mask(mask, self.size, self.resizing, 0 if self.ignored is None else self.ignored)


def _binary(mask: Array) -> Array:
    """A mask of 0 and 1, where white stands for 1."""
    import numpy

    return numpy.where(mask == WHITE, 1, mask)


def mask_pixels(encoded: bytes) -> Array:
    """The numbers of an image, shape (height, width): of one with a palette, the indices of its colours.

    Raises:
        _NoMask: If it has colours without a palette.
    """
    import numpy
    from PIL import Image

    with Image.open(io.BytesIO(encoded)) as image:
        pixels = numpy.asarray(image)
    if pixels.ndim == 2:
        return pixels.astype(numpy.int32)
    colours = pixels[..., :3] if pixels.shape[2] > 2 else pixels[..., :1]
    if (colours != colours[..., :1]).any():
        raise _NoMask("has colours, not the number of a class in each pixel")
    return colours[..., 0].astype(numpy.int32)


class _TargetReader:
    """Decodes the column of a target.

    Args:
        name: The output.
        column: The column of its target.
        output: What is known of the output.
        mapping: The columns of inputs, whose images the target belongs to.
        context: Receives every problem.
    """

    def __init__(self, name: str, column: Column, output: OutputSpec, mapping: ColumnMapping, context: Context) -> None:
        self.name = name
        self.column = column
        self.output = output
        self.context = context
        self.path: SpecPath = mapping.places[name]
        data = context.spec.document.data
        settings = {} if data is None else data.resize
        of_inputs = {settings.get(column, "stretch") for column in mapping.input_columns}
        alike = of_inputs.pop() if len(of_inputs) == 1 else "stretch"
        self.resizing = settings.get(column.name, alike)
        unreadable = column.unreadable
        self.missing = column.missing if unreadable is None else column.missing | unreadable
        self.present = (~self.missing).nonzero()[0]

    def images(self, *, optional: bool) -> Column | None:
        """The column of images as numbers from 0 to 255, shape (rows, *shape of the output)."""
        import numpy

        from kspec.backend.tensorflow import import_tensorflow

        tf = import_tensorflow()
        shape = self.output.shape or ()
        takes = InputSpec(shape, "float32")
        present = Column(self.column.name, "image", self.column.values[self.present], self.column.missing[self.present])
        files = image_files(self.name, takes, present, self.path, self.context, resizing=self.resizing)
        if files is None or not self._fits(4 * numpy.prod(files.example_shape, dtype=float)):
            return None
        values = numpy.zeros((len(self.column.values), *files.example_shape), numpy.float32)
        try:
            values[self.present] = files.array()
        except tf.errors.OpError:
            with reading(self.path, self.context):
                damaged = files.undecodable()
                if not optional:
                    report_undecodable(damaged, files, present, self.path, self.context)
                    return None
                known = ~numpy.isin(present.values.astype(str), damaged)
                values[self.present[known]] = files[known].array()
                self.missing = numpy.isin(numpy.arange(len(values)), self.present[known], invert=True)
                return self._column(values)
            return None
        return self._column(values)

    def masks(self, *, optional: bool) -> Column | None:
        """The column of masks, integers of shape (rows, height, width), or (rows, height, width, 1) of two classes."""
        import numpy

        form = self._form()
        if form is None or not self._fits(form.size[0] * form.size[1]):
            return None
        most = max(form.classes, form.ignored or 0)
        values = numpy.zeros((len(self.column.values), *form.size), numpy.uint8 if most <= WHITE else numpy.int32)
        wrong: dict[int, str] = {}
        damaged: list[int] = []
        read = image_reader(self.context)

        def decode(row: int) -> None:
            file = self.column.values[row]
            encoded = read(file)
            try:
                values[row] = form.decode(encoded)
            except _NoMask as error:
                wrong[row] = str(error)
            except (OSError, SyntaxError, ValueError, EOFError):
                damaged.append(row)

        errors = self.context.report.errors
        with reading(self.path, self.context), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            list(pool.map(decode, self.present.tolist()))
        if self.context.report.errors > errors:
            return None
        if damaged and not optional:
            files = sorted(set(self.column.values[damaged].tolist()))
            report_undecodable(files, None, self.column, self.path, self.context)
            return None
        if wrong and not optional:
            self._report(wrong, form)
            return None
        if self.output.task == "binary_classification":
            values = values[..., numpy.newaxis]
        self.missing = self.missing | numpy.isin(numpy.arange(len(values)), [*wrong, *damaged])
        return self._column(values)

    def _form(self) -> _MaskForm | None:
        """What the masks may contain; None if the output has no height and width, which is reported."""
        shape = self.output.shape
        if shape is None or len(shape) != 3:
            shown = "an unknown shape" if shape is None else f"the shape {shape_text(shape)}"
            self.context.error(
                codes.DATA_SHAPE_MISMATCH,
                f"the target `{self.column.name}` is a mask, and `{self.name}` has {shown}",
                self.path,
                help="a mask needs an output with a height, a width and a channel for each class",
            )
            return None
        if self.output.task == "multilabel_classification":
            self.context.error(
                codes.INCOMPATIBLE_DATA_TYPE,
                f"`{self.name}` answers {shape[-1]} questions for each pixel, and a mask holds one class",
                self.path,
                help="end the network with `softmax` over the classes, or with one unit and `sigmoid`",
            )
            return None
        classes = 2 if self.output.task == "binary_classification" else shape[-1] or 2
        height, width = shape[:2]
        if height is None or width is None:
            takes = InputSpec((height, width, 1))
            files = image_files(self.name, takes, self.column, self.path, self.context)
            if files is None:
                return None
            height, width, _ = files.size
        return _MaskForm((height, width), classes, self.output.ignored, self.resizing)

    def _fits(self, bytes_each: float) -> bool:
        """Whether the decoded images fit into memory, which is reported."""
        try:
            name = f"the images of `{self.column.name}`, which are a target,"
            check_memory(bytes_each * len(self.column.values), name, self.context.limits)
        except LimitReached as reached:
            self.context.limit(reached, self.path)
            return False
        return True

    def _report(self, wrong: Mapping[int, str], form: _MaskForm) -> None:
        """Reports the files that are no masks (KS557)."""
        row = min(wrong)
        file = display_name(Path(self.column.values[row]), self.context)
        more = f", and {len(wrong) - 1:,} more masks are wrong" if len(wrong) > 1 else ""
        needs = f"the {form.classes} classes of `{self.name}` are numbered from 0 to {form.classes - 1}"
        help = "correct the mask, or let the loss ignore a class: `ignore_class: 255`"
        if form.classes == 2:
            needs = f"a mask of `{self.name}` has 0 and 1, or 0 and 255"
            help = "save masks as PNG; JPEG does not keep numbers" if file.lower().endswith(("jpg", "jpeg")) else help
        self.context.error(codes.INVALID_MASK, f"`{file}` {wrong[row]}, and {needs}{more}", self.path, help=help)

    def _column(self, values: Array) -> Column:
        return replace(self.column, kind="array", values=values, missing=self.missing, paths=self.column.values)
