"""Random command lines over damaged specs, tables and run folders, each run in this process."""

from __future__ import annotations

import contextlib
import io
import os
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kspec.cli import main
from tests.support.mutations import damage_run, mutated_spec, mutated_table

SPECS = {
    "binary": """\
kspec: 1
name: binary
data: {csv: table.csv, inputs: [a, b], targets: kind, missing: {a: median}}
inputs: {x: {shape: [2]}}
layers:
  - Normalization
  - Dense: {units: 4, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
    name: kind
compile: {optimizer: {Adam: {learning_rate: 0.01}}, loss: binary_crossentropy, metrics: [accuracy, AUC]}
fit: {epochs: 1, batch_size: 16, callbacks: [{EarlyStopping: {monitor: val_loss, patience: 2}}]}
""",
    "mixed": """\
kspec: 1
name: mixed
vars: {width: 6}
data:
  csv: table.csv
  inputs: {numbers: [a, b], place: city, words: note, level: level}
  targets: {city_again: city, size: size}
  split: {validation: 0.2, test: 0.2, stratify: city}
inputs:
  numbers: {shape: [2]}
  place: {shape: [1], dtype: string}
  words: {shape: [1], dtype: string}
  level: {shape: [1], dtype: int32}
layers:
  - StringLookup: {output_mode: one_hot}
    name: places
    from: place
  - TextVectorization: {output_mode: multi_hot}
    name: tokens
    from: words
  - Embedding: {input_dim: 5, output_dim: 3}
    name: levels
    from: level
  - Flatten:
    name: level_vector
  - Flatten:
    name: token_vector
    from: tokens
  - Concatenate:
    from: [numbers, places, token_vector, level_vector]
  - Dense: {units: "${width}", activation: relu}
    name: shared
  - Dense: {units: {classes_of: city_again}, activation: softmax}
    name: city_again
    from: shared
  - Dense: {units: 1}
    name: size
    from: shared
outputs: [city_again, size]
compile: {loss: {size: mse}, metrics: {city_again: accuracy, size: mae}}
fit: {epochs: 1, batch_size: 16}
predict: {data: new.csv}
""",
    "blocks": """\
kspec: 1
name: blocks
data: {synthetic: {train: 24, validation: 8, test: 8}}
inputs: {image: {shape: [8, 8, 1]}}
blocks:
  conv:
    params: {filters: 4}
    layers:
      - Conv2D: {filters: "${filters}", kernel_size: 3, padding: same}
      - BatchNormalization
      - Activation: {activation: relu}
layers:
  - repeat: 2
    layers:
      - block: conv
        with: {filters: 3}
  - MaxPooling2D
  - GlobalAveragePooling2D
  - Dense: {units: 3, activation: softmax}
fit: {epochs: 1, batch_size: 8}
""",
}
FORMATS = ("python", "json", "keras", "mermaid", "dot", "svg", "png", "nonsense")
OUTPUTS = (
    "out",
    "out.csv",
    "out.keras",
    "new/out.json",
    "-",
    ".",
    "taken",
    "table.csv/x",
    "out.svg",
    "out.yaml",
    "",
    "é",
)
DATA = ("new.csv", "table.csv", "nothing.csv", ".", "", "binary.yaml", "*.csv", "-")
CONDITIONS = ("metrics.loss > 0", "vars.width == 6", "spec.fit.epochs == 1 or status == 'unknown'", "'good' in tags",
              "started > '2026-01-01'", "nothing > 1", "metrics.loss > 'x'", "epochs >", "name in [")  # fmt: skip
OVERRIDES = ("fit.epochs=2", "fit.batch_size=7", "name=other", "nothing", "fit.epochs=", "layers.kind.units=2", "=1",
             "data.csv=new.csv", "layers[0].name=a", "compile={}", "vars.width=x", "data.split+=1", "fit+=1")  # fmt: skip


class Failure(NamedTuple):
    """A command that ended in a traceback or with an unknown status.

    Args:
        words: The command line.
        damage: What was damaged before.
        folder: The working directory.
        text: What it printed.
    """

    words: list[str]
    damage: str
    folder: Path
    text: str


def make_base(folder: Path, *, runs: bool = True) -> None:
    """A folder with a table, three specs, and a run of two of them.

    Args:
        folder: The folder.
        runs: Whether to make the runs, which takes half a minute.
    """
    rng = random.Random(0)
    rows = ["a,b,kind,size,city,note,level"]
    for number in range(60):
        a, b = round(rng.gauss(0, 1), 3), round(rng.gauss(0, 1), 3)
        city = ("oslo", "rome", "lima")[number % 3]
        kind = "yes" if a + b > 0 else "no"
        rows.append(f"{a},{b},{kind},{round(a - b, 3)},{city},{'good fine' if a > 0 else 'bad poor'},{number % 5}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "new.csv").write_text("\n".join([rows[0], *rows[5:15]]) + "\n", encoding="utf-8")
    (folder / "taken").write_text("x", encoding="utf-8")
    for name, text in SPECS.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    with inside(folder):
        for name in ("binary", "mixed") if runs else ():
            status, text = call(["run", f"{name}.yaml", "-q"])
            assert status == 0, text


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Makes a folder the working directory."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def call(words: list[str], stdin: bytes = b"") -> tuple[int, str]:
    """Runs a command line; returns its status, and standard output followed by standard error."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            status = main(words)
    finally:
        sys.stdin = before
    return status, "".join(stream.buffer.getvalue().decode("utf-8", "replace") for stream in (output, errors))


def try_one(base: Path, folder: Path, seed: int, *, heavy: bool = True) -> Failure | None:
    """Damages a copy of the base folder, and runs one random command there.

    Args:
        base: As `make_base` makes it.
        folder: Where the copy is made; removed again unless the command fails.
        seed: Decides everything.
        heavy: Whether commands that import TensorFlow are among them.

    Returns:
        The failure, if the command ends in a traceback or with an unknown status.
    """
    rng = random.Random(seed)
    shutil.copytree(base, folder, symlinks=True)
    with inside(folder):
        damage = _damage(rng)
        words, stdin = _command(rng, heavy)
        try:
            status, text = call(words, stdin)
        except BaseException as error:
            import traceback

            status, text = -1, "".join(traceback.format_exception(error))
    if status in (0, 1, 2, 3) and "Traceback" not in text and "internal error" not in text:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return Failure(words, damage, folder, f"status {status}\n{text}")


def _damage(rng: random.Random) -> str:
    """Damages a spec, a table or a run in the working directory; returns what it did."""
    kind = rng.random()
    if kind < 0.45:
        for name in SPECS:
            file = Path(f"{name}.yaml")
            file.write_text(mutated_spec(file.read_text(encoding="utf-8"), rng), encoding="utf-8")
        return "specs changed"
    if kind < 0.7:
        for table in ("table.csv", "new.csv"):
            Path(table).write_bytes(mutated_table(Path(table).read_bytes(), rng))
        return "tables changed"
    if kind < 0.95:
        return ", ".join(damage_run(Path("runs", name, "latest").resolve(), rng) for name in ("binary", "mixed"))
    return "nothing damaged"


def _command(rng: random.Random, heavy: bool) -> tuple[list[str], bytes]:
    """A command line, and its standard input."""
    name = rng.choice(list(SPECS))
    run = rng.choice(("binary", "mixed"))
    verbs = ("check", "check", "fmt", "render", "render", "summary", "plot", "export", "diff", "runs", "init", "import")
    if heavy:
        verbs = (*verbs, "run", "predict", "predict", "evaluate", "export_run", "check_keras", "import_run")
    verb = rng.choice(verbs)
    spec, stdin = f"{name}.yaml", b""
    words = {
        "check": ["check", spec, *(["--data"] if rng.random() < 0.7 else [])],
        "check_keras": ["check", spec, "--with-keras"],
        "fmt": ["fmt", spec],
        "render": ["render", spec],
        "summary": ["summary", spec],
        "plot": ["plot", spec, "-o", rng.choice(("p.dot", "p.mmd", "p.svg", *OUTPUTS))],
        "export": ["export", spec, "--to", rng.choice(FORMATS if heavy else ("mermaid", "dot", "nonsense"))],
        "export_run": ["export", run, "--to", rng.choice(FORMATS)],
        "diff": ["diff", spec, rng.choice((run, "binary.yaml", f"runs/{run}/latest", "nothing"))],
        "runs": ["runs"],
        "init": ["init", rng.choice(("table.csv", "new.csv", "taken")), "-o", rng.choice(("made.yaml", *OUTPUTS))],
        "import": ["import", rng.choice(("taken", "nothing.keras", "binary.yaml")), "-o", "made.yaml"],
        "import_run": ["import", f"runs/{run}/latest/model.keras", "-o", rng.choice(("made.yaml", "-"))],
        "run": ["run", spec, *(["--smoke"] if rng.random() < 0.8 else ["--format", "json"])],
        "predict": ["predict", run, "--data", rng.choice(("new.csv", "new.csv", "new.csv", *DATA))],
        "evaluate": ["evaluate", run, "--data", rng.choice(("new.csv", "new.csv", "table.csv", *DATA))],
    }[verb]
    if verb in ("check", "render", "fmt", "summary") and rng.random() < 0.15:
        words[1], stdin = "-", Path(spec).read_bytes()
    if verb in ("predict", "evaluate") and rng.random() < 0.25:
        words[2:] = ["--split", rng.choice(("train", "validation", "test"))]
    if verb == "predict" and rng.random() < 0.2:
        words += ["--nodes", rng.choice(("shared", "levels,places", "nothing", "normalization", "", "kind"))]
    if verb in ("export", "export_run", "render", "predict") and rng.random() < 0.5:
        words += ["-o", rng.choice(OUTPUTS)]
    if verb in ("check", "render", "summary", "plot", "export", "run") and rng.random() < 0.15:
        words += ["--set", rng.choice(OVERRIDES)]
    if verb == "check" and rng.random() < 0.1:
        words += ["--fix"]
    if verb in ("check", "summary", "runs", "diff", "evaluate", "export", "export_run") and rng.random() < 0.2:
        words += ["--format", "json"]
    if verb == "runs" and rng.random() < 0.6:
        words += rng.choice(
            (
                *(["--best", "loss"], ["--best", "accuracy"], ["binary"], ["--best", "nothing"], ["--out", "."]),
                *(["--where", condition] for condition in CONDITIONS),
                *(["--sort", "-started"], ["--columns", "run,metrics.loss,vars.width,spec.fit.epochs"]),
            )
        )
    elif verb == "runs" and words == ["runs"] and rng.random() < 0.5:
        words += rng.choice(
            (
                *(["tag", run, "good"], ["note", run, "text"], ["gc", "--yes"], ["gc", "--stopped", "--yes"]),
                *(["rm", f"{run}/latest", "--yes"], ["rm", "--where", rng.choice(CONDITIONS), "--yes"]),
            )
        )
    return words, stdin
