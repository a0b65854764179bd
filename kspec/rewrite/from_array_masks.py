"""Writes a commented spec for arrays of images and of their masks."""

from __future__ import annotations

from kspec.analysis.data_profile import ColumnProfile, DataProfile
from kspec.rewrite.array_layers import is_image
from kspec.rewrite.file_layers import BYTE, NewLayer
from kspec.rewrite.spec_writer import SpecWriter, TableFacts
from kspec.rewrite.table_inference import TableRoles
from kspec.syntax.yaml_flow import to_yaml

MOST_CLASSES = 100


def find_array_masks(profile: DataProfile, target: str | None) -> tuple[ColumnProfile, ColumnProfile] | None:
    """The columns of images and of their masks, which have a class for each pixel; None if there are none.

    Args:
        profile: The profile of the table.
        target: The column to predict, if the user named it.
    """
    masks = [column for column in profile.columns if _is_mask(column) and target in (None, column.name)]
    for mask in reversed(masks):
        for image in profile.columns:
            if image is not mask and is_image(image) and image.shape[:2] == mask.shape[:2]:
                return image, mask
    return None


def _is_mask(column: ColumnProfile) -> bool:
    is_plane = column.type == "array" and (len(column.shape) == 2 or (len(column.shape) == 3 and column.shape[2] == 1))
    most = column.maximum
    return is_plane and column.whole is True and column.minimum == 0 and most is not None and 1 <= most < MOST_CLASSES


def array_masks_spec(facts: TableFacts, image: ColumnProfile, mask: ColumnProfile) -> str:
    """The text of a spec that gives each pixel of an array a class.

    Args:
        facts: The table.
        image: The column of images.
        mask: The column of their masks.
    """
    roles = TableRoles(mask, "", "multiclass_classification", "has a class for each pixel")
    for column in facts.profile.columns:
        if column.name not in (image.name, mask.name):
            roles.unused[column.name] = "it is neither an image nor a mask"
    return _MasksWriter(facts, roles, image).write()


class _MasksWriter(SpecWriter):
    def __init__(self, facts: TableFacts, roles: TableRoles, image: ColumnProfile) -> None:
        super().__init__(facts, roles)
        self.image = image
        self.input = self.name(image.name)
        self.inputs[self.input] = ([image], f"{{shape: [{', '.join(map(str, image.shape))}]}}")

    def _data(self) -> None:
        self.add(f"  inputs: {to_yaml({self.input: self.image.name})}")
        self.add(f"  targets: {to_yaml({self.output: self.roles.target.name})}")
        self.split()

    def _layers(self) -> None:
        shape, convolution = list(self.image.shape), "{{filters: {}, kernel_size: 3, dilation_rate: {}, {}}}"
        layers = [] if len(shape) == 3 else [NewLayer("Reshape", f"{{target_shape: {[*shape, 1]}}}")]
        if (self.image.maximum or 0) > 1:
            layers += [NewLayer("Rescaling", f"{{scale: {BYTE}}}", "from 0 to 255 to from 0 to 1")]
        layers += [
            NewLayer("Conv2D", convolution.format(filters, rate, "padding: same, activation: relu"))
            for filters, rate in ((16, 1), (32, 2), (32, 4))
        ]
        self.add()
        self.add("layers:")
        self.chain(layers, self.input, "")
        classes = int(self.roles.target.maximum or 1) + 1
        self.add(f"  - Conv2D: {{filters: {classes}, kernel_size: 1, activation: softmax}}", "a channel for each class")
        self.add(f"    name: {self.output}")

    def _training(self) -> None:
        self.compile()
        self.fit(epochs=50, batch_size=8, patience=8)
