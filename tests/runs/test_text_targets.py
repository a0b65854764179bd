"""Targets that are texts, encoded by a layer: the next token of a text, and CTC."""

import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

import kspec
from kspec.cli._group import group
from kspec.data.lists.padding import ListPlan
from kspec.data.targets.labels import Labels
from kspec.runs.list_predictions import decoded, describe_whole_lists, whole_lists
from kspec.runs.run_evaluation import evaluate_run
from kspec.runs.run_loader import load_run, predict_run, read_examples
from kspec.runs.verify import verify
from tests.support.pictures import no_pictures  # noqa: F401
from tests.support.project import make_project

NEXT = """\
kspec: 1
name: next
seed: 3
data:
  csv: texts.csv
  targets: {next: {column: text, through: tokens, shift: 1}}
inputs: {text: {shape: [], dtype: string}}
layers:
  - {TextVectorization: {output_sequence_length: 6}, name: tokens}
  - Embedding: {input_dim: {vocabulary_of: tokens}, output_dim: 8, mask_zero: true}
  - LSTM: {units: 12, return_sequences: true}
  - {Dense: {units: {vocabulary_of: tokens}, activation: softmax}, name: next}
compile: {loss: sparse_categorical_crossentropy, metrics: [accuracy], optimizer: {Adam: {learning_rate: 0.05}}}
fit: {epochs: 12, batch_size: 8}
"""
CTC = """\
kspec: 1
name: captcha
seed: 1
data:
  npz: pictures.npz
  targets: {text: {column: text, through: LAYER}}
inputs: {image: {shape: [6, 28, 1]}}
layers:
  - Conv2D: {filters: 8, kernel_size: [6, 5], activation: relu}
  - Reshape: {target_shape: [24, 8]}
  - {Dense: {units: {classes_of: text}}, name: text}
compile: {loss: ctc, optimizer: {Adam: {learning_rate: 0.05}}}
fit: {epochs: 12, batch_size: 16}
"""
GLYPHS = {"1": "010110010010010111", "2": "110001010100111000", "7": "111001010010100100"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        place = tmp_path_factory.mktemp("texts")
        yield place, make_project(place, monkeypatch)


def _table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _ask(run, data, folder, *, need_targets=False):
    loaded = load_run(str(run.folder))
    examples, _ = read_examples(loaded, str(folder / data), None, need_targets=need_targets)
    files, _ = predict_run(loaded, examples, folder / "answers.csv")
    return loaded, examples, files


def test_the_next_token_of_a_text(folder):
    place, write = folder
    chains = ["one two three", "two three four five six one two three", "six one", "three four five six"]
    (place / "texts.csv").write_text("\n".join(["text", *chains * 15]) + "\n")
    run = kspec.run(write(NEXT))
    lines = _table(run.folder / "predictions.csv")
    tokens = {chain: chain.split() for chain in chains}
    assert {line["next_actual"] for line in lines} == {" ".join(words[1:7]) for words in tokens.values()}
    arrays = np.load(run.folder / "predictions.npz")
    labels = arrays["next_labels"].tolist()
    wanted = [line["next_actual"].split() for line in lines]
    chances = np.concatenate([arrays["next_probability"][n, : len(row)] for n, row in enumerate(wanted)])
    truth = [labels.index(word) for row in wanted for word in row]
    assert run.metrics["loss"] == pytest.approx(-np.log(chances[np.arange(len(truth)), truth]).mean(), rel=1e-5)
    assert run.metrics["accuracy"] == pytest.approx((chances.argmax(1) == truth).mean(), rel=1e-6)
    assert run.metrics["accuracy"] > 0.7
    (place / "new.csv").write_text("text\none two\nfour five six\n")
    loaded, _, files = _ask(run, "new.csv", place)
    first, second = _table(files[0])
    assert [len(line["next"].split()) for line in (first, second)] == [2, 3]
    assert (first["next_last"], second["next_last"]) == ("three", "one")
    assert float(first["next_last_probability"]) == pytest.approx(np.load(files[1])["next_probability"][0, 1].max())
    examples, _ = read_examples(loaded, None, "test", need_targets=True)
    assert evaluate_run(loaded, examples) == pytest.approx({n: run.metrics[n] for n in ("loss", "accuracy")}, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["{TextVectorization: {split: character}}", "StringLookup"])
def test_ctc_reads_texts_in_pictures(folder, layer):
    place, write = folder
    rng = np.random.default_rng(0)
    pictures, texts = np.zeros((160, 6, 28, 1), "float32"), []
    for picture in pictures:
        text = "".join(rng.choice(list(GLYPHS), rng.integers(2, 5)))
        for place_of, letter in enumerate(text):
            at = 1 + 6 * place_of + rng.integers(0, 3)
            picture[:, at : at + 3, 0] = np.array(list(GLYPHS[letter]), float).reshape(6, 3)
        texts.append(text)
    np.savez(place / "pictures.npz", image=pictures, text=np.array(texts))
    np.savez(place / "new.npz", image=pictures[:9])
    run = kspec.run(write(CTC.replace("LAYER", layer if "{" in layer else "{StringLookup: {}}"), "captcha.yaml"))
    lines = _table(run.folder / "predictions.csv")
    assert [line["text_actual"] for line in lines] == [texts[int(line["row"]) - 1] for line in lines]
    right = sum(line["text"] == line["text_actual"] for line in lines)
    assert right >= 0.9 * len(lines)
    assert any(f"{right} of {len(lines)} predictions of `text` are right as a whole" in note for note in run.notes)
    assert run.sequence_accuracy == {"split": "test", "outputs": {"text": right / len(lines)}}
    assert kspec.open(str(run.folder)).sequence_accuracy == run.sequence_accuracy
    assert all(each.verdict != "differs" for each in verify(str(run.folder)))
    answer = CliRunner().invoke(group, ["evaluate", str(run.folder), "--format", "json"])
    assert json.loads(answer.output)["sequence_accuracy"] == run.sequence_accuracy["outputs"]
    _, _, files = _ask(run, "new.npz", place)
    assert sum(line["text"] == text for line, text in zip(_table(files[0]), texts, strict=False)) >= 8


def test_greedy_decoding_is_that_of_keras():
    import keras

    scores = np.random.default_rng(0).normal(size=(5, 9, 4)).astype("float32")
    expected = keras.ops.nn.ctc_decode(scores, np.full(5, 9), strategy="greedy", mask_index=0)[0][0]
    best = scores.argmax(-1)
    for row, real, wanted in zip(best, decoded(scores), np.asarray(expected), strict=True):
        assert row[real].tolist() == [label for label in wanted.tolist() if label >= 0]


def test_lists_that_are_right_as_a_whole():
    labels = Labels("text", ["", "a", "b"])
    settings = SimpleNamespace(task=None, loss="ctc", kind_of_value="probability")
    encoding = SimpleNamespace(lists=ListPlan(whole=True), settings=settings, encoder=None, labels=labels)
    steps = np.eye(3)[[[1, 0, 1], [1, 1, 0], [2, 1, 1], [0, 0, 0]]]  # a a, a, b a, nothing
    targets = np.array([["a", "a"], ["a", "b"], ["b", "a"], ["a", "a"]])
    real = np.array([[True, True], [True, False], [True, True], [True, False]])
    split = SimpleNamespace(targets={"y": targets}, positions={"y": real}, absent={}, inputs={})
    found = whole_lists(split, {"y": steps}, {"y": encoding})
    assert found == {"y": (3, 4)}
    assert found["y"].accuracy == 0.75
    assert describe_whole_lists(found) == ["3 of 4 predictions of `y` are right as a whole (0.75)"]
