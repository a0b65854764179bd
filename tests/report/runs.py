"""Run folders of invented results, written without training."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def write_run(
    folder: Path, spec: str, record: Mapping[str, Any], columns: Mapping[str, Sequence[Any]], epochs: int = 3
) -> Path:
    """Writes a run folder.

    Args:
        folder: The folder.
        spec: The text of its spec, which is the resolved one, too.
        record: What is in `run.json` beside the usual.
        columns: The table of predictions.
        epochs: How many rows the history has.
    """
    folder.mkdir(parents=True)
    for name in ("spec.yaml", "resolved.yaml"):
        (folder / name).write_text(spec, encoding="utf-8")
    usual = {
        "version": 1, "name": "invented", "status": "finished", "folder": str(folder), "started": "2026-01-31T12:00:00+0000",
        "seconds": 2.0, "seed": 7, "command": "kspec run spec.yaml", "versions": {"kspec": "0.1.0"}, "epochs": epochs,
        "kept_epoch": 2, "durations": {"fit": 1.0},
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(usual | dict(record)), encoding="utf-8")
    metrics = {
        "evaluate": {"split": "test", "examples": len(next(iter(columns.values()))), "loss": 0.5, "accuracy": 0.75},
        "validation": {"loss": 0.6, "accuracy": 0.7},
        "baseline": {"answers": {}, "accuracy": 0.5},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    _table(folder / "history.csv", {
        "epoch": range(1, epochs + 1), "loss": np.linspace(1, 0.5, epochs), "val_loss": np.linspace(1.1, 0.6, epochs),
    })  # fmt: skip
    _table(folder / "predictions.csv", columns)
    return folder


def _table(path: Path, columns: Mapping[str, Sequence[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def labels(names: Sequence[str], output: str = "kind") -> dict[str, Any]:
    """What a record knows of the labels of an output."""
    return {"data": {"labels": {output: {"kind": "text", "names": list(names), "are_numbers": False, "ignored": None}}}}


BINARY = """\
kspec: 1
name: invented
inputs: {x: {shape: [3]}}
layers:
- Dense: {units: 4, activation: relu}
- Dense: {units: 1, activation: sigmoid}
  name: kind
task: binary_classification
compile: {optimizer: adam, loss: binary_crossentropy}
predict: {to: predictions.csv}
"""


def binary_run(folder: Path, names: Sequence[str] = ("bad", "good"), count: int = 60) -> tuple[Path, Array, Array]:
    """A run of two classes; returns its folder, the probabilities and which examples are of the second class.

    Args:
        folder: The folder.
        names: The two classes.
        count: How many examples it predicted.
    """
    generator = np.random.default_rng(count)
    actual = generator.random(count) < 0.5
    values = np.clip(actual * 0.3 + generator.random(count) * 0.7, 0, 1).astype("float32").astype("float64").round(3)
    columns = {
        "row": range(1, count + 1),
        "kind_probability": values.tolist(),
        "kind": [names[int(each)] for each in values > 0.5],
        "kind_actual": [names[int(each)] for each in actual],
    }
    return write_run(folder, BINARY, labels(names), columns), values, actual


def multiclass_run(folder: Path, count: int = 90) -> tuple[Path, Array, Array]:
    """A run of three classes; returns its folder, the probabilities and the classes."""
    generator = np.random.default_rng(count)
    actual = generator.integers(0, 3, count)
    values = generator.dirichlet([1, 1, 1], count).round(4)
    values[np.arange(count), actual] += 0.3
    names = ("a", "b", "c")
    columns = {
        "row": range(1, count + 1),
        **{f"kind_{name}": values[:, at].tolist() for at, name in enumerate(names)},
        "kind": [names[each] for each in values.argmax(axis=1)],
        "kind_actual": [names[each] for each in actual],
    }
    spec = BINARY.replace("units: 1, activation: sigmoid", "units: 3, activation: softmax")
    spec = spec.replace("binary_crossentropy", "sparse_categorical_crossentropy").replace(
        "binary_class", "multiclass_class"
    )
    return write_run(folder, spec, labels(names), columns), values, actual


def regression_run(folder: Path, count: int = 80) -> tuple[Path, Array, Array]:
    """A run that predicts a number; returns its folder, the predictions and the actual values."""
    generator = np.random.default_rng(count)
    actual = generator.normal(20, 5, count).round(3)
    values = (actual + generator.normal(0, 2, count)).round(3)
    spec = BINARY.replace(", activation: sigmoid", "").replace("binary_crossentropy", "mse")
    spec = spec.replace("task: binary_classification", "task: regression")
    columns = {"row": range(1, count + 1), "kind": values.tolist(), "kind_actual": actual.tolist()}
    return write_run(folder, spec, {}, columns), values, actual


def mask_run(folder: Path, count: int = 9) -> tuple[Path, Array, Array]:
    """A run that predicts a mask of 8 x 6; returns its folder, the probabilities and the masks."""
    generator = np.random.default_rng(count)
    actual = generator.random((count, 8, 6)) < 0.3
    values = np.clip(actual * 0.4 + generator.random(actual.shape) * 0.6, 0, 1)
    spec = BINARY.replace("shape: [3]", "shape: [8, 6, 1]").replace("- Dense: {units: 4, activation: relu}\n", "")
    spec = spec.replace("Dense: {units: 1,", "Conv2D: {filters: 1, kernel_size: 1,")
    written = write_run(folder, spec, labels(("ground", "road")), {"row": []})
    names = np.array(["ground", "road"])
    arrays = {"row": np.arange(1, count + 1), "kind_probability": values[..., np.newaxis], "kind_labels": names}
    arrays |= {"kind": names[(values > 0.5).astype(int)], "kind_actual": names[actual.astype(int)][..., np.newaxis]}
    np.savez_compressed(written / "predictions.npz", **arrays)
    (written / "predictions.csv").unlink()
    return written, values, actual


def identify_data(folder: Path, digest: str = "d1") -> Path:
    """Notes which data a run has read; returns its folder.

    Args:
        folder: The run folder.
        digest: What identifies them.
    """
    path = folder / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record.setdefault("data", {})["fingerprints"] = {"data.csv": digest}
    path.write_text(json.dumps(record), encoding="utf-8")
    return folder


def change_metrics(folder: Path, **metrics: float) -> None:
    """Replaces metrics of the evaluation of a run."""
    path = folder / "metrics.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    known["evaluate"] |= metrics
    path.write_text(json.dumps(known), encoding="utf-8")


def compared_binary_runs(folder: Path, count: int = 3) -> list[Path]:
    """Runs of two classes that have predicted the same examples, each with other probabilities and other units.

    Args:
        folder: The folder of the run folders.
        count: How many.
    """
    folders = []
    for number in range(count):
        own, values, _ = binary_run(folder / f"run-{number}")
        generator = np.random.default_rng(number)
        table = list(csv.reader((own / "predictions.csv").open(encoding="utf-8")))
        for row, value in zip(table[1:], values, strict=True):
            changed = round(float(np.clip(value + generator.normal(0, 0.1 * number), 0, 1)), 3)
            row[1:3] = [str(changed), "good" if changed > 0.5 else "bad"]
        _table(own / "predictions.csv", dict(zip(table[0], zip(*table[1:], strict=True), strict=True)))
        for name in ("spec.yaml", "resolved.yaml"):
            path = own / name
            path.write_text(BINARY.replace("units: 4", f"units: {4 + number}"), encoding="utf-8")
        change_metrics(own, accuracy=0.75 + number / 100, loss=0.5 - number / 10)
        folders.append(identify_data(own))
    return folders


def folds_run(folder: Path, count: int = 3) -> Path:
    """A run of folds of two classes; returns its folder.

    Args:
        folder: The folder.
        count: How many folds.
    """
    own, *_ = binary_run(folder)
    record = {"members": {"kind": "fold", "count": count, "shares_split": False}}
    known = json.loads((own / "run.json").read_text(encoding="utf-8"))
    (own / "run.json").write_text(json.dumps({key: known[key] for key in known if key != "data"} | record))
    (own / "history.csv").unlink()
    for number in range(1, count + 1):
        member, *_ = binary_run(own / f"fold-{number}")
        change_metrics(identify_data(member), accuracy=0.7 + number / 100, loss=0.5 - number / 100)
    return own


SWEEP = """\
sweep:
  search:
    layers.0.Dense.units: {choice: [2, 4, 8]}
    compile.optimizer.Adam.learning_rate: {log: [1e-4, 1e-1]}
    fit.batch_size: {int: [8, 128], log: true}
  goal: GOAL
  trials: COUNT
"""


def sweep_run(
    folder: Path, count: int = 20, goals: Sequence[str] = ("val_loss",), message: str = "no memory"
) -> tuple[Path, list[dict[str, Any]]]:
    """A sweep whose loss depends on the learning rate alone; returns its folder and its trials.

    Args:
        folder: The folder.
        count: How many trials; the fourth is pruned, the fifth has failed.
        goals: What is minimized.
        message: Why the fifth has failed.
    """
    generator = np.random.default_rng(count)
    folder.mkdir(parents=True)
    goal = json.dumps({"minimize": goals[0] if len(goals) == 1 else list(goals)})
    text = BINARY.replace("optimizer: adam", "optimizer: {Adam: {learning_rate: 0.01}}")
    (folder / "spec.yaml").write_text(text + SWEEP.replace("GOAL", goal).replace("COUNT", str(max(count, 1))))
    trials: list[dict[str, Any]] = []
    for number in range(count):
        rate = float(10 ** generator.uniform(-4, -1))
        units = int(generator.choice([2, 4, 8]))
        point = {
            "layers.0.Dense.units": units, "compile.optimizer.Adam.learning_rate": rate,
            "fit.batch_size": int(generator.integers(8, 129)),
        }  # fmt: skip
        values = [abs(float(np.log10(rate)) + 2), float(units)][: len(goals)]
        status = {3: "pruned", 4: "failed"}.get(number, "complete")
        own = {"number": number, "status": status, "point": point, "values": [] if status == "failed" else values}
        trials.append(own | {"seconds": 1.5, "epochs": 3, "message": message if status == "failed" else ""})
    done = [trial for trial in trials if trial["status"] == "complete"]
    best = min(done, key=lambda trial: trial["values"][0])["number"] if done else None
    refusals = [
        {"number": count + place, "point": {"fit.batch_size": 8}, "reasons": [reason]}
        for place, reason in enumerate(["parameters <= 100", "KS305: <script>alert(1)</script>"])
    ]
    found = {
        "goals": [{"name": name, "direction": "minimize"} for name in goals], "planned": count, "status": "finished",
        "ended": "", "refusals": refusals, "best": [] if best is None else [best], "trials": trials,
    }  # fmt: skip
    (folder / "sweep.json").write_text(json.dumps(found))
    record = {
        "version": 1,
        "name": "invented",
        "status": "finished",
        "folder": str(folder),
        "sweep": {"trials": max(count, 1)},
    }
    (folder / "run.json").write_text(json.dumps(record))
    if len(goals) == 1 and count:
        binary_run(folder / "best")
    return folder, trials
