"""Whatever examples are made of, a server predicts for them what `kspec predict` does."""

import asyncio
import base64
import csv
import io
import json
import wave

import numpy as np
import pytest

import kspec
from kspec.cli import main
from kspec.serving.batching import BatchLimits
from kspec.serving.bodies import json_body
from kspec.serving.model import ServedModel, load_model
from kspec.serving.registry import Registry
from kspec.serving.requests import results_of
from kspec.serving.service import Service
from kspec.serving.settings import Bounds, Settings
from tests.serving.conftest import ask, serving
from tests.support.project import make_project

HEAD = "kspec: 1\nname: {name}\nseed: 1\n"
FIT = "fit: {epochs: 1, batch_size: 8}\n"
DENSE = "  - Dense: {units: 1, activation: sigmoid}\n    name: kind\n"


def served(rows, place="runs/form"):
    """The results of rows."""
    model = load_model(place, "runs")

    async def ask():
        service = Service(model.name, model, BatchLimits(), lambda _: None)
        try:
            body = json_body(json.dumps({"instances": rows}).encode(), model)
            return [result for _, result in await results_of(service, body, Bounds())]
        finally:
            service.close()

    return asyncio.run(ask())


def assert_together_as_alone(lists, monkeypatch):
    """Lists of rows in one request have the answers and errors of each alone; how often the model was asked."""
    asked, predict = [], ServedModel.predict
    with monkeypatch.context() as patch:
        patch.setattr(ServedModel, "predict", lambda *words: asked.append(words) or predict(*words))
        together = served(lists)
    for one, rows in zip(together, lists, strict=True):
        (alone,) = served([rows])
        assert (one.rows, one.places, one.errors) == (alone.rows, alone.places, alone.errors)
        for answer, expected in zip(one.answers, alone.answers, strict=True):
            assert answer["next"]["prediction"] == pytest.approx(expected["next"]["prediction"], rel=1e-5)
    assert {bool(each.answers) for each in together} == {True, False}
    return len(asked)


def stream(values, place="runs/form"):
    """The lines that a server answers to a stream of lines."""
    registry = Registry(BatchLimits(), lambda *_: None)
    registry.serve("form", load_model(place, "runs"))
    with serving(registry, Settings(port=0)) as port:
        body = "\n".join(map(json.dumps, values))
        return ask(port, "/v1/models/form:predict", body, "application/x-ndjson")[2].splitlines()


def predicted(data):
    """The lines that `kspec predict` writes."""
    assert main(["predict", "form", "--data", data, "-o", "expected.csv"]) == 0
    with open("expected.csv", newline="") as file:
        return list(csv.DictReader(file))


def train(write, text):
    kspec.run(write(HEAD.format(name="form") + text))


def table_rows(count=10):
    with open("table.csv", newline="") as file:
        lines = list(file)[: count + 1]
    with open("new.csv", "w") as file:
        file.writelines(lines)
    return list(csv.DictReader(lines))


@pytest.fixture
def write(tmp_path, monkeypatch):
    return make_project(tmp_path, monkeypatch)


def test_windows(write, tmp_path, monkeypatch):
    times = [f"2024-01-{day:02d}" for day in range(1, 25)]
    rows = [{"t": time, "shop": shop, "v": n * (1 + (shop == "x"))} for shop in "xy" for n, time in enumerate(times)]
    text = "t,shop,v\n" + "".join(f"{row['t']},{row['shop']},{row['v']}\n" for row in rows)
    (tmp_path / "series.csv").write_text(text)
    train(write, "data: {csv: series.csv, inputs: {past: {columns: v, window: past}}, targets: v, "
          "window: {length: 4, horizon: 2, time: t, by: shop}}\ninputs: {past: {shape: [4, 1]}}\n"
          "layers:\n  - Flatten\n  - Dense: {units: 2}\n    name: next\n" + FIT)  # fmt: skip
    lines = predicted("series.csv")
    (result,) = served(rows)
    steps = [value for answer in result.answers for value in answer["next"]["prediction"]]
    assert steps == pytest.approx([float(line["next"]) for line in lines], abs=1e-5)
    assert [place["shop"] for place in result.places] == [line["shop"] for line in lines[::2]]
    first, short = served([rows[:6], rows[:3]])
    assert first.answers[-1]["next"]["prediction"] == pytest.approx(
        [float(line["next"]) for line in lines if line["row"] == "6"], abs=1e-5
    )
    assert short.errors[0].code == "KS572"
    usable = [rows[:6], rows[1:9], rows[:3], rows[24:34], [*rows[:2], *rows[4:8]], rows[40:44], rows[3:4],
              [{**row, "v": None} for row in rows[:6]], [rows[2], rows[1], rows[0], *rows[3:5], *rows[24:30]]]  # fmt: skip
    calls = assert_together_as_alone(usable, monkeypatch)
    assert calls <= 4  # all together, then the three without a window
    assert_together_as_alone([*usable[:3], [*rows[:5], rows[4]]], monkeypatch)  # a time twice
    assert_together_as_alone([*usable[:3], [*rows[:5], {**rows[5], "t": "2024-01-05 12:00"}]], monkeypatch)
    streamed = [json.loads(line) for line in stream([rows[:6], rows[24:31], {"v": 1}, rows[:3]])]
    assert [line["row"] for line in streamed] == [0, 1, 2, 3]
    for line, row in zip(streamed[:2], (6, 31), strict=True):
        assert line["outputs"]["next"]["prediction"] == pytest.approx(
            [float(each["next"]) for each in lines if each["row"] == str(row)], abs=1e-5
        )
    assert [line["error"].get("code") for line in streamed[2:]] == [None, "KS572"]


def test_pictures(write, tmp_path):
    from PIL import Image

    encoded = []
    for number in range(12):
        file = tmp_path / "pictures" / "ab"[number % 2] / f"{number:02d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        values = np.random.default_rng(number).integers(0, 128 * (1 + number % 2), (8, 8), np.uint8)
        Image.fromarray(values).save(file)
    train(write, "data: {images: pictures}\ninputs: {image: {shape: [6, 6, 1]}}\nlayers:\n  - Rescaling: {scale: 0.004}\n"
          "  - Flatten\n" + DENSE.replace("kind", "class") + FIT)  # fmt: skip
    lines = predicted("pictures")
    for line in lines:
        encoded.append(base64.b64encode((tmp_path / line["file"]).read_bytes()).decode())
    (result,) = served([{"image": text} for text in encoded])
    found = [answer["class"]["probabilities"]["b"] for answer in result.answers]
    assert found == pytest.approx([float(line["class_probability"]) for line in lines], abs=1e-6)
    bomb = io.BytesIO()
    Image.new("L", (6000, 6000)).save(bomb, "PNG")
    bad = [lines[0]["file"], "/etc/passwd", base64.b64encode(b"no picture").decode(), None, encoded[0]]
    bad.append(base64.b64encode(bomb.getvalue()).decode())
    (result,) = served([{"image": each} for each in bad])
    assert {row: error.code for row, error in result.errors.items()} == {
        0: "KS516", 1: "KS516", 2: "KS516", 3: "KS503", 5: "KS534",
    }  # fmt: skip
    assert result.answers[0]["class"]["probabilities"]["b"] == pytest.approx(found[0], abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "data: {csv: table.csv, inputs: [a, weight], targets: kind, split: {folds: 2}}\n",
        pytest.param(
            "data: {csv: table.csv, inputs: [a, b], targets: kind, missing: {b: {fill: forward, else: 0}}}\n",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "data: {csv: table.csv, inputs: [a, s], targets: kind, columns: {s: 'coalesce(b, 0) * 2 + weight'}}\n",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["folds", "neighbors", "expressions"],
)
def test_columns(write, text):
    train(write, f"{text}inputs: {{x: {{shape: [2]}}}}\nlayers:\n{DENSE}{FIT}")
    rows = table_rows()
    lines = predicted("new.csv")
    (result,) = served(rows)
    assert [answer["kind"]["probabilities"]["yes"] for answer in result.answers] == pytest.approx(
        [float(line["kind_probability"]) for line in lines], abs=1e-6
    )


@pytest.mark.slow
def test_lists_and_arrays(write, tmp_path):
    rng = np.random.default_rng(0)
    rows = [{"w": [int(x) for x in rng.integers(1, 9, 1 + n % 6)], "y": n % 2} for n in range(40)]
    (tmp_path / "lists.jsonl").write_text("\n".join(map(json.dumps, rows)))
    train(write, "data: {json: lists.jsonl, inputs: {w: {column: w, length: 5}}, targets: y}\n"
          "inputs: {w: {shape: [5], dtype: int32}}\nlayers:\n  - Embedding: {input_dim: 10, output_dim: 3}\n"
          "  - GlobalAveragePooling1D\n" + DENSE.replace("kind", "y") + FIT)  # fmt: skip
    (result,) = served(rows)
    found = [answer["y"]["probabilities"]["1"] for answer in result.answers]
    assert found == pytest.approx([float(line["y_probability"]) for line in predicted("lists.jsonl")], abs=1e-6)
    x = rng.normal(size=(40, 4, 3)).astype("float32")
    np.savez(tmp_path / "arrays.npz", x=x, y=rng.integers(0, 3, 40))
    train(write, "data: {npz: arrays.npz, inputs: x, targets: y}\ninputs: {x: {shape: [4, 3]}}\n"
          "layers:\n  - Flatten\n  - Dense: {units: 3, activation: softmax}\n    name: y\n" + FIT)  # fmt: skip
    (result,) = served([{"x": each.tolist()} for each in x])
    assert [answer["y"]["probabilities"]["2"] for answer in result.answers] == pytest.approx(
        [float(line["y_2"]) for line in predicted("arrays.npz")], abs=1e-6
    )


@pytest.mark.slow
def test_sounds(write, tmp_path):
    for number in range(12):
        file = tmp_path / "sounds" / "ab"[number % 2] / f"{number:02d}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(file), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(800)
            sound.writeframes((8000 * np.sin(np.arange(200) / (3 + number % 2))).astype("<i2").tobytes())
    train(
        write,
        "data: {audio: sounds}\ninputs: {audio: {shape: [200]}}\nlayers:\n" + DENSE.replace("kind", "class") + FIT,
    )
    lines = predicted("sounds")
    rows = [{"audio": base64.b64encode((tmp_path / line["file"]).read_bytes()).decode()} for line in lines]
    (result,) = served(rows)
    assert [answer["class"]["probabilities"]["b"] for answer in result.answers] == pytest.approx(
        [float(line["class_probability"]) for line in lines], abs=1e-6
    )
