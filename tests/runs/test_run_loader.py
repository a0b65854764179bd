"""A run folder holds all that its model needs."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest

import kspec
from kspec.compiler.compile import compile_spec
from kspec.diff.compare import compare
from kspec.export.export import export
from kspec.runs.run_evaluation import evaluate_run
from kspec.runs.run_loader import load_run, predictions_of, read_examples
from tests.support.pictures import no_pictures  # noqa: F401

SPEC = """\
kspec: 1
data: {csv: data.csv, inputs: {text: text, a: [a1, a2]}, targets: {out: y}, split: {validation: 0.25}}
inputs: {text: {shape: [], dtype: string}, a: {shape: [2]}}
vars: {tables: two}
blocks:
  times:
    params: [table]
    layers:
      - op: multiply
        from: {x1: in}
        call: {x2: {file: $table}}
layers:
  - TextVectorization: {vocabulary: words.txt, output_sequence_length: 2}
    from: text
    name: words
  - Embedding: {input_dim: 5, output_dim: 3}
    weights: {file: glove.txt, vocabulary: words}
    name: vectors
  - Flatten:
    name: flat
  - block: times
    from: a
    with: {table: one/table.npy}
  - op: add
    call: {x2: {file: "${tables}/table.npy"}}
    name: scaled
  - Concatenate:
    from: [flat, scaled]
  - Dense: {units: 1}
    name: out
fit: {epochs: 1}
weights: start.weights.h5
task: regression
"""


def test_a_run_needs_none_of_the_files_its_network_was_made_of(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [(["good bad", "bad"][i % 2], i / 10, 1, i) for i in range(20)]
    with open("data.csv", "w", newline="") as file:
        csv.writer(file).writerows([("text", "a1", "a2", "y"), *rows])
    (tmp_path / "glove.txt").write_text("good 0.5 -1 2\nbad 1e-1 0 3\n")
    (tmp_path / "words.txt").write_text("good\nrare\nbad\n")
    for folder, numbers in (("one", [2.0, 3.0]), ("two", [0.1, 0.7])):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "table.npy", numbers)
    (tmp_path / "spec.yaml").write_text(SPEC.replace("weights: start.weights.h5\n", ""))
    kspec.build("spec.yaml").save_weights("start.weights.h5")
    (tmp_path / "spec.yaml").write_text(SPEC)
    run = kspec.run("spec.yaml")
    specs = [compile_spec(path).unwrap() for path in ("spec.yaml", run.folder / "resolved.yaml")]
    assert compare(*specs, of_run=True).differences == []

    for name in ("glove.txt", "words.txt", "one", "two", "start.weights.h5"):
        (shutil.rmtree if "." not in name else lambda path: path.unlink())(tmp_path / name)
    folder = run.folder.resolve()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    loaded = load_run(str(folder))
    examples, _ = read_examples(loaded, "../data.csv", None, need_targets=True)
    predictions, _ = predictions_of(loaded, examples)
    inputs = {
        "text": np.array([row[0] for row in rows], dtype=object),
        "a": np.array([row[1:3] for row in rows], dtype="float32"),
    }
    np.testing.assert_array_equal(predictions["out"], run.model.predict(inputs, verbose=0))
    error = np.mean((predictions["out"][:, 0] - np.arange(20)) ** 2)
    assert evaluate_run(loaded, examples)["loss"] == pytest.approx(error, rel=1e-5)
    assert export(str(folder), "keras").path.is_file()
