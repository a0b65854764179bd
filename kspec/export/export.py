"""A spec or a run as a file for others: written, and, where it has learned, loaded back and held against the run."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kspec.analysis.program import Analysis
from kspec.compiler.compile import compile_spec
from kspec.data import Dataset
from kspec.data.step_datasets import read_step_datasets
from kspec.diagnostics import Report, Source, Span, SpecError, codes, did_you_mean
from kspec.export.formats import TARGETS, CannotExport, ExportContext, Target, UnsupportedByFormat
from kspec.ir.entry_spans import head_span
from kspec.language import Permissions, Spec, load_file
from kspec.runs.run_folder import NoSuchRun, RunFolderError, run_at
from kspec.runs.run_loader import LoadedRun, load_run, part_of

ROWS = 64
"""Examples that a file is held against."""
TOLERANCE = 1e-5
"""How far an answer may be from the run's, as a share of it where it is above 1: what float32 comes to."""
LOOSE = 1e-2
"""The same where the model computes with 16 bits."""


class ExportRefused(ValueError):
    """What is asked for cannot be: wrong use of the command; the message is for the user."""


@dataclass(slots=True)
class Check:
    """What came of loading a file back.

    Args:
        split: What the examples are of.
        examples: How many.
        difference: The largest between an answer and the run's.
        unchecked: Why there was no check; empty where there was.
    """

    split: str = ""
    examples: int = 0
    difference: float = 0.0
    unchecked: str = ""


@dataclass(slots=True)
class Exported:
    """A file or folder that has been written.

    Args:
        bytes: Its size, all in a folder counted.
        note: What a user must know of it; mostly empty.
        check: None where there are no answers to compare: of a spec, or without weights.
    """

    path: Path
    target: str
    bytes: int
    note: str
    check: Check | None

    def to_json(self) -> dict[str, Any]:
        """Plain values, for machines."""
        check = self.check
        return {
            "path": self.path.as_posix(),
            "target": self.target,
            "bytes": self.bytes,
            "note": self.note or None,
            "check": None if check is None else {
                "split": check.split or None,
                "examples": check.examples,
                "largest_difference": None if check.unchecked else check.difference,
                "unchecked": check.unchecked or None,
            },
        }  # fmt: skip


@dataclass(slots=True)
class _Source:
    """What is exported, and where it comes from.

    Args:
        file: The spec's; None for a run.
        run: The run, taken up where its model is asked for.
    """

    subject: ExportContext
    file: Path | None = None
    folder: Path | None = None
    run: LoadedRun | None = None


def export(
    place: str,
    target: str,
    to: Path | None = None,
    *,
    overrides: tuple[str, ...] = (),
    permissions: Permissions | None = None,
) -> Exported:
    """Exports a spec, or a run: its trained model.

    Args:
        place: A spec's file, a run folder, or the name of a spec that has been run.
        target: One of `TARGETS`.
        to: What to write, overwriting what is there; by default the spec's name in the working directory.
        overrides: For a spec.

    Raises:
        ExportRefused: when it cannot be exported so.
        CannotExport: when a library is not there or fails, or what was written does not answer as the run does.
        SpecError: when the spec or its data is faulty, or is no run (KS621), or the format has no place for something
            in the network (KS622).
        OSError: when it cannot be written; `RunFolderError` when there is no such run, or it has no model.
    """
    wanted = find_target(target)
    source = _source(place, target, overrides, permissions or Permissions())
    path = to if to is not None else Path(f"{source.subject.spec.name}{wanted.suffix}")
    source.subject.folder = path.parent
    _spare_sources(path, source)
    with _writing(path, is_folder=wanted.is_folder) as temporary:
        note = _write(wanted, source.subject, temporary)
        check = _checked(source.subject, wanted, source.run, temporary) if source.run is not None else None
        size = _size(temporary)
    return Exported(path, target, size, note, check)


def show(place: str, target: str, *, overrides: tuple[str, ...] = (), permissions: Permissions | None = None) -> str:
    """What `export` would write, for a target that is text; it raises as that does."""
    wanted = find_target(target)
    if not wanted.is_text:
        raise ExportRefused(f"`{target}` is no text that could be shown; name a file with -o")
    source = _source(place, target, overrides, permissions or Permissions())
    with tempfile.TemporaryDirectory(prefix="kspec-") as folder:
        path = Path(folder, f"shown{wanted.suffix}")
        _write(wanted, source.subject, path)
        return path.read_text(encoding="utf-8")


def find_target(name: str) -> Target:
    """The target of a name.

    Raises:
        ExportRefused: when there is none.
    """
    if name in TARGETS:
        return TARGETS[name]
    meant = did_you_mean(name, list(TARGETS))
    raise ExportRefused(f"there is no target `{name}`; {meant or 'there are ' + ', '.join(TARGETS)}")


def _source(place: str, target: str, overrides: tuple[str, ...], permissions: Permissions) -> _Source:
    from kspec.compiler.build import build_adapted, build_structure
    from kspec.diagram.draw_spec import sized_graph

    needs = TARGETS[target].needs
    try:
        folder = run_at(place)
    except NoSuchRun:
        sentence = f"there is no spec {place}, and no run of that name; `kspec runs` lists what there is"
        raise RunFolderError(sentence) from None
    if folder is None and needs == "trained":
        _refuse_untrained(place, target)
    if folder is not None and overrides:
        raise ExportRefused("--set changes a spec; a run is what it is")
    if folder is not None and needs not in ("graph", "data"):
        run = load_run(str(folder), allow_code=permissions.code, allow_outside=permissions.outside)
        return _Source(ExportContext(target, run.spec, run.analysis.graph, model=run.model), None, folder, run)
    file = Path(place) if folder is None else folder / "resolved.yaml"
    spec = load_file(file, overrides, permissions)
    if needs == "graph":
        graph, facts = sized_graph(spec)
        subject = ExportContext(target, spec, graph, facts)
    elif needs == "data":
        analysis, dataset, others = _looked_at(spec)
        subject = ExportContext(target, spec, analysis.graph, analysis=analysis, dataset=dataset, others=others)
    else:
        built = build_structure(spec) if needs == "model" else build_adapted(spec)
        subject = ExportContext(target, spec, built.graph, model=built.model)
    return _Source(subject, file, folder)


def _refuse_untrained(place: str, target: str) -> None:
    """Refuses a spec where a run is wanted."""
    report = Report()
    made = ", ".join(name for name, other in TARGETS.items() if other.needs != "trained")
    report.error(
        codes.UNTRAINED_EXPORT,
        f"`{target}` is made of a trained model, and {place} is a spec",
        Span(Source(place, ""), 1, 1, 1, 1),
        help=f"train it first: `kspec run {place}`, then `kspec export` of the run; a spec can become {made}",
    )
    report.raise_errors()


def _looked_at(spec: Spec) -> tuple[Analysis, Dataset | None, dict[str, Dataset]]:
    """A spec's settings with what its data tells of them, the data, and other data by the step that uses it."""
    compiled = compile_spec(spec, data="always")
    _, analysis = compiled.unwrap()
    others: dict[str, Dataset] = {}
    if compiled.dataset is not None:
        others = read_step_datasets(spec, analysis, compiled.dataset, compiled.report)
        compiled.report.raise_errors()
    return analysis, compiled.dataset, others


def _write(target: Target, subject: ExportContext, path: Path) -> str:
    try:
        note: str = target.load().write(subject, path)
        return note
    except UnsupportedByFormat as error:
        _tell(error, subject)
        raise
    except ModuleNotFoundError as error:
        if not target.extra:
            raise
        raise CannotExport(
            f"`{subject.target}` is an extra, and {error.name} is not installed: pip install 'kspec[{target.extra}]'"
        ) from None


def _tell(error: UnsupportedByFormat, subject: ExportContext) -> None:
    """Reports what a format has no place for, at the first input or node that it is about.

    Raises:
        SpecError: always.
    """
    spec, nodes = subject.spec, subject.graph.nodes
    node = next((nodes[name] for name in error.names if name in nodes), None)
    span = None
    if node is not None and node.kind == "input":
        span = spec.positions.key(node.path)
    elif node is not None:
        span = head_span(node.path, spec.entry(node.path), spec.positions)
    report = Report()
    report.error(codes.UNSUPPORTED_BY_FORMAT, str(error), span, help=error.help)
    report.raise_errors()


def _spare_sources(path: Path, source: _Source) -> None:
    """Refuses to write over what is exported."""
    target, folder = path.resolve(), source.folder
    if source.file is not None and target == source.file.resolve():
        raise ExportRefused("-o names the spec itself; name another file")
    if folder is not None and (target == folder or (folder in target.parents and target.exists())):
        raise ExportRefused("-o names what the run itself has kept; name another file")


@contextmanager
def _writing(path: Path, *, is_folder: bool) -> Iterator[Path]:
    """A path beside the one that is meant, to write to, which takes its place when all has been written."""
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "its folder does not exist", str(path))
    if is_folder and path.exists() and not _may_be_replaced(path):
        raise ExportRefused(f"{path} is there already, and is no SavedModel; name another folder")
    if not is_folder and path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    temporary = path.with_name(f".{path.stem}.writing{path.suffix}")
    try:
        _remove(temporary)
        yield temporary
        if is_folder:
            _remove(path)
        os.replace(temporary, path)
    except PermissionError as error:
        raise PermissionError(error.errno, error.strerror, str(path)) from None
    finally:
        _remove(temporary)


def _may_be_replaced(path: Path) -> bool:
    return path.is_dir() and ((path / "saved_model.pb").is_file() or not any(path.iterdir()))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return path.stat().st_size


def _checked(subject: ExportContext, target: Target, run: LoadedRun, path: Path) -> Check | None:
    """Loads what was written back, and holds its answers against the run's; None where it has none to give.

    Raises:
        CannotExport: when it cannot be loaded, or answers differ by more than rounding.
    """
    from kspec.export.formats.serving import answer

    module = target.load()
    if not hasattr(module, "answers"):
        return None
    if find_spec(module.CHECKER) is None:
        return Check(unchecked=f"{module.CHECKER} is not installed")
    try:
        part, split = part_of(run, None, None, need_targets=False)
    except (RunFolderError, SpecError) as error:
        return Check(unchecked=str(error))
    inputs = _first_rows(part.inputs, run.spec.document.fixed_batch or ROWS)
    wanted = answer(subject.model, subject.outputs, inputs)
    try:
        given = module.answers(subject, path, inputs)
    except Exception as error:  # each library has classes of its own for a file that it cannot use
        raise CannotExport(f"{module.CHECKER} cannot use what was written, so it was not kept: {error}") from error
    difference, beyond = _compare(wanted, given, LOOSE if _computes_with_16_bits(subject.model) else TOLERANCE)
    if beyond:
        raise CannotExport(
            f"what was written answers otherwise than the run's model, by up to {difference:.2g} in `{beyond}`; "
            f"it was not kept"
        )
    return Check(split, len(next(iter(inputs.values()))), difference)


def _first_rows(inputs: Mapping[str, Any], rows: int) -> dict[str, Any]:
    """The first examples as arrays, pictures decoded."""
    from kspec.data.pipeline import Batches

    first = {name: array[:rows] for name, array in inputs.items()}
    batch = next(iter(Batches(first, {}, {}, batch_size=rows, shuffle=False, seed=0).dataset()))
    tensors = batch if isinstance(batch, dict) else {next(iter(first)): batch}
    return {name: tensor.numpy() for name, tensor in tensors.items()}


def _compare(wanted: Mapping[str, Any], given: Mapping[str, Any], tolerance: float) -> tuple[float, str]:
    """The largest difference, and an output that is off by more than may be; empty where none is."""
    import numpy as np

    largest, beyond = 0.0, ""
    for name, array in wanted.items():
        one, other = np.asarray(array, "float64"), np.asarray(given[name], "float64")
        if one.shape != other.shape or not np.array_equal(np.isnan(one), np.isnan(other)):
            return float("inf"), name
        differences = np.nan_to_num(np.abs(one - other))
        largest = max(largest, float(differences.max(initial=0.0)))
        if np.any(differences > tolerance * np.maximum(1.0, np.nan_to_num(np.abs(one)))):
            beyond = beyond or name
    return largest, beyond


def _computes_with_16_bits(model: Any) -> bool:
    return any(layer.compute_dtype in ("float16", "bfloat16") for layer in model._flatten_layers())
