"""Specs that the tests open."""

from __future__ import annotations

from tests.conftest import SPECS

MLP = (SPECS / "mlp.yaml").read_text(encoding="utf-8")

SMALL = """\
kspec: 1
vars: {width: 8}
data: {csv: table.csv, targets: {grade: mark}}

inputs:
  points: {shape: [4]}

layers:
  - Dense: {units: "${width * 2}", activation: relu}
    name: wide
  - Dense: {units: $width}
    from: wide
  - Dropout: {rate: 0.5}
  - Dense: {units: 1, activation: sigmoid}
    from: dropout
    name: grade

outputs: grade
compile:
  loss: {grade: binary_crossentropy}
"""

STAGES = SMALL + "fit:\n  stages:\n    - trainable: {wide: false, wide/inner: true}\n"

BLOCKS = """\
kspec: 1
task: regression
inputs: {x: {shape: [4]}}
blocks:
  residual:
    params: [units, rate: 0.1]
    layers:
      - Dense: {units: $units, activation: relu}
        name: hidden
      - Dropout: {rate: $rate}
      - Dense: {units: 4}
        name: main
      - Add:
        from: [in, main]
layers:
  - block: residual
    with: {units: 8}
    repeat: 2
    name: stage
  - Dense: {units: 1}
    from: stage
    name: price
"""

MODELS = """\
kspec: 1
task: regression
inputs: {left: {shape: [6]}, right: {shape: [6]}}
models:
  encoder:
    inputs: {row: {shape: [6]}}
    layers:
      - Dense: {units: 8, activation: relu}
        name: wide
      - Dense: {units: 3}
        name: code
    outputs: code
    trainable: false
  both:
    inputs: {a: {shape: [3]}, b: {shape: [3]}}
    layers:
      - Concatenate:
        from: [a, b]
        name: wide
layers:
  - model: encoder
    from: left
    name: one
  - model: encoder
    from: {row: right}
    name: two
  - model: both
    from: {a: one, b: two}
    name: pair
  - Dense: {units: 1}
    name: price
"""
