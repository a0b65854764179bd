"""A spec as one file of Keras code, as one would write it by hand: it needs Keras and NumPy, not kspec.

Blocks become functions, repeats loops, variables constants; then come reading the data, compile, fit, evaluate and
predict. With the same seed the file trains the same weights, to the bit, as the engine `keras` does.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.analysis.program import Analysis
from kspec.codegen.data.dataset_info import Facts, others_of, read_off, refuse
from kspec.codegen.data.examples import Examples, write_examples
from kspec.codegen.data.step_rows import portion_of
from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.model.names import CONSTANTS, Allocator, identifier
from kspec.codegen.model.network import Network
from kspec.codegen.text.literals import literal
from kspec.codegen.text.module_writer import File
from kspec.codegen.training.predictions import predict_lines
from kspec.codegen.training.stages import stage_lines
from kspec.codegen.training.steps import compile_lines, evaluate_lines, fit_lines
from kspec.diagnostics import Report
from kspec.language import Spec

if TYPE_CHECKING:
    from kspec.data import Dataset

_AFTER_THE_MODEL = ("compile_model", "balanced", "batches", "softmax", "sigmoid", "write_csv")
"""Functions that stand below the network's."""


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
        analysis: The spec's graph and settings, with what the data tells of them.
        dataset: The spec's data, as read; None where it has none.
        report: Gets what plain Python code cannot do yet (KS620).
        others: Other data that the steps `evaluate` and `predict` use, by step, each of one part.
        folder: Where the file will lie: paths of data are relative to it.

    Returns:
        The text; not to be used where the report has errors.
    """
    try:
        return _Source(spec, analysis, dataset, report, others or {}, Path(os.path.abspath(folder))).text()
    except UnsupportedInPython as error:
        refuse(spec, report, str(error), error.path)
        return ""


class _Source:
    def __init__(
        self,
        spec: Spec,
        analysis: Analysis,
        dataset: Dataset | None,
        report: Report,
        others: Mapping[str, Dataset],
        folder: Path,
    ) -> None:
        assert analysis.settings is not None
        self.spec = spec
        self.document = spec.document
        self.analysis = analysis
        self.settings = analysis.settings
        self.dataset = dataset
        self.report = report
        self.folder = folder
        self.allocator = Allocator(*CONSTANTS)
        variables = {name: self.allocator.take(identifier(name).upper()) for name in spec.values.get("vars") or {}}
        self.file = File(variables=variables, folder=folder)
        self.facts: Facts | None = None
        if dataset is not None:
            self.facts = read_off(spec, dataset, report, self.allocator, list(analysis.graph.outputs))
        self.others = {} if self.facts is None else others_of(self.facts, others)
        counts = {name: target.count for name, target in self.facts.targets.items()} if self.facts else {}
        self.network = Network(spec, analysis, self.file, counts)
        self.writer = self.network.writer

    def text(self) -> str:
        functions = self.network.write()
        main = ["def main():", "    keras.utils.set_random_seed(SEED)"]
        if self.document.dtype_policy is not None:
            main.append(f'    keras.config.set_dtype_policy("{self.document.dtype_policy}")')
        staged = self.document.fit.stages is not None and self.facts is not None
        optimizer = "optimizer" if staged else ""
        compiled = compile_lines(self.spec, self.settings, self.writer, self.network.names, optimizer)
        if staged:
            self.file.helpers["compile_model"] = ["def compile_model(model, optimizer):", *compiled]
            compiled = []
        if self.facts is None:
            main += ["    model = build_model()", *self._weights(), *compiled, "    model.summary()"]
        else:
            examples = write_examples(
                self.facts, self.others, self.analysis, self.file, self.folder, self.settings.outputs
            )
            given = examples.rows("x", "train") if self.network.needs_data else ""
            main += ["", *examples.lines, "", f"    model = build_model({given})", *self._weights()]
            main += ["    model.summary()", *compiled]
            main += self._life(examples)
        later = [lines for name, lines in self.file.helpers.items() if name in _AFTER_THE_MODEL]
        reading = [lines for name, lines in self.file.helpers.items() if name not in _AFTER_THE_MODEL]
        variables = self._variables()
        self._constants()
        return self.file.layout(self._header(), [*reading, *functions, *later, main], variables)

    def _weights(self) -> list[str]:
        """The weights that the model starts from, where the spec names a file of them."""
        said = self.document.weights
        return [] if said is None else [self.network.load_weights_line("model", said)]

    def _refuse_states(self) -> None:
        """Refuses what would go on from one pass over the examples to the next, where `kspec run` begins afresh."""
        graph = self.analysis.graph
        calls = [node for network in (graph, *graph.models.values()) for node in network.calls]
        fixed = next((name for name, given in self.document.inputs.items() if given.batch_size is not None), None)
        if fixed is not None and any(_is_stateful(node.arguments) for node in calls):
            raise UnsupportedInPython(
                "forget the states of stateful layers before each epoch", ("inputs", fixed, "batch_size")
            )

    def _life(self, examples: Examples) -> list[str]:
        """Fit, evaluate, predict."""
        self._refuse_states()
        document, lines = self.document, []
        size = self._number("BATCH_SIZE", document.fit.batch_size, ("fit", "batch_size"))
        trains = any(output.loss is not None for output in self.settings.outputs.values())
        names = self.network.names
        if trains and document.fit.stages is not None:
            graph = self.analysis.graph
            lines += ["", *stage_lines(examples, graph, self.settings, self.writer, names, size)]
        elif trains:
            epochs = self._number("EPOCHS", document.fit.epochs, ("fit", "epochs"))
            callbacks = [self.writer.object("callback", callback, ("fit", "callbacks", number), names)
                         for number, callback in enumerate(document.fit.callbacks)]  # fmt: skip
            lines += ["", *fit_lines(examples, self.settings, size, epochs, callbacks)]
        if trains:
            lines.append(f'    model.save("{self.spec.name}.keras")')
        if trains:
            own = size if document.evaluate.batch_size is None else str(document.evaluate.batch_size)
            portion = portion_of("evaluate", examples, targets=True)
            lines += ["", *evaluate_lines(portion, self.settings, own)]
        own = size if document.predict.batch_size is None else str(document.predict.batch_size)
        portion = portion_of("predict", examples, targets=False)
        return [*lines, "", *predict_lines(portion, examples, self.analysis, self.settings, own)]

    def _number(self, name: str, value: int, path: tuple[str, ...]) -> str:
        """A setting as a constant of the file, or as the variable that gives it."""
        said = self.writer.source_expression(value, path, self.network.names)
        if said is not None and said.isidentifier():
            return said
        name = self.allocator.take(name)
        self.file.constants[name] = said or str(value)
        return name

    def _variables(self) -> dict[str, str]:
        """The spec's variables that are used, each after those that it uses itself."""
        written = self.spec.values.get("vars") or {}
        made: dict[str, str] = {}
        while len(made) < len(self.file.used):
            for name in list(self.file.used):
                if name not in made:
                    said = self.writer.source_expression(written[name], ("vars", name), self.network.names)
                    made[name] = said or literal(written[name])
        return {self.file.variables[name]: made[name] for name in written if name in made}

    def _constants(self) -> None:
        places = {name: value for name, value in self.file.constants.items() if value.startswith("Path(")}
        first = {**({"HERE": "Path(__file__).parent"} if self.file.uses_here else {}), **places}
        self.file.constants = {**first, "SEED": str(self.document.seed), **self.file.constants}

    def _header(self) -> list[str]:
        """What the file is, where it comes from, and what it needs."""
        needs = ["Keras on TensorFlow"]
        if "numpy as np" in self.file.imports:
            needs.append("NumPy")
        if "pyarrow.parquet as pq" in self.file.imports:
            needs.append("PyArrow, which reads the table")
        needs += [f"`{module}`" for module in self.document.extensions]
        told = f"Needs {', '.join(needs[:-1])}{' and ' if len(needs) > 1 else ''}{needs[-1]}."
        if "csv.DictReader" in "\n".join(line for lines in self.file.helpers.values() for line in lines):
            told += " The module csv reads the table."
        said = " ".join((self.document.description or "").split()) or f"The network `{self.spec.name}`."
        wrapped = textwrap.wrap(said.replace("\\", "\\\\").replace('"""', "'''"), 80)
        name = Path(self.spec.source.name).name
        return [
            wrapped[0],
            *wrapped[1:],
            "",
            *textwrap.wrap(f"Written from {name} by `kspec export --to python`. {told}", 88),
        ]


def _is_stateful(value: Any) -> bool:
    """Whether the arguments of a layer, or of one inside it, say that it is stateful."""
    if isinstance(value, list):
        return any(map(_is_stateful, value))
    return isinstance(value, dict) and (value.get("stateful") is True or any(map(_is_stateful, value.values())))
