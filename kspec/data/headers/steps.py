"""Checks the other data of `evaluate` and `predict` against the columns of training, by its headers."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress

from kspec.data.columns import ColumnMapping, window_columns
from kspec.data.context import Context, InvalidData
from kspec.data.headers.sources import read_header
from kspec.data.kept_columns import check_kept
from kspec.data.named_columns import require_columns
from kspec.data.new_source import resolve_source
from kspec.data.sources.read_request import Request
from kspec.data.step_data import STEPS, Step
from kspec.language.csv_options import CsvOptions

_NUMBERED = re.compile(r"c\d+")


def check_step_headers(mapping: ColumnMapping | None, own: Collection[str], request: Request) -> None:
    """Reports other data that is not there, or lacks columns.

    Args:
        mapping: The columns of training; None if they are unknown.
        own: The columns of the file of training, without those that are computed.
        request: What is read for training.
    """
    spec = request.context.spec
    for step in STEPS:
        source = getattr(spec.document, step).data
        if source is None:
            continue
        context = Context(spec, request.context.report, (step, "data"), is_new=True, is_brief=True)
        own_request = Request(context, request.inputs, request.outputs, request.seed, for_prediction=step == "predict")
        with suppress(InvalidData):
            _check(step, source, mapping, own, own_request)


def _check(step: Step, source: str, mapping: ColumnMapping | None, own: Collection[str], request: Request) -> None:
    """Checks the other data of a step.

    Args:
        step: The step.
        source: The data.
        mapping: As in `check_step_headers`.
        own: Likewise.
        request: What is read.

    Raises:
        InvalidData: If there are errors.
    """
    context, data = request.context, request.context.spec.document.data
    kind, setting = context.require(resolve_source(source, data, context))
    if isinstance(setting, CsvOptions) and not setting.header and setting.names is None:
        numbered = [name for name in own if _NUMBERED.fullmatch(name)]
        setting = setting.model_copy(update={"names": numbered} if numbered else {})
    table = read_header(kind, setting, request)
    context.stop_on_errors()
    if table is None:
        return
    if step == "predict":
        check_kept(table, context)
    if mapping is None or data is None:
        return
    inputs = [name for name in (*mapping.input_columns, *window_columns(data.window)) if name in own]
    targets = {name: [each for each in columns if each in own] for name, columns in mapping.targets.items()}
    require_columns(inputs, targets, table, context, for_prediction=request.for_prediction)
    context.stop_on_errors()
