"""The code that makes synthetic examples, as the source `synthetic` makes them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kspec.analysis.settings import OutputSettings
from kspec.codegen.data.dataset_info import Facts
from kspec.codegen.model.names import Allocator, identifier
from kspec.codegen.text.literals import literal
from kspec.codegen.text.module_writer import File

WORDS = ("red", "green", "blue", "small", "large", "round", "square", "old", "new", "fast", "slow", "warm")


def write_synthetic(facts: Facts, file: File, outputs: Mapping[str, OutputSettings]) -> list[str]:
    """Writes `make_examples`, which draws inputs by the seed, and targets that hang on them; gives what it returns."""
    file.imports.add("numpy as np")
    assert facts.data.synthetic is not None
    count = facts.data.synthetic.examples
    inputs = facts.spec.document.inputs
    lines = ["def make_examples():",
             '    """Random inputs, and targets that hang on them: something to learn."""']  # fmt: skip
    seen = []
    variables = Allocator("seen", "rng", "scores", "drawn", *(target.variable for target in facts.targets.values()))
    values = {}
    for number, (name, given) in enumerate(inputs.items()):
        shape = facts.array(name).shape[1:]
        lines.append(f"    rng = np.random.default_rng([SEED, 2, {number}])")
        size = literal([count, *shape])
        variable = "x" if len(inputs) == 1 else variables.take(identifier(name))
        values[name] = variable
        if given.dtype == "string":
            lines.append(f"    drawn = rng.integers(0, {len(WORDS)}, {size})")
            lines.append(f"    {variable} = np.array({literal(WORDS)})[drawn]")
            seen.append(f'drawn.reshape({count}, -1).astype("float32")')
            continue
        if given.dtype == "bool":
            lines.append(f"    {variable} = rng.integers(0, 2, {size}).astype(bool)")
        elif "int" in given.dtype:
            high = 256 if given.dtype == "uint8" else 10
            lines.append(f'    {variable} = rng.integers(0, {high}, {size}).astype("{given.dtype}")')
        else:
            lines.append(f'    {variable} = rng.standard_normal({size}, dtype="float32")')
        whole = given.dtype == "bool" or "int" in given.dtype
        seen.append(f"{variable}.reshape({count}, -1)" + ('.astype("float32")' if whole else ""))
    joined = seen[0] if len(seen) == 1 else f"np.concatenate([{', '.join(seen)}], axis=1)"
    lines.append(f"    seen = {joined}")
    for number, name in enumerate(outputs, start=len(inputs)):
        if name in facts.targets:
            lines += _target(facts, outputs[name], facts.targets[name].variable, number)
    if len(inputs) > 1:
        lines.append("    x = {" + ", ".join(f'"{name}": {variable}' for name, variable in values.items()) + "}")
    given_back = ["x", *(target.variable for target in facts.targets.values())]
    file.helpers["make_examples"] = [*lines, f"    return {', '.join(given_back)}"]
    return given_back


def _target(facts: Facts, output: OutputSettings, variable: str, number: int) -> list[str]:
    assert facts.data.synthetic is not None
    units = output.head.units or 1
    width = units if units > 1 or output.task == "regression" else facts.data.synthetic.classes
    features = sum(math.prod(facts.array(name).shape[1:]) for name in facts.spec.document.inputs)
    lines = [
        f"    rng = np.random.default_rng([SEED, 2, {number}])",
        f'    scores = seen @ rng.standard_normal(({features}, {width}), dtype="float32")',
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
