"""A spec → one file of Keras code, much as one would write it by hand: it needs Keras and NumPy, not kspec.

Blocks become functions, repeats loops, and variables constants; `main` reads the data, compiles, fits, evaluates and
predicts. With the same seed, the file trains the same weights as the engine `keras`, to the bit.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.analysis.program import Analysis
from kspec.codegen.data.dataset_info import DatasetInfo, report_unsupported
from kspec.codegen.data.description import describe_dataset, describe_step_data
from kspec.codegen.data.examples import Examples, write_examples
from kspec.codegen.data.step_rows import rows_of_step
from kspec.codegen.data.target_scaling import IN_UNITS, to_units, with_scales
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.model.names import CONSTANTS, Allocator, identifier
from kspec.codegen.model.network import Network
from kspec.codegen.text.literals import literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.codegen.training.callbacks import BEST_WEIGHTS, best_weights_class, time_limit, write_callbacks
from kspec.codegen.training.folds import SUMMARY_ONCE, loop_lines, model_file, require_steps, summary_lines
from kspec.codegen.training.logs import log_lines
from kspec.codegen.training.predictions import predict_lines
from kspec.codegen.training.slices import slice_lines
from kspec.codegen.training.stages import stage_lines
from kspec.codegen.training.steps import compile_lines, count_others_function, evaluate_lines, fit_lines, minimize_class
from kspec.codegen.training.weights import BY_COLUMN
from kspec.data.step_check import encodings_before_build
from kspec.diagnostics import Path as SpecPath
from kspec.diagnostics import Report, codes
from kspec.ir.entry_spans import head_span
from kspec.ir.preset import is_preset
from kspec.language import Spec
from kspec.language.sequences import ListColumn
from kspec.syntax.sizes import sizes_in

if TYPE_CHECKING:
    from kspec.data import Dataset

_BELOW_THE_MODEL = (
    *("Minimize", "log_each_value", "weigh_losses_by_examples", "weigh_losses", "compile_model", "balanced", "batches"),
    *("BestWeights", "TimeLimit", "softmax", "sigmoid", "write_csv", "write_folds"),
)
"""Helper functions that come after those of the network."""


def python_source(
    spec: Spec,
    analysis: Analysis,
    dataset: Dataset | None,
    report: Report,
    *,
    others: Mapping[str, Dataset] | None = None,
    folder: str | os.PathLike[str] = ".",
) -> str:
    """The Python file of a spec, formatted.

    Args:
        spec: The spec.
        analysis: Its graph and settings, including those that depend on the data.
        dataset: The training data; None if the spec has no data.
        report: Gets what the exported code cannot do yet (KS620).
        others: Step → the data of its own, for `evaluate` and `predict`; each has one split.
        folder: The folder of the exported file, which paths of data are relative to.

    Returns:
        The text; it must not be used if the report has errors.
    """
    if dataset is None and _needs_data(spec, analysis, report):
        return ""
    data = spec.document.data
    for key in ("read", "resize"):
        if data is not None and getattr(data, key):
            report_unsupported(spec, report, "read the files of a column", ("data", key))
            return ""
    if (path := _path_of_lists(spec, dataset)) is not None:
        help = "`kspec export` to another format has the network; `keras.utils.pad_sequences` pads the lists"
        report_unsupported(spec, report, "pad lists", path, help)
        return ""
    try:
        return _PythonExport(spec, analysis, dataset, report, others or {}, Path(os.path.abspath(folder))).text()
    except UnsupportedInPython as error:
        report_unsupported(spec, report, str(error), error.path)
        return ""


def _needs_data(spec: Spec, analysis: Analysis, report: Report) -> bool:
    """Whether the network depends on training data; reports where, for a spec that has none (KS510)."""
    for node in analysis.graph.calls:
        counts = any(size.word == "classes_of" for size in sizes_in([node.arguments, node.constants]))
        adapts = node.catalog is not None and node.catalog.adapts and not is_preset(node.arguments)
        has_state = spec.document.weights is not None and node.head == "Normalization"  # its state is in the weights
        if counts or (adapts and not has_state):
            report.error(
                codes.SIZE_WITHOUT_DATA,
                f"`{node.name}` depends on the training data, and the spec has none",
                head_span(node.path, spec.entry(node.path), spec.positions),
                help="give the spec `data:`, or state the value",
            )
            return True
    return False


def _path_of_lists(spec: Spec, dataset: Dataset | None) -> SpecPath | None:
    """Where the data takes lists to pad; None if it does not.

    Args:
        spec: The spec.
        dataset: The data, whose columns may be lists.
    """
    data = spec.document.data
    for key in ("inputs", "targets") if data is not None else ():
        settings = getattr(data, key)
        for name, setting in settings.items() if isinstance(settings, dict) else ():
            if isinstance(setting, ListColumn):
                return ("data", key, name)
    return ("data",) if dataset is not None and "lists" in dataset.fitted.get("columns", {}) else None


class _PythonExport:
    """Writes the Python file of a spec; its arguments are those of `python_source`."""

    def __init__(
        self,
        spec: Spec,
        analysis: Analysis,
        dataset: Dataset | None,
        report: Report,
        others: Mapping[str, Dataset],
        folder: Path,
    ) -> None:
        analysis = analysis if dataset is None else with_scales(analysis, dataset)
        assert analysis.settings is not None
        self.spec = spec
        self.document = spec.document
        self.analysis = analysis
        self.settings = analysis.settings
        self.folder = folder
        self.allocator = Allocator(*CONSTANTS)
        variables = {name: self.allocator.take(identifier(name).upper()) for name in spec.values.get("vars") or {}}
        self.file = ModuleWriter(variables=variables, folder=folder)
        self.info: DatasetInfo | None = None
        if dataset is not None:
            encodings = encodings_before_build(analysis, dataset)
            self.info = describe_dataset(spec, dataset, report, self.allocator, encodings)
        self.others = {} if self.info is None else describe_step_data(self.info, others)
        class_counts = {name: target.class_count for name, target in self.info.targets.items()} if self.info else {}
        self.network = Network(spec, analysis, self.file, class_counts, predicts=self.info is not None)
        self.nodes = self.allocator.take("nodes") if self.network.nodes else ""
        self.writer = self.network.writer

    def text(self) -> str:
        """The text of the file."""
        functions = self.network.write()
        folds = self.info is not None and self.info.trains_folds
        main = ["def main():", *([] if folds else ["    keras.utils.set_random_seed(SEED)"])]
        if self.document.dtype_policy is not None and not folds:
            main.append(f"    keras.config.set_dtype_policy({text(self.document.dtype_policy)})")
        minimize = minimize_class(self.settings.outputs)
        if minimize:
            self.file.helpers["Minimize"] = minimize
        count_others = count_others_function(self.settings.outputs)
        if count_others:
            self.file.helpers["count_others"] = count_others
        if any(output.weighs_columns and output.loss is not None for output in self.settings.outputs.values()):
            self.file.helpers["ByColumn"] = BY_COLUMN.splitlines()
        staged = self.document.fit.stages is not None and self.info is not None
        optimizer = "optimizer" if staged else ""
        units = self._units(staged=staged)
        compile_ = compile_lines(self.spec, self.settings, self.writer, self.network.names, optimizer, units)
        if self.info is not None:
            compile_ += log_lines(self.settings, self.analysis.graph, self.info.targets, self.file)
        if staged:
            self.file.helpers["compile_model"] = ["def compile_model(model, optimizer):", *compile_]
            compile_ = []
        if self.info is None:
            main += ["    model = build_model()", *self._load_weights(), *compile_, "    model.summary()"]
        else:
            examples = write_examples(
                self.info, self.others, self.analysis, self.file, self.folder, self.settings.outputs
            )
            data = ", ".join(examples.rows(variable, "train") for variable in self.network.data)
            models = f"model, {self.nodes}_model" if self.nodes else "model"
            train = [f"    {models} = build_model({data})", *self._load_weights()]
            train += SUMMARY_ONCE if folds else ["    model.summary()"]
            train += [*compile_, *self._steps(examples)]
            main += self._folds(examples, train) if folds else ["", *examples.lines, "", *train]
        below = [lines for name, lines in self.file.helpers.items() if name in _BELOW_THE_MODEL]
        above = [lines for name, lines in self.file.helpers.items() if name not in _BELOW_THE_MODEL]
        variables = self._variables()
        self._complete_constants()
        return self.file.layout(self._header(), [*above, *functions, *below, main], variables)

    def _folds(self, examples: Examples, train: list[str]) -> list[str]:
        """The lines of `main` that train a model for each fold, and print and write what they have in common.

        Args:
            examples: All examples of `main`.
            train: The lines that build, train and evaluate a model, and predict with it.
        """
        require_steps(examples.info)
        lines = loop_lines(self.spec, examples.lines, [*examples.lines_of_fold, "", *train])
        names = [*self.settings.outputs, *self.analysis.graph.predicted_nodes]
        return [*lines, *summary_lines(examples.info, names, self.file)]

    def _units(self, *, staged: bool) -> dict[str, str]:
        """By output with a scaled target, the function to the unit of its column, in Python.

        Args:
            staged: Whether a function of its own compiles the model.
        """
        info = self.info
        scaled_targets = [] if info is None else [each for each in info.targets.values() if each.scaling is not None]
        if scaled_targets:
            self.file.helpers["in_units"] = IN_UNITS
        for target in scaled_targets:
            path = ("data", "targets", target.name, "scale")
            if staged or target.encoding.predicts_positions:
                raise UnsupportedInPython("scale targets of stages, or of positions", path)
        return {target.name: to_units(info, target) for target in scaled_targets if info is not None}

    def _load_weights(self) -> list[str]:
        """The line that loads the model's initial weights, if the spec names a file."""
        weights = self.document.weights
        return [] if weights is None else [self.network.load_weights_line("model", weights)]

    def _reject_states(self) -> None:
        """Rejects states that would last from one pass over the examples to the next: `kspec run` resets them."""
        graph = self.analysis.graph
        calls = [node for network in (graph, *graph.models.values()) for node in network.calls]
        inputs = self.document.inputs
        fixed = next((name for name, settings in inputs.items() if settings.batch_size is not None), None)
        if fixed is not None and any(_is_stateful(node.arguments) for node in calls):
            raise UnsupportedInPython(
                "reset the states of stateful layers before each epoch", ("inputs", fixed, "batch_size")
            )

    def _steps(self, examples: Examples) -> list[str]:
        """The lines of `main` for fit, evaluate and predict."""
        self._reject_states()
        if self.document.fit.repeats is not None:
            raise UnsupportedInPython("train several times", ("fit", "repeats"))
        if self.document.evaluate.intervals:
            raise UnsupportedInPython("compute intervals of metrics", ("evaluate", "intervals"))
        document, names = self.document, self.network.names
        lines: list[str] = []
        batch_size = self._number("BATCH_SIZE", document.fit.batch_size, ("fit", "batch_size"))
        if any(output.loss is not None for output in self.settings.outputs.values()):
            lines.append("")
            if (document.fit.workers or 1) > 1:
                lines.append(f"    # `kspec run` trains with {document.fit.workers} workers, to the same results")
            keep = self.settings.keep
            if keep is not None:
                self.file.helpers["BestWeights"] = best_weights_class(keep)
                self.file.imports.add("math")
                lines.append(f"    {BEST_WEIGHTS} = BestWeights()")
            limit = time_limit(self.spec, self.file)
            if document.fit.stages is not None:
                graph = self.analysis.graph
                lines += stage_lines(examples, graph, self.settings, self.writer, names, batch_size)
            else:
                epochs = self._number("EPOCHS", document.fit.epochs, ("fit", "epochs"))
                callbacks = write_callbacks(self.spec, self.settings.stages[0], self.writer, names)
                callbacks += [*([BEST_WEIGHTS] if keep is not None else []), *limit]
                lines += fit_lines(examples, self.settings, batch_size, epochs, callbacks)
            if keep is not None:
                lines += [f"    if {BEST_WEIGHTS}.weights is not None:"]
                lines += [f"        model.set_weights({BEST_WEIGHTS}.weights)"]
                lines += [f'        print(f"kept epoch {{{BEST_WEIGHTS}.epoch + 1}}")']
            lines.append(f"    model.save({model_file(examples.info)})")
            step_rows = rows_of_step("evaluate", examples, targets=True)
            own = _or(document.evaluate.batch_size, batch_size)
            lines += ["", *evaluate_lines(step_rows, self.settings, own)]
            lines += ["    evaluations.append(metrics)"] if examples.info.trains_folds else []
            lines += slice_lines(step_rows, self.settings.outputs, own)
        elif examples.info.trains_folds:
            raise UnsupportedInPython("make folds for a network without a loss", ("data", "split", "folds"))
        step_rows = rows_of_step("predict", examples, targets=False)
        own = _or(document.predict.batch_size, batch_size)
        return [*lines, "", *predict_lines(step_rows, examples, self.analysis, self.settings, own, self.nodes)]

    def _number(self, name: str, value: int, path: tuple[str, ...]) -> str:
        """A setting as a constant of the file, or as the constant of the variable that it is.

        Args:
            name: The constant.
            value: The setting.
            path: Its place in the spec.
        """
        expression = self.writer.source_expression(value, path, self.network.names)
        if expression is not None and expression.isidentifier():
            return expression
        name = self.allocator.take(name)
        self.file.constants[name] = expression or str(value)
        return name

    def _variables(self) -> dict[str, str]:
        """Constant → value of the spec's variables in use, each after the variables that it uses itself."""
        values = self.spec.values.get("vars") or {}
        codes: dict[str, str] = {}
        while len(codes) < len(self.file.used):
            for name in list(self.file.used):
                if name not in codes:
                    expression = self.writer.source_expression(values[name], ("vars", name), self.network.names)
                    codes[name] = expression or literal(values[name])
        return {self.file.variables[name]: codes[name] for name in values if name in codes}

    def _complete_constants(self) -> None:
        """Puts paths first, then the seed, then all other constants."""
        paths = {name: value for name, value in self.file.constants.items() if value.startswith("Path(")}
        here = {"HERE": "Path(__file__).parent"} if self.file.uses_here else {}
        self.file.constants = {**here, **paths, "SEED": str(self.document.seed), **self.file.constants}

    def _header(self) -> list[str]:
        """The lines of the file's docstring: what it is, its origin, its requirements."""
        needs = ["Keras on TensorFlow"]
        if "numpy as np" in self.file.imports:
            needs.append("NumPy")
        if any(name.startswith(("pyarrow", "duckdb")) for name in self.file.imports):
            needs.append("PyArrow")
        if "python_calamine as calamine" in self.file.imports:
            needs.append("python-calamine")
        if "duckdb" in self.file.imports:
            needs.append("DuckDB")
        needs += [f"`{module}`" for module in self.document.extensions]
        requirements = f"{', '.join(needs[:-1])}{' and ' if len(needs) > 1 else ''}{needs[-1]}"
        description = " ".join((self.document.description or "").split()) or f"The model `{self.spec.name}`."
        name = Path(self.spec.source.name).name
        origin = f"Generated from {name} by `kspec export --to python`. Requires {requirements}."
        return [*textwrap.wrap(description, 80), "", *textwrap.wrap(origin, 88)]


def _or(batch_size: int | None, default: str) -> str:
    """A step's own batch size in Python, or the default."""
    return default if batch_size is None else str(batch_size)


def _is_stateful(value: Any) -> bool:
    """Whether the arguments of a layer, or of a layer inside it, make it stateful."""
    if isinstance(value, list):
        return any(map(_is_stateful, value))
    return isinstance(value, dict) and (value.get("stateful") is True or any(map(_is_stateful, value.values())))
