"""The public functions: load, check, build and run a spec, open a run and predict, write the spec of a Keras model."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kspec.diagnostics import Diagnostic, Report, Source
from kspec.language import Permissions, Spec, load_file

if TYPE_CHECKING:
    from pathlib import Path

    from kspec.report.report import Format
    from kspec.runs.rows import Rows
    from kspec.runs.run import Run
    from kspec.runs.saved_run import Runs


def load(
    path: str | os.PathLike[str],
    overrides: str | Iterable[str] = (),
    *,
    allow_code: bool = False,
    allow_outside: bool = False,
    allow_network: bool = False,
) -> Spec:
    """Loads a spec: parses its text, applies overrides, computes expressions and validates its structure.

    Args:
        path: The YAML file.
        overrides: As after `--set`: one, `"fit.epochs=5"`, or several, `["fit.epochs=5", "layers.hidden1.units=32"]`.
        allow_code: Let the spec's `extensions` be imported when it is built.
        allow_outside: Let it read and write files outside its folder, the working directory and the run folder.
        allow_network: Let it open network connections.

    Returns:
        The spec. TensorFlow is not imported.

    Raises:
        SpecError: with every problem found, each a `Diagnostic`.
    """
    _require_path("path", path, "the path of a spec")
    return load_file(path, _as_list(overrides), Permissions(allow_code, allow_outside, allow_network))


def check(
    spec: Spec | str | os.PathLike[str],
    overrides: str | Iterable[str] = (),
    *,
    data: bool = False,
    with_keras: bool = False,
    select: Iterable[str] | None = None,
    ignore: Iterable[str] | None = None,
    allow_code: bool = False,
    allow_outside: bool = False,
    allow_network: bool = False,
) -> list[Diagnostic]:
    """Checks a spec without running it, and without TensorFlow unless `with_keras` asks for it.

    Args:
        spec: A loaded spec, or the path of one.
        overrides: As for `load`, where a path is given.
        data: Also read the data, and report mismatches between data and spec.
        with_keras: Also build the model with Keras (which imports TensorFlow), and report what Keras rejects.
        select: Report only these codes or families, `["KS403", "KS5"]`; by default what `pyproject.toml` says, or all.
        ignore: Leave these out, likewise. Errors of syntax, structure, graph and shapes are always reported.
        allow_code: As for `load`, where a path is given.
        allow_outside: Likewise.
        allow_network: Likewise.

    Returns:
        Every problem at once, in the order of the text; an empty list for a clean spec.
    """
    from kspec.compiler.check import check_spec

    if not isinstance(spec, Spec):
        _require_path("spec", spec, "a loaded spec or the path of one")
    permissions = Permissions(allow_code, allow_outside, allow_network)
    return check_spec(
        spec,
        _as_list(overrides),
        data=data,
        with_keras=with_keras,
        select=select,
        ignore=ignore,
        permissions=permissions,
    ).diagnostics


def from_keras(model: Any, *, compiled: bool = True, compact: bool = False) -> Spec:
    """Writes the spec of a Keras model.

    Args:
        model: A functional or Sequential `keras.Model` of Keras's own layers; or the path of a `.keras` file or of a
            model's JSON, which is read as data.
        compiled: Include the optimizer, loss and metrics that it was compiled with.
        compact: Write repeated chains as blocks.

    Returns:
        The spec, which builds the same model; `spec.source.text` is its text.

    Raises:
        SpecError: when a spec cannot express the model, or a part of it is code.
    """
    from kspec.importer.from_model import import_file, import_model
    from kspec.language import load_source

    is_file = isinstance(model, (str, os.PathLike))
    if not is_file and not hasattr(model, "to_json"):
        raise TypeError(f"`model` must be a Keras model or the path of a model's file, not {type(model).__name__}")
    import_ = import_file if is_file else import_model
    imported = import_(model, compiled=compiled, compact=compact)
    report = Report()
    spec = load_source(Source(f"{imported.values.get('name', 'spec')}.yaml", imported.text), report)
    report.raise_errors()
    assert spec is not None
    return spec


def build(
    spec: Spec | str | os.PathLike[str],
    overrides: str | Iterable[str] = (),
    *,
    allow_code: bool = False,
    allow_outside: bool = False,
    allow_network: bool = False,
) -> Any:
    """Builds the functional Keras model of a spec, not compiled.

    Layers that adapt (Normalization, TextVectorization …) are adapted on the training split of the spec's data.

    Args:
        spec: A loaded spec, or the path of one.
        overrides: As for `load`, where a path is given.
        allow_code: As for `load`, where a path is given.
        allow_outside: Likewise.
        allow_network: Likewise.

    Returns:
        keras.Model: with one input or output it takes or returns a tensor, with several a dict by name.

    Raises:
        SpecError: when the spec is faulty, its data cannot be read, or a layer adapts and there is no data.
    """
    from kspec.compiler.build import build_model

    return build_model(_loaded(spec, overrides, Permissions(allow_code, allow_outside, allow_network)))


def run(
    spec: Spec | str | os.PathLike[str],
    overrides: str | Iterable[str] = (),
    *,
    out: str | os.PathLike[str] = "runs",
    smoke: bool = False,
    quiet: bool = True,
    track: str | Iterable[str] = (),
    allow_code: bool = False,
    allow_outside: bool = False,
    allow_network: bool = False,
) -> Run:
    """Runs the life cycle of a spec: define, compile, fit, evaluate, predict.

    Args:
        spec: A loaded spec, or the path of one.
        overrides: As for `load`, where a path is given.
        out: The folder that receives the run folder.
        smoke: Run a few batches through all five steps, and keep no run folder.
        quiet: Print nothing.
        track: Where the run is sent while it trains, as after `--track`: one tracker, `"mlflow:http://host:5000"`, or
            several; by default what `pyproject.toml` says.
        allow_code: As for `load`, where a path is given.
        allow_outside: Likewise.
        allow_network: Likewise.

    Returns:
        The run: its folder, metrics, history, predictions and model. After Ctrl-C, an interrupted one; SIGTERM and
        SIGHUP end the process, once the model is saved.

    Raises:
        SpecError: when the spec or its data is faulty.
    """
    from kspec.runs.saved_model import SavedModel
    from kspec.tracking.run import run_tracked

    loaded = _loaded(spec, overrides, Permissions(allow_code, allow_outside, allow_network))
    result = run_tracked(loaded, _as_list(track), out=out, smoke=smoke, quiet=quiet)
    for each in (result, *result.members):
        if each.folder is not None:
            each.trained = SavedModel(os.fspath(each.folder), allow_code, allow_outside)
    if result.interrupted_by not in ("", "SIGINT"):  # what was trained is saved, and the process ends, as it was told
        signal.raise_signal(signal.Signals[result.interrupted_by])
    return result


def resume(
    run: Run | str | os.PathLike[str],
    overrides: str | Iterable[str] = (),
    *,
    quiet: bool = True,
    allow_code: bool = False,
    allow_outside: bool = False,
) -> Run:
    """Goes on with a run in its own folder, and ends with the bits of a run that was never stopped.

    Args:
        run: A run, its folder, or the name of a spec that has been run: then its newest run that has not finished.
        overrides: What changes from here on: `"fit.epochs=100"` trains on with a finished run, too.
        quiet: Print nothing.
        allow_code: As for `load`, for the run's extensions.
        allow_outside: As for `load`, for the run's data.

    Returns:
        The run.

    Raises:
        RunFolderError: when there is no such run, it is still running, or it has finished and nothing changes.
        SpecError: when its spec or data has changed, or would change in a way that it may not.
    """
    from kspec.runs.saved_model import SavedModel

    return SavedModel(_folder_of(run), allow_code, allow_outside).resume(overrides, quiet=quiet)


def predict(
    run: Run | str | os.PathLike[str],
    data: Rows | None = None,
    *,
    split: str | None = None,
    nodes: str | Iterable[str] = (),
    allow_code: bool = False,
    allow_outside: bool = False,
) -> dict[str, Any]:
    """Predicts with a run's trained model.

    Args:
        run: A run, its folder, or the name of a spec that has been run.
        data: New data with the same columns: a file; columns by name; rows, each a mapping; or a table of pandas,
            Polars or Arrow. By default the run's own data.
        split: A split of the run's own data; by default the first that it has of test, validation and train.
        nodes: Nodes and sub-models to predict besides the outputs, `"embedding"` or `["embedding", "encoder"]`; by
            default those of the spec's `predict: {nodes}`.
        allow_code: As for `load`, for the run's extensions.
        allow_outside: As for `load`, for the run's data.

    Returns:
        dict[str, numpy.ndarray]: by output and node, shape (n, …); probabilities for classifiers. Of a run with folds
            or repeats, the means over their models.

    Raises:
        SpecError: when the data cannot be read, or there is no such node.
        RunFolderError: when there is no such run, or it has no model.
    """
    from kspec.runs.saved_model import SavedModel

    return SavedModel(_folder_of(run), allow_code, allow_outside).predict(data, split=split, nodes=nodes)


def evaluate(
    run: Run | str | os.PathLike[str],
    data: Rows | None = None,
    *,
    split: str | None = None,
    allow_code: bool = False,
    allow_outside: bool = False,
) -> dict[str, float]:
    """Evaluates a run's trained model.

    Args:
        run: A run, its folder, or the name of a spec that has been run.
        data: New data with the same columns and targets, as for `predict`. By default the run's own data.
        split: A split of the run's own data; by default the first that it has of test, validation and train.
        allow_code: As for `load`, for the run's extensions.
        allow_outside: As for `load`, for the run's data.

    Returns:
        Losses and metrics by name; of a run with folds or repeats, the means over their models.

    Raises:
        SpecError: when the data cannot be read.
        RunFolderError: when there is no such run, or it has no model.
    """
    from kspec.runs.saved_model import SavedModel

    return SavedModel(_folder_of(run), allow_code, allow_outside).evaluate(data, split=split)


def open(
    run: str | os.PathLike[str],
    *,
    runs: str | os.PathLike[str] = "runs",
    allow_code: bool = False,
    allow_outside: bool = False,
) -> Run:
    """Opens a run that has ended, or is going on; TensorFlow is imported when its model is first used.

    Args:
        run: A run folder, `latest` of one, or the name of a spec that has been run.
        runs: The folder of the run folders.
        allow_code: As for `load`, for the run's extensions.
        allow_outside: As for `load`, for the run's data.

    Returns:
        The run: its metrics, history, predictions and model, and what can be done with it.

    Raises:
        RunFolderError: when there is no such run, or its files are damaged.
    """
    from kspec.runs.saved_run import open_run

    return open_run(os.fspath(run), os.fspath(runs), allow_code=allow_code, allow_outside=allow_outside)


def list_runs(name: str | None = None, *, where: str = "", runs: str | os.PathLike[str] = "runs") -> Runs:
    """Lists runs, newest first, as `kspec runs` does.

    Args:
        name: The name of a spec: only its runs; by default all.
        where: A condition over their facts, as after `--where`: `"metrics.accuracy > 0.9 and vars.width == 16"`.
        runs: The folder of the run folders.

    Returns:
        A list of runs, with `to_dataframe()` where pandas is installed.

    Raises:
        ValueError: when `where` is no condition, or names a fact that no run has.
    """
    from kspec.runs.saved_run import list_runs

    return list_runs(name, os.fspath(runs), where)


def write_report(
    runs: Run | str | os.PathLike[str] | Sequence[Run | str | os.PathLike[str]],
    path: str | os.PathLike[str] | None = None,
    *,
    to: Format = "html",
    explain: bool = False,
    budget: float = 30.0,
    allow_code: bool = False,
    allow_outside: bool = False,
) -> Path:
    """Writes a run, or several beside each other, as one page, as `kspec report` does.

    Args:
        runs: A run, its folder, the name of a spec that has been run, a pattern such as `"runs/mlp/*"`; or several.
        path: Where to; by default `report.html` in the run folder, of several runs in the working directory.
        to: `"html"`, a page that opens offline; `"md"`, a model card; or `"latex"`. The last two take one run.
        explain: Compute first which columns matter, how predictions follow them, and where the model is worse.
        budget: The seconds that `explain` may take for each run, once its model and data are loaded.
        allow_code: As for `load`, for the runs' extensions.
        allow_outside: As for `load`, for the data that `explain` reads.

    Returns:
        The path. TensorFlow is imported only for `explain`.

    Raises:
        RunFolderError: when there is no such run, or its files are damaged.
        ValueError: when `to` takes one run, and there are several.
        ModuleNotFoundError: when a package of `kspec[report]` is not installed.
    """
    from kspec.report.report import write_report

    several = [runs] if isinstance(runs, (str, os.PathLike)) or not isinstance(runs, Sequence) else runs
    places, seconds = [_folder_of(run) for run in several], budget if explain else 0.0
    return write_report(places, path, to=to, budget=seconds, allow_code=allow_code, allow_outside=allow_outside)


def _folder_of(run: Run | str | os.PathLike[str]) -> str:
    """The folder of a run, or a name that leads to it.

    Raises:
        RunFolderError: If it has none.
    """
    from kspec.runs.run_folder import RunFolderError

    folder = run if isinstance(run, (str, os.PathLike)) else run.folder
    if folder is None:
        raise RunFolderError("a smoke run has no folder to load its model from")
    return os.fspath(folder)


def _loaded(spec: Spec | str | os.PathLike[str], overrides: str | Iterable[str], permissions: Permissions) -> Spec:
    if isinstance(spec, Spec):
        return spec
    _require_path("spec", spec, "a loaded spec or the path of one")
    return load_file(spec, _as_list(overrides), permissions)


def _as_list(overrides: str | Iterable[str]) -> Iterable[str]:
    return [overrides] if isinstance(overrides, str) else overrides


def _require_path(name: str, value: object, expected: str) -> None:
    """Raises a `TypeError` if a value is not a path."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"`{name}` must be {expected}, not {type(value).__name__}")
