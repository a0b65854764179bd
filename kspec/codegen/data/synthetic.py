"""The code that creates synthetic examples, the same as those of the source `synthetic`."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kspec.analysis.settings import OutputSettings
from kspec.codegen.data.dataset_info import DatasetInfo
from kspec.codegen.model.names import Allocator, identifier
from kspec.codegen.text.literals import dict_of, literal
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.data.sources.synthetic import WORDS


def write_synthetic(info: DatasetInfo, file: ModuleWriter, outputs: Mapping[str, OutputSettings]) -> list[str]:
    """Writes the function `make_examples` and returns the names of what it returns.

    Args:
        info: The data set.
        file: Gets the function.
        outputs: The settings of the outputs by name.
    """
    file.imports.add("numpy as np")
    assert info.data.synthetic is not None
    count = info.data.synthetic.examples
    inputs = info.spec.document.inputs
    lines = ["def make_examples():", '    """Creates random inputs, and targets that depend on them."""']
    features = []
    taken = (target.variable for target in info.targets.values())
    allocator = Allocator("features", "rng", "scores", "indices", *taken)
    variables = {}
    for number, (name, settings) in enumerate(inputs.items()):
        shape = info.array(name).shape[1:]
        lines.append(f"    rng = np.random.default_rng([SEED, 2, {number}])")
        size = literal([count, *shape])
        variable = variables[name] = "x" if len(inputs) == 1 else allocator.take(identifier(name))
        if settings.dtype == "string":
            lines.append(f"    indices = rng.integers(0, {len(WORDS)}, {size})")
            lines.append(f"    {variable} = np.array({literal(WORDS)})[indices]")
            features.append(f'indices.reshape({count}, -1).astype("float32")')
            continue
        if settings.dtype == "bool":
            lines.append(f"    {variable} = rng.integers(0, 2, {size}).astype(bool)")
        elif "int" in settings.dtype:
            high = 256 if settings.dtype == "uint8" else 10
            lines.append(f'    {variable} = rng.integers(0, {high}, {size}).astype("{settings.dtype}")')
        else:
            lines.append(f'    {variable} = rng.standard_normal({size}, dtype="float32")')
        is_whole = settings.dtype == "bool" or "int" in settings.dtype
        features.append(f"{variable}.reshape({count}, -1)" + ('.astype("float32")' if is_whole else ""))
    joined = features[0] if len(features) == 1 else f"np.concatenate([{', '.join(features)}], axis=1)"
    lines.append(f"    features = {joined}")
    for number, name in enumerate(outputs, start=len(inputs)):
        if name in info.targets:
            lines += _target(info, outputs[name], info.targets[name].variable, number)
    if len(inputs) > 1:
        lines.append(f"    x = {dict_of(variables)}")
    returned = ["x", *(target.variable for target in info.targets.values())]
    file.helpers["make_examples"] = [*lines, f"    return {', '.join(returned)}"]
    return returned


def _target(info: DatasetInfo, output: OutputSettings, variable: str, number: int) -> list[str]:
    """The lines that create a target.

    Args:
        info: The data set.
        output: The settings of its output.
        variable: The target's variable.
        number: The number of its random stream.
    """
    assert info.data.synthetic is not None
    units = output.head.units or 1
    width = units if units > 1 or output.task == "regression" else info.data.synthetic.classes
    size = sum(math.prod(info.array(name).shape[1:]) for name in info.spec.document.inputs)
    lines = [
        f"    rng = np.random.default_rng([SEED, 2, {number}])",
        f'    scores = features @ rng.standard_normal(({size}, {width}), dtype="float32")',
        "    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)",
    ]
    if output.task == "regression":
        lines.append("    scores = scores + 0.1 * rng.standard_normal(scores.shape)")
        return [*lines, f'    {variable} = scores.astype("float32"){"" if units > 1 else ".ravel()"}']
    if output.task == "multilabel_classification":
        return [*lines, f'    {variable} = (scores > 0).astype("int64")']
    if output.task == "binary_classification" or width == 2:
        return [*lines, f'    {variable} = (scores[:, 0] > 0).astype("int64")']
    return [*lines, f"    {variable} = scores.argmax(axis=1)"]
