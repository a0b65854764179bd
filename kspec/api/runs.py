"""The public functions on runs: open, resume, evaluate, predict, report, serve and watch them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from kspec.report.report import Format
    from kspec.runs.rows import Rows
    from kspec.runs.run import Run
    from kspec.runs.saved_run import Runs
    from kspec.runs.watch import Watched


def resume(
    run: Run | str | os.PathLike[str],
    overrides: str | Iterable[str] = (),
    *,
    quiet: bool = True,
    track: str | Iterable[str] = (),
    allow_code: bool = False,
    allow_outside: bool = False,
) -> Run:
    """Goes on with a run in its own folder, and ends with the bits of a run that was never stopped.

    Args:
        run: A run, its folder, or the name of a spec that has been run: then its newest run that has not finished.
        overrides: What changes from here on: `"fit.epochs=100"` trains on with a finished run, too.
        quiet: Print nothing.
        track: As for `run`.
        allow_code: As for `load`, for the run's extensions.
        allow_outside: As for `load`, for the run's data.

    Returns:
        The run; after a signal as for `run`.

    Raises:
        RunFolderError: when there is no such run, it is still running, or it has finished and nothing changes.
        SpecError: when its spec or data has changed, or would change in a way that it may not.
    """
    from kspec.language import Permissions
    from kspec.tracking.run import resume_tracked

    changes = [overrides] if isinstance(overrides, str) else overrides
    trackers = [track] if isinstance(track, str) else track
    return resume_tracked(_folder_of(run), changes, trackers, Permissions(allow_code, allow_outside), quiet=quiet)


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


def watch(
    run: Run | str | os.PathLike[str],
    data: Rows,
    *,
    threshold: float | None = None,
    allow_code: bool = False,
    allow_outside: bool = False,
) -> Watched:
    """Compares new data with what a run was trained on, as `kspec watch` does.

    Args:
        run: A run, its folder, or the name of a spec that has been run; of folds or repeats, the mean is taken.
        data: New data, as for `predict`; where it has the targets, metrics are compared, too.
        threshold: The population stability index from which a column has drifted; by default 0.2, or more of few rows.
        allow_code: As for `load`, for the run's extensions.
        allow_outside: As for `load`, for the run's data.

    Returns:
        The drift of inputs and predictions, metrics, and rows that are unusual: `drifted`, `metrics`, `to_json()`.

    Raises:
        RunFolderError: when there is no such run, or it has no model.
        SpecError: when the data cannot be read.
    """
    from kspec.runs.watch import watch

    return watch(_folder_of(run), data, threshold=threshold, allow_code=allow_code, allow_outside=allow_outside)


def serve(
    runs: Run | str | os.PathLike[str] | Mapping[str, Run | str | os.PathLike[str]],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    token: str | None = None,
    anybody: bool = False,
    split: Mapping[str, float] | None = None,
    watch: bool = False,
    quiet: bool = False,
    allow_code: bool = False,
) -> None:
    """Serves the models of runs over HTTP until Ctrl-C, as `kspec serve` does.

    Args:
        runs: A run, its folder, or the name of a spec that has been run; or several by the names that requests use.
        host: The address to listen to.
        port: The port; 0 for any free one.
        token: What each client must send, as `Authorization: Bearer TOKEN`; by default nothing.
        anybody: Let anybody who reaches an address beyond this machine ask, without a token.
        split: By the name of a model, its share of the requests for one more name: `{"a": 90, "b": 10}`.
        watch: Take up the newest run of each name, without dropping a request.
        quiet: Do not print the address.
        allow_code: As for `load`, for the runs' extensions.

    Raises:
        RunFolderError: when there is no such run, it cannot be served, the server cannot listen, the token is too
            short to be a secret, or anybody would reach the server without one.
        ValueError: when `split` names other models.
        ModuleNotFoundError: when a package of `kspec[serve]` is not installed.
    """
    from contextlib import suppress

    from kspec.serving.settings import Settings
    from kspec.serving.start import check_token, serve

    several = runs.items() if isinstance(runs, Mapping) else ()
    places = [f"{name}={_folder_of(run)}" for name, run in several] or [_folder_of(runs)]  # type: ignore[arg-type]
    if token is not None:
        check_token(token)
    with suppress(KeyboardInterrupt):
        serve(
            places,
            Settings(host, port, token),
            split=",".join(f"{name}={share}" for name, share in (split or {}).items()),
            watch=watch,
            is_open=anybody,
            allow_code=allow_code,
            announce=lambda line: None if quiet else print(line, file=sys.stderr),
        )


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
