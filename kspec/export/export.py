"""Exports a spec or a run: writes the file and, for a trained model, verifies its predictions."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kspec.backend.tensorflow import exclusive_keras
from kspec.compiler.compile import compile_spec
from kspec.contract.document import Contract
from kspec.data import Dataset
from kspec.data.step_datasets import read_step_datasets
from kspec.diagnostics import Report, Source, Span, codes, did_you_mean
from kspec.export.formats import FORMATS, CannotExport, ExportContext, ExportFormat, UnsupportedByFormat
from kspec.export.signature import signature_of, signature_place, write_signature
from kspec.export.units import lost_digits, with_units
from kspec.export.verification import Verification, verify
from kspec.ir.entry_spans import head_span
from kspec.language import Permissions, Spec, load_file
from kspec.runs.run_contract import contract_at
from kspec.runs.run_folder import RunFolderError, require_inside, run_at
from kspec.runs.run_loader import LoadedRun, load_run


class ExportRefused(ValueError):
    """Wrong use of the command; the message is for the user."""


@dataclass(slots=True)
class Exported:
    """An export that was written.

    Args:
        path: The file or folder.
        format: The format's name.
        bytes: Its size; of a folder, the size of all files in it.
        note: A note for the user; mostly empty.
        verification: The comparison with the run; None for a spec, or a format without weights.
        overwritten: Whether there was a file or folder of that name.
        signature: What goes in and comes out of it, as a file; None for a spec, or an export without weights.
    """

    path: Path
    format: str
    bytes: int
    note: str
    verification: Verification | None
    overwritten: bool = False
    signature: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values, for machines."""
        return {
            "path": self.path.as_posix(),
            "target": self.format,
            "bytes": self.bytes,
            "overwritten": self.overwritten,
            "signature": None if self.signature is None else self.signature.as_posix(),
            "note": self.note or None,
            "check": None if self.verification is None else self.verification.to_json(),
        }


@dataclass(slots=True)
class _Source:
    """The spec or run that is exported.

    Args:
        context: What the format needs of it.
        file: The spec's file; None for a run that was loaded.
        folder: The run folder; None for a spec.
        run: The run, if its model is needed.
        note: What the export loses, for the user; mostly empty.
    """

    context: ExportContext
    file: Path | None = None
    folder: Path | None = None
    run: LoadedRun | None = None
    note: str = ""


@exclusive_keras()
def export(
    place: str | Source,
    format: str,
    to: Path | None = None,
    *,
    overrides: tuple[str, ...] = (),
    permissions: Permissions | None = None,
    runs: str = "runs",
) -> Exported:
    """Exports a spec, or the trained model of a run.

    Args:
        place: A spec's file or text, a run folder, or the name of a spec that has been run.
        format: One of `FORMATS`.
        to: The file or folder to write or overwrite; by default the spec's name in the working directory.
        overrides: Overrides of values, for a spec: `fit.epochs=3`.
        permissions: What the spec may do; by default nothing that needs permission.
        runs: The folder of the run folders.

    Returns:
        The export.

    Raises:
        ExportRefused: If the format is unknown, or `to` cannot be overwritten.
        CannotExport: If a library is missing or fails, or the export's predictions differ from the run's.
        SpecError: If the spec or its data has errors, the format needs a run (KS621), or the format cannot express
            something in the model (KS622).
        RunFolderError: If the run does not exist or has no model.
        OSError: If the export cannot be written.
    """
    export_format = find_format(format)
    source = _source(place, format, overrides, permissions or Permissions(), runs)
    context = source.context
    path = _with_suffix(to, export_format) if to is not None else Path(f"{context.spec.name}{export_format.suffix}")
    context.folder, context.target = path.parent, path
    _protect_source(path, source)
    overwritten = path.exists()
    contract = _add_rows(source, export_format)
    beside = signature_place(path, is_folder=export_format.is_folder)
    with _atomic_write(path, export_format) as temporary:
        notes = [_write(export_format, context, temporary), source.note]
        verification = None if source.run is None else verify(context, source.run, temporary, contract)
        size = _size(temporary)
        signature = None if contract is None else {**signature_of(context, contract), "contract": contract.to_json()}
        if signature is not None and export_format.is_folder:
            write_signature(signature, temporary / beside.name)
    if signature is not None and not export_format.is_folder:
        write_signature(signature, beside)
    notes += [] if context.rows is None else context.rows.outside
    note = "; ".join(filter(None, notes))
    return Exported(path, format, size, note, verification, overwritten, None if signature is None else beside)


def _add_rows(source: _Source, export_format: ExportFormat) -> Contract | None:
    """Builds the model of a run that takes rows, for a format that can have it.

    Args:
        source: What is exported; gets the model.
        export_format: The format.

    Returns:
        The contract of the run; None of a spec, or a run without one.
    """
    from kspec.export.row_model.build import build_row_model

    if source.run is None:
        return None
    try:
        contract = contract_at(source.run.folder)
    except RunFolderError:
        if export_format.rows:
            no_rows = "the run has no contract, so that this is the network alone"
            source.note = "; ".join(filter(None, (source.note, no_rows)))
        return None
    if not export_format.rows:
        return contract
    context, doubles = source.context, source.context.format != "tflite"
    try:
        context.rows = build_row_model(
            source.run,
            contract,
            texts=export_format.rows == "columns",
            decodes=context.format == "saved_model",
            doubles=doubles,
        )
        source.note = "" if doubles else source.note  # digits are lost where 32 bits alone can be computed
    except (TypeError, ValueError, NotImplementedError) as error:  # what Keras cannot compute
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        source.note = f"Keras cannot compute the inputs from columns, so that this is the network alone: {why}"
    context.signature = signature_of(context, contract)
    return contract


@exclusive_keras()
def show(
    place: str | Source,
    format: str,
    *,
    overrides: tuple[str, ...] = (),
    permissions: Permissions | None = None,
    runs: str = "runs",
) -> str:
    """The text that `export` would write, for a text format.

    Args:
        place: A spec's file or text, a run folder, or the name of a spec that has been run.
        format: One of `FORMATS`.
        overrides: Overrides of values, for a spec: `fit.epochs=3`.
        permissions: What the spec may do; by default nothing that needs permission.
        runs: The folder of the run folders.

    Returns:
        The text.

    Raises:
        ExportRefused: If the format is unknown, or is not a text format.
        CannotExport: If a library is missing or fails.
        SpecError: If the spec or its data has errors, or the format cannot express something in the model (KS622).
        RunFolderError: If the run does not exist or has no model.
    """
    export_format = find_format(format)
    if not export_format.is_text:
        raise ExportRefused(f"`{format}` is not a text format and cannot be printed; name a file with -o")
    source = _source(place, format, overrides, permissions or Permissions(), runs)
    with tempfile.TemporaryDirectory(prefix="kspec-") as folder:
        path = Path(folder, f"shown{export_format.suffix}")
        _write(export_format, source.context, path)
        return path.read_text(encoding="utf-8")


def find_format(name: str) -> ExportFormat:
    """Looks up a format.

    Raises:
        ExportRefused: If there is no such format.
    """
    if name in FORMATS:
        return FORMATS[name]
    hint = did_you_mean(name, list(FORMATS)) or f"available formats: {', '.join(FORMATS)}"
    raise ExportRefused(f"unknown format `{name}`; {hint}")


def _with_suffix(path: Path, export_format: ExportFormat) -> Path:
    """The path with the suffix of a format whose files need one.

    Raises:
        ExportRefused: If it has another, or names no file.
    """
    if path.name in ("", "..") and not export_format.is_folder:
        raise ExportRefused(f"`{path}` is a folder: name the file to write")
    if not export_format.required or path.suffix in export_format.required:
        return path
    if path.suffix == "":
        return path.with_name(f"{path.name}{export_format.suffix}")
    raise ExportRefused(f"the name of this format ends in {' or '.join(export_format.required)}, not {path.suffix}")


def _source(
    place: str | Source, format: str, overrides: tuple[str, ...], permissions: Permissions, runs: str
) -> _Source:
    from kspec.compiler.build import build_adapted, build_structure
    from kspec.diagram.draw_spec import sized_graph

    needs = FORMATS[format].needs
    folder = None if isinstance(place, Source) else run_at(place, runs)
    if folder is None and FORMATS[format].needs_run:
        _refuse_untrained(place, format)
    if folder is not None and overrides:
        raise ExportRefused("--set applies to a spec, but this is a run")
    if folder is not None and needs == "served":
        return _Source(_with_server(format, folder, permissions), None, folder)
    if folder is not None and needs not in ("graph", "data"):
        run = load_run(str(folder), allow_code=permissions.code, allow_outside=permissions.outside)
        model = with_units(run.model, run.settings.outputs)
        context = ExportContext(format, run.spec, run.analysis.graph, model=model)
        return _Source(context, None, folder, run, lost_digits(run.settings.outputs))
    file = None if isinstance(place, Source) else Path(place) if folder is None else folder / "resolved.yaml"
    if folder is not None and file is not None:
        require_inside(file, folder)
    spec = load_file(place if isinstance(place, Source) or file is None else file, overrides, permissions)
    if needs == "graph":
        spec.is_trained = folder is not None
        graph, info, heading = sized_graph(spec)
        context = ExportContext(format, spec, graph, info, heading=heading)
    elif needs == "data":
        context = _with_data(format, spec)
    else:
        built = build_structure(spec) if needs == "model" else build_adapted(spec)
        context = ExportContext(format, spec, built.graph, model=with_units(built.model, built.settings.outputs))
    return _Source(context, file, folder)


def _refuse_untrained(place: str | Source, format: str) -> None:
    """Reports a spec where a run is needed."""
    report = Report()
    name = place.name if isinstance(place, Source) else place
    others = ", ".join(name for name, other in FORMATS.items() if not other.needs_run)
    report.error(
        codes.UNTRAINED_EXPORT,
        f"`{format}` needs a trained model, but {name} is a spec",
        Span(Source(name, ""), 1, 1, 1, 1),
        help=f"run `kspec run {name}`, then export the run; formats for a spec: {others}",
    )
    report.raise_errors()


def _with_server(format: str, folder: Path, permissions: Permissions) -> ExportContext:
    """The model of a run as a server holds it: also the mean of several."""
    from kspec.serving.model import load_model

    served = load_model(str(folder), str(folder.parent), allow_code=permissions.code)
    return ExportContext(format, served.run.spec, served.run.analysis.graph, served=served)


def _with_data(format: str, spec: Spec) -> ExportContext:
    """A spec with its data and the data of its steps."""
    compiled = compile_spec(spec, data="always")
    _, analysis = compiled.unwrap()
    others: dict[str, Dataset] = {}
    if compiled.dataset is not None:
        others = read_step_datasets(spec, analysis, compiled.dataset, compiled.report)
        compiled.report.raise_errors()
    return ExportContext(format, spec, analysis.graph, analysis=analysis, dataset=compiled.dataset, others=others)


def _write(export_format: ExportFormat, context: ExportContext, path: Path) -> str:
    try:
        note: str = export_format.load().write(context, path)
        return note
    except UnsupportedByFormat as error:
        _report(error, context)
        raise
    except ModuleNotFoundError as error:
        if not export_format.extra:
            raise
        install = f"pip install 'kspec[{export_format.extra}]'"
        raise CannotExport(f"`{context.format}` needs {error.name}, which is not installed: {install}") from None


def _report(error: UnsupportedByFormat, context: ExportContext) -> None:
    """Reports what a format cannot express, at the first input or node concerned.

    Raises:
        SpecError: Always.
    """
    spec, nodes = context.spec, context.graph.nodes
    node = next((nodes[name] for name in error.names if name in nodes), None)
    span = None
    if node is not None and node.kind == "input":
        span = spec.positions.key(node.path)
    elif node is not None:
        span = head_span(node.path, spec.entry(node.path), spec.positions)
    report = Report()
    report.error(codes.UNSUPPORTED_BY_FORMAT, str(error), span, help=error.help)
    report.raise_errors()


def _protect_source(path: Path, source: _Source) -> None:
    """Refuses to overwrite the spec or a file of the run."""
    resolved, folder = path.resolve(), source.folder
    if source.file is not None and resolved == source.file.resolve():
        raise ExportRefused("-o would overwrite the spec; name another file")
    if folder is not None and (resolved == folder or (folder in resolved.parents and resolved.exists())):
        raise ExportRefused("-o would overwrite a file of the run; name another file")


@contextmanager
def _atomic_write(path: Path, export_format: ExportFormat) -> Iterator[Path]:
    """Gives a temporary path beside the final one, and moves it there when the block succeeds."""
    is_folder = export_format.is_folder
    if is_folder and path.exists() and not _is_replaceable(path, export_format.marker):
        raise ExportRefused(f"{path} exists and has no {export_format.marker}; name another folder")
    if not is_folder and path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    temporary = path.with_name(f".{path.stem}.writing{path.suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
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


def _is_replaceable(path: Path, marker: str) -> bool:
    return path.is_dir() and ((path / marker).is_file() or not any(path.iterdir()))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return path.stat().st_size
