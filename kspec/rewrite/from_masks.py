"""Writes a commented spec for pictures and their masks: a small network that gives each pixel a class."""

from __future__ import annotations

from kspec.rewrite.file_layers import BYTE
from kspec.rewrite.init import MODELINE
from kspec.rewrite.spec_writer import TableFacts
from kspec.syntax.yaml_flow import to_yaml

_TEXT = """\
# Inferred from {name}: {rows} pictures with masks.
# Correct what does not fit; `kspec check --data` reports mismatches between spec and data.
kspec: 1
name: masks
seed: 0                                 # determines split, weights, shuffling and dropout

data:
  files: {files}
  inputs: photo
  targets: mask                         # the number of a class in each pixel
  split: {{validation: 0.2, test: 0.2}}

inputs:
  photo: {{shape: [{height}, {width}, 3]}}

layers:
  - Rescaling: {{scale: {byte}}}  # from 0 to 255 to from 0 to 1
  - Conv2D: {{filters: 16, kernel_size: 3, padding: same, activation: relu}}
    name: fine
  - MaxPooling2D
  - Conv2D: {{filters: 32, kernel_size: 3, padding: same, activation: relu}}
    name: coarse
  - MaxPooling2D
  - Conv2D: {{filters: 64, kernel_size: 3, padding: same, activation: relu}}
  - UpSampling2D:
    name: coarse_again
  - Concatenate:
    from: [coarse_again, coarse]
  - Conv2D: {{filters: 32, kernel_size: 3, padding: same, activation: relu}}
  - UpSampling2D:
    name: fine_again
  - Concatenate:
    from: [fine_again, fine]
  - Conv2D: {{filters: 16, kernel_size: 3, padding: same, activation: relu}}
  - Conv2D: {{filters: {classes}, kernel_size: 1, activation: softmax}}  # a channel for each class
    name: mask

compile:
  optimizer: {{Adam: {{learning_rate: 1e-3}}}}{loss}

fit:
  epochs: 50
  batch_size: 8
  callbacks:
    - EarlyStopping: {{monitor: val_loss, patience: 8, restore_best_weights: true}}
"""


def masks_spec(facts: TableFacts) -> str:
    """The text of a spec that predicts masks; sizes are halved twice and doubled again.

    Args:
        facts: The table, with the shape of `photo`, and what is known of the masks in its notes.
    """
    ignored = facts.notes["ignored"]
    loss = f"{{SparseCategoricalCrossentropy: {{ignore_class: {ignored}}}}}"
    height, width = (max(4, side // 4 * 4) for side in facts.shapes["photo"][:2])
    return MODELINE + _TEXT.format(
        name=facts.file.name,
        rows=facts.profile.rows,
        files=to_yaml(facts.path),
        height=height,
        width=width,
        byte=BYTE,
        classes=facts.notes["classes"],
        loss=f"\n  loss: {loss}" if ignored else "",
    )
