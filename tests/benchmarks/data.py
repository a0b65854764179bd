"""Tables larger than memory: anonymous memory, and times as ratios to baselines that are measured in the same run.

Times are those of the processors, so that others who keep them busy change little; a fit includes what comes before its
first step. What reads a table has read a small one before, so that imports do not count.

    python -m tests.benchmarks.data ROWS [COLUMNS] [--parquet]

By default a million rows of ten columns. 60,000,000 rows are the full size: 6 GB, which take 25 GB of disk. Each step is
a process of its own, whose anonymous memory is watched. `KSPEC_CACHE` names the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHUNK, SMALL = 1 << 20, 20_000
MEASURED_BATCHES = 50
"""Batches of `make_csv_dataset` that are timed, since an epoch takes too long."""
SPEC = """\
kspec: 1
inputs: {{x: {{shape: [{columns}]}}}}
layers:
  - Dense: {{units: 16, activation: relu}}
  - Dense: {{units: 1, activation: sigmoid}}
    name: y
outputs: y
data: {{{source}, targets: y}}
compile: {{optimizer: sgd, loss: binary_crossentropy}}
fit: {{epochs: 2, batch_size: 1024, engine: fused}}
"""


def write_table(path: Path, rows: int, columns: int) -> None:
    """Writes a table of random numbers and a class that depends on them.

    Args:
        path: The file, `.csv` or `.parquet`.
        rows: Its rows.
        columns: Its columns of numbers.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    generator = np.random.default_rng(0)
    schema = pa.schema([*((f"x{number}", pa.float64()) for number in range(columns)), ("y", pa.int64())])
    is_csv = path.suffix == ".csv"
    options = pyarrow.csv.WriteOptions(quoting_header="none") if is_csv else None
    make = pyarrow.csv.CSVWriter if is_csv else pyarrow.parquet.ParquetWriter
    with make(path, schema, **({"write_options": options} if is_csv else {})) as writer:
        for start in range(0, rows, CHUNK):
            x = generator.normal(size=(min(CHUNK, rows - start), columns)).round(5)
            y = (x[:, 0] + x[:, 1] > 0).astype(int)
            batch = pa.record_batch([*x.T, y], schema=schema)
            writer.write_batch(batch)


def processor() -> float:
    """The seconds that the processors have worked for this process; others that keep them busy do not count."""
    times = os.times()
    return times.user + times.system


def measured(step: Callable[[], Any]) -> dict[str, float]:
    """The seconds, those of the processors, and the largest anonymous memory, in GB, of a step."""
    most, is_done = [0.0], threading.Event()

    def watch() -> None:
        while not is_done.is_set():
            found = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())
            most[0] = max(most[0], int(found[1]) / 1e6 if found else 0.0)
            time.sleep(0.02)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started, worked = time.perf_counter(), processor()
    result = step()
    seconds, worked = time.perf_counter() - started, processor() - worked
    is_done.set()
    watcher.join()
    own = result if isinstance(result, dict) else {}
    return {"seconds": seconds, "processor": worked, "gigabytes": most[0], **own}


def read_with_duckdb(table: Path) -> dict[str, float]:
    """Reads the table into Arrow batches."""
    import duckdb

    reader = duckdb.connect().sql(f"select * from '{table}'").to_arrow_reader(100_000)
    return {"rows": sum(batch.num_rows for batch in reader)}


def read_with_kspec(spec: Path) -> dict[str, float]:
    """Reads the table, and writes its store."""
    import kspec
    from kspec.compiler.compile import compile_spec

    dataset = compile_spec(kspec.load(spec)).read_data(keep=True)
    assert dataset is not None
    return {"rows": sum(len(split) for split in dataset.splits.values())}


def run_spec(spec: Path) -> dict[str, float]:
    """Trains, evaluates and predicts; the time of the processors before training, without the import of TensorFlow."""
    import kspec
    from kspec.backend.tensorflow import import_tensorflow
    from kspec.runs.execute import Execution

    started = processor()
    import_tensorflow()
    imported = processor() - started
    fit, times = Execution._fit, []

    def timed(self: Any, *arguments: Any) -> Any:
        times.append(processor())
        result = fit(self, *arguments)
        times.append(processor())
        return result

    Execution._fit = timed  # type: ignore[method-assign]
    started = processor()
    kspec.run(spec, out=spec.parent / "runs")
    return {"import": imported, "before": times[0] - started, "fit": times[1] - times[0]}


def read_with_tensorflow(table: Path) -> dict[str, float]:
    """Trains on batches of `tf.data.experimental.make_csv_dataset`."""
    import keras
    import tensorflow as tf

    batches = tf.data.experimental.make_csv_dataset(str(table), 1024, label_name="y", num_epochs=1)
    batches = batches.map(lambda row, y: (tf.stack(list(row.values()), axis=1), y))
    model = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    model.fit(batches, steps_per_epoch=2, verbose=0)
    started = processor()
    model.fit(batches, steps_per_epoch=MEASURED_BATCHES, verbose=0)
    return {"rate": MEASURED_BATCHES * 1024 / (processor() - started)}


STEPS = {step.__name__: step for step in (read_with_duckdb, read_with_kspec, run_spec, read_with_tensorflow)}


def apart(
    step: Callable[[Path], Any], path: Path, *, first: Path | None = None, large: bool = True
) -> dict[str, float]:
    """Measures a step in a process of its own.

    Args:
        step: One of `STEPS`.
        path: Its argument.
        first: An argument with which it is called before.
        large: Whether every table counts as large.
    """
    words = [sys.executable, "-m", "tests.benchmarks.data", "--step", step.__name__, str(path), str(first or "")]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "LARGE": "yes" if large else ""}
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    values: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return values


def compare(folder: Path, rows: int, columns: int, suffix: str) -> None:
    """Measures and prints all.

    Args:
        folder: Where the table and the store are written.
        rows: The rows of the table.
        columns: Its columns of numbers.
        suffix: `csv` or `parquet`.
    """
    table, small = folder / f"t.{suffix}", folder / f"small.{suffix}"
    for path, count in ((table, rows), (small, SMALL)):
        write_table(path, count, columns)
        path.with_suffix(".yaml").write_text(SPEC.format(columns=columns, source=f"{suffix}: {path.name}"))
    spec = table.with_suffix(".yaml")
    print(f"{rows:,} rows of {columns} columns, {table.stat().st_size / 1e9:.2f} GB of {suffix}")
    duckdb = apart(read_with_duckdb, table, first=small)
    kspec = apart(read_with_kspec, spec, first=small.with_suffix(".yaml"))
    print(f"read and stored: {duckdb['processor'] / kspec['processor']:.2f} of DuckDB's speed into Arrow "
          f"({duckdb['seconds'] / kspec['seconds']:.2f} by the clock), "
          f"{kspec['gigabytes']:.2f} GB of anonymous memory")  # fmt: skip
    stored = apart(run_spec, spec)
    print(f"run from the store: training starts {stored['before']:.2f} s after the import of TensorFlow "
          f"({stored['import']:.1f} s), {stored['gigabytes']:.2f} GB of anonymous memory")  # fmt: skip
    trained = 2 * 0.6 * rows
    memory = apart(run_spec, spec, large=False)
    print(f"trained from the store: {memory['fit'] / stored['fit']:.2f} of the speed from memory")
    if suffix == "csv":
        slow = apart(read_with_tensorflow, table)
        print(f"trained from the store: {trained / stored['fit'] / slow['rate']:.0f} times make_csv_dataset")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("columns", type=int, nargs="?", default=10)
    parser.add_argument("--parquet", action="store_true", help="a Parquet file rather than a CSV file")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step is not None:
        from kspec.data.storage import mapped_arrays

        mapped_arrays.MOST = 0 if os.environ["LARGE"] else 1e15
        mapped_arrays.SHARE = 1 if os.environ["LARGE"] else 1e-3
        name, path, first = options.step
        if first:
            STEPS[name](Path(first))
        print(json.dumps(measured(lambda: STEPS[name](Path(path)))))
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("KSPEC_CACHE")) as folder:
        os.environ["KSPEC_CACHE"] = folder
        compare(Path(folder), options.rows, options.columns, "parquet" if options.parquet else "csv")


if __name__ == "__main__":
    main()
