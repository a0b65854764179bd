"""The code that creates synthetic examples, the same as those of the source `synthetic`."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kspec.analysis.input_values import known_values
from kspec.analysis.program import Analysis
from kspec.analysis.settings import OutputSettings
from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.data.seeds import data_seed
from kspec.codegen.model.names import Allocator, identifier
from kspec.codegen.text.literals import dict_of, literal, text
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.network_specs import OutputSpec, output_specs
from kspec.data.sources.synthetic import FEW, POSITIVE_LOSSES, WORDS, label_count


def write_synthetic(
    info: DatasetInfo, file: ModuleWriter, outputs: Mapping[str, OutputSettings], analysis: Analysis
) -> list[str]:
    """Writes the function `make_examples` and returns the names of what it returns.

    Args:
        info: The data set.
        file: Gets the function.
        outputs: The settings of the outputs by name.
        analysis: The analysed spec.
    """
    file.imports.add("numpy as np")
    assert info.data.synthetic is not None
    count = info.data.synthetic.examples
    inputs = info.spec.document.inputs
    lines = ["def make_examples():", '    """Creates random inputs, and targets that depend on them."""']
    features = []
    known, specs = known_values(analysis.graph), output_specs(analysis)
    taken = (target.variable for target in info.targets.values())
    allocator = Allocator("features", "rng", "scores", "indices", *taken)
    variables = {}
    for number, (name, settings) in enumerate(inputs.items()):
        shape = info.array(name).shape[1:]
        lines.append(f"    rng = np.random.default_rng([{data_seed(info.data)}, 2, {number}])")
        size = literal([count, *shape])
        variable = variables[name] = "x" if len(inputs) == 1 else allocator.take(identifier(name))
        entries = known.get(name)
        if isinstance(entries, list):
            dtype = "" if settings.dtype == "string" else f", dtype={text(settings.dtype)}"
            lines.append(f"    indices = rng.integers(0, {len(entries)}, {size})")
            lines.append(f"    {variable} = np.array({literal(entries)}{dtype})[indices]")
            features.append(f'indices.reshape({count}, -1).astype("float32")')
            continue
        if entries is not None and settings.dtype not in ("string", "bool"):
            lines.append(f"    {variable} = rng.integers(0, {entries}, {size}).astype({text(settings.dtype)})")
            features.append(f'{variable}.reshape({count}, -1).astype("float32")')
            continue
        if settings.dtype == "string":
            lines.append(f"    indices = rng.integers(0, {len(WORDS)}, {size})")
            lines.append(f"    {variable} = np.array({literal(WORDS)})[indices]")
            features.append(f'indices.reshape({count}, -1).astype("float32")')
            continue
        if settings.dtype == "bool":
            lines.append(f"    {variable} = rng.integers(0, 2, {size}).astype(bool)")
        elif "int" in settings.dtype:
            high = 256 if settings.dtype == "uint8" else 10
            lines.append(f"    {variable} = rng.integers(0, {high}, {size}).astype({text(settings.dtype)})")
        else:
            lines.append(f'    {variable} = rng.standard_normal({size}, dtype="float32")')
        is_whole = settings.dtype == "bool" or "int" in settings.dtype
        features.append(f"{variable}.reshape({count}, -1)" + ('.astype("float32")' if is_whole else ""))
    joined = features[0] if len(features) == 1 else f"np.concatenate([{', '.join(features)}], axis=1)"
    lines.append(f"    features = {joined}")
    for number, name in enumerate(outputs, start=len(inputs)):
        if name in info.targets:
            lines += _target(info, outputs[name], specs[name], info.targets[name].variable, number)
    if len(inputs) > 1:
        lines.append(f"    x = {dict_of(variables)}")
    returned = ["x", *(target.variable for target in info.targets.values())]
    file.helpers["make_examples"] = [*lines, f"    return {', '.join(returned)}"]
    return returned


def _target(
    info: DatasetInfo, output: OutputSettings, output_spec: OutputSpec, variable: str, number: int
) -> list[str]:
    """The lines that create a target.

    Args:
        info: The data set.
        output: The settings of its output.
        output_spec: What is known of its output.
        variable: The target's variable.
        number: The number of its random stream.
    """
    assert info.data.synthetic is not None
    units = output.head.units or 1
    width = units if units > 1 or output.task == "regression" else info.data.synthetic.classes
    width = label_count(output_spec) if output_spec.loss == "CTC" else width
    size = sum(math.prod(info.array(name).shape[1:]) for name in info.spec.document.inputs)
    lines = [
        f"    rng = np.random.default_rng([{data_seed(info.data)}, 2, {number}])",
        f'    scores = features @ rng.standard_normal(({size}, {width}), dtype="float32")',
        "    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)",
    ]
    if output_spec.loss == "CTC":
        clipped = f"np.clip((scores + 2) / 4 * {units - 1}, 0, {units - 2})"
        return [*lines, f'    {variable} = 1 + {clipped}.astype("int64")']
    if output.task == "regression":
        lines.append("    scores = scores + 0.1 * rng.standard_normal(scores.shape)")
        values = "np.abs(scores)" if output_spec.loss in POSITIVE_LOSSES else "scores"
        return [*lines, f'    {variable} = {values}.astype("float32"){"" if units > 1 else ".ravel()"}']
    if output.task == "multilabel_classification":
        return [*lines, f'    {variable} = (scores > 0).astype("int64")']
    if output.task == "binary_classification" or width == 2:
        return [*lines, f'    {variable} = (scores[:, 0] > 0).astype("int64")']
    return [
        *lines,
        f"    {variable} = scores.argmax(axis=1)",
        f"    if np.bincount({variable}, minlength={width}).min() < {FEW}:",
        f"        {variable} = scores[:, 0].argsort().argsort() * {width} // len(scores)",
    ]
