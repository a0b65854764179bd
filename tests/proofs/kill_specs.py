"""Specs whose runs are killed: together they cover the engines, and everything that training remembers."""

from __future__ import annotations

from importlib.util import find_spec

COLUMNS = ("a", "b", "c", "d")
_CALLBACKS = """
  callbacks:
    - EarlyStopping: {patience: 8, restore_best_weights: true}
    - ReduceLROnPlateau: {patience: 1, factor: 0.5}
    - CSVLogger: {filename: log.csv}
    - ModelCheckpoint: {filepath: best.keras, save_best_only: true}
"""
_DATA = "data: {csv: table.csv, inputs: [a, b, c, d], targets: {y: kind}}\n"
_INPUTS = "inputs: {x: {shape: [4]}}\n"
_LAYERS = """\
layers:
  - Dense: {units: 8, activation: relu}
    name: first
  - BatchNormalization
  - Dropout: {rate: 0.3}
  - Dense: {units: 1, activation: sigmoid}
    name: y
"""
_NETWORK = _DATA + _INPUTS + _LAYERS
_FROZEN = """\
layers:
  - Normalization
  - Dense: {units: 64, activation: tanh}
    name: frozen
    trainable: false
  - GaussianNoise: {stddev: 0.1}
  - Dense: {units: 1, activation: sigmoid}
    name: y
"""
_STATEFUL = """\
data: {synthetic: {examples: 120}, split: {validation: 0.2, test: 0.2}}
inputs: {x: {shape: [5, 3], batch_size: 4}}
layers:
  - LSTM: {units: 4, stateful: true, dropout: 0.2}
  - Dense: {units: 1}
    name: y
task: regression
"""
_AVERAGES = "compile: {optimizer: {AdamW: {use_ema: true, ema_momentum: 0.9}}}\n"
SPECS = {
    "keras": _NETWORK + "fit:\n  epochs: 12\n  batch_size: 8\n  engine: keras\n  class_weight: balanced\n"
    "  checkpoint: {every: 7 steps}" + _CALLBACKS,
    "fused": _NETWORK
    + "fit:\n  epochs: 15\n  batch_size: 8\n  engine: fused\n  checkpoint: {every: 1 epoch}"
    + _CALLBACKS,
    "fused_xla": _NETWORK + "compile: {optimizer: {Adam: {gradient_accumulation_steps: 3}}, metrics: [AUC]}\n"
    "fit:\n  epochs: 12\n  batch_size: 8\n  engine: fused_xla\n  checkpoint: {every: 11 steps}" + _CALLBACKS,
    "auto": _NETWORK
    + "fit:\n  epochs: 15\n  batch_size: 4\n  engine: auto\n  checkpoint: {every: 9 steps}"
    + _CALLBACKS,
    "best_average": _NETWORK
    + _AVERAGES
    + "fit: {epochs: 12, batch_size: 8, keep: best, engine: fused, checkpoint: {every: 1 epoch}}\n",
    "last_average": _NETWORK
    + _AVERAGES
    + "fit: {epochs: 12, batch_size: 8, keep: last, engine: fused, checkpoint: {every: 13 steps}}\n",
    "swapped_average": _NETWORK
    + _AVERAGES
    + "fit: {epochs: 12, batch_size: 8, engine: keras, validation_freq: 2, checkpoint: {every: 13 steps},\n"
    "  callbacks: [{SwapEMAWeights: {swap_on_epoch: true}}, {CSVLogger: {filename: log.csv}}]}\n",
    "mixed": "dtype_policy: mixed_float16\n"
    + _NETWORK
    + "fit: {epochs: 12, batch_size: 8, engine: fused, checkpoint: {every: 9 steps}}\n",
    "stages": _NETWORK
    + "fit:\n  batch_size: 8\n  engine: fused\n  keep: best\n  checkpoint: {every: 9 steps}\n  stages:\n"
    "    - {name: head, epochs: 7, trainable: {first: false}}\n"
    "    - {name: all, epochs: 7, trainable: {first: true}, optimizer: {SGD: {momentum: 0.9}}}" + _CALLBACKS,
    "minutes": _NETWORK + "fit: {epochs: 40, batch_size: 8, engine: fused}\n",
    "stateful": _STATEFUL + "fit: {shuffle: false, epochs: 8, checkpoint: {every: 5 steps}}\n",
    "hoisted": _DATA
    + _INPUTS
    + _FROZEN
    + "fit: {epochs: 12, batch_size: 8, engine: fused, checkpoint: {every: 9 steps}}\n",
    "stored": _NETWORK.replace("csv: table.csv", "csv: table.csv, balance: oversample")
    + "fit: {epochs: 12, batch_size: 8, engine: fused, checkpoint: {every: 9 steps}}\n",
    "own_callback": "extensions: [own_callbacks]\n"
    + _NETWORK
    + "fit: {epochs: 12, batch_size: 8, engine: fused, checkpoint: {every: 9 steps},\n"
    "  callbacks: [{own_callbacks.Decay: {factor: 0.9}}, {CSVLogger: {filename: log.csv}}]}\n",
}
"""By name, the text after `name`. The run of `stored` also writes and reads a store of its data."""
if find_spec("tensorboard") is not None:
    SPECS["tensorboard"] = _NETWORK + (
        "fit: {epochs: 10, batch_size: 8, engine: keras, checkpoint: {every: 7 steps},\n"
        "  callbacks: [{TensorBoard: {log_dir: logs, update_freq: 3}}]}\n"
    )
OWN_CALLBACKS = """\
import random

import keras
import numpy


class Decay(keras.callbacks.Callback):
    '''A rate that follows from the losses so far and from random numbers.'''

    def __init__(self, factor):
        super().__init__()
        self.factor = factor
        self.losses = []
        self.steps = {"batches": 0}

    def on_train_batch_end(self, batch, logs=None):
        self.steps["batches"] += 1

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(logs["loss"])
        factor = self.factor + 0.05 * (random.random() + numpy.random.rand()) + 1e-4 * self.steps["batches"]
        if self.losses[-1] <= min(self.losses):
            self.model.optimizer.learning_rate.assign(self.model.optimizer.learning_rate * min(factor, 1.0))
        logs["rate"] = float(self.model.optimizer.learning_rate)
"""
