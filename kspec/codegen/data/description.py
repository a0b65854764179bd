"""The description of data sets for the exported code: of the training data, and of the data of steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kspec.codegen.data.dataset_info import FOLDERS, DatasetInfo
from kspec.codegen.data.gaps import unsupported_rule, without_indicators
from kspec.codegen.data.slices import sliced_columns
from kspec.codegen.data.target import Target
from kspec.codegen.model.names import Allocator, identifier
from kspec.diagnostics import Report, codes
from kspec.language import Spec
from kspec.language.missing import missing_rule

if TYPE_CHECKING:
    from kspec.data import Dataset
    from kspec.data.targets.encoding import TargetEncoding


def describe_dataset(
    spec: Spec, dataset: Dataset, report: Report, allocator: Allocator, encodings: Mapping[str, TargetEncoding]
) -> DatasetInfo:
    """Describes the training data.

    Args:
        spec: The spec.
        dataset: The data.
        report: Gets errors.
        allocator: Names constants.
        encodings: By output, in order, the encoding of its target.
    """
    fitted = dataset.fitted.get("columns", {})
    info = DatasetInfo(spec, dataset, report, dict(fitted.get("inputs", {})), weights=dict(fitted.get("weights", {})))
    for name, used in info.inputs.items():
        info.inputs[name], info.indicators[name] = without_indicators(used, info.data)
    info.datasets.append(dataset)
    info.sliced = sliced_columns(info)
    of_targets = [column for own in fitted.get("targets", {}).values() for column in own]
    for column in [*info.used_columns(), *of_targets]:
        rule = missing_rule(info.data.missing, column)
        action = "" if rule is None else unsupported_rule(rule)
        if rule is not None and action:
            info.report_unsupported(f"{action} of `{column}`", rule.path, help="fill the gaps in the file")
    info.predicted = spec.document.predict.data is None
    for step, split in (("evaluate", spec.document.evaluate.split), ("predict", spec.document.predict.split)):
        if split is not None and split not in info.splits:
            report.error(
                codes.EMPTY_SPLIT,
                f"the split `{split}` has no examples",
                spec.positions.value((step, "split")),
                help=f"available splits: {', '.join(info.splits)}",
            )
    for output, encoding in encodings.items():
        if output not in dataset.splits["train"].targets:
            continue
        columns = list(fitted.get("targets", {}).get(output, [output]))
        one = len(columns) == 1 and info.source not in (*FOLDERS, "synthetic")
        variable = info.variables.of(columns[0] if one else output)
        target = Target(output, columns, encoding, variable)
        labels = target.labels
        if labels is not None and any(pair != ("false", "true") for pair in labels.columns):
            info.report_unsupported(
                f"read the words for yes and no in the columns of `{output}`",
                ("data", "targets"),
                help="write 0 and 1, or true and false, in the data",
            )
        if target.needs_constant:
            target.constant = allocator.take(
                "LABELS" if len(encodings) == 1 else f"{identifier(output).upper()}_LABELS"
            )
        info.targets[output] = target
    return info


def describe_step_data(info: DatasetInfo, datasets: Mapping[str, Dataset]) -> dict[str, DatasetInfo]:
    """Describes the data of steps, once if both steps use the same rows of the same file.

    Args:
        info: The training data.
        datasets: Step → its data.
    """
    result: dict[str, DatasetInfo] = {}
    for step, dataset in datasets.items():
        before = result.get("evaluate")
        if before is not None and _are_same(before.dataset, dataset):
            before.predicted = True
            result[step] = before
        else:
            result[step] = info.for_step(step, dataset)
    return result


def _are_same(a: Dataset, b: Dataset) -> bool:
    one, other = next(iter(a.splits.values())), next(iter(b.splits.values()))
    same_rows = a.fingerprint == b.fingerprint and list(one.rows) == list(other.rows)
    return same_rows and one.targets.keys() == other.targets.keys()
