"""Runs the part of an exported file that makes the examples, without Keras, beside kspec's own examples."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np

from kspec.codegen import python_source
from kspec.codegen.data.target_scaling import with_scales
from kspec.compiler.compile import compile_spec
from kspec.data.step_check import encodings_before_build
from kspec.data.step_datasets import read_step_datasets
from kspec.data.windows.arrays import WindowArray
from kspec.diagnostics import Report
from kspec.language import load_file


def examples_of(text: str, file: Path, keras: Any = None) -> dict[str, Any]:
    """The variables of `main` in an exported file before it builds the model.

    Args:
        text: The text of the file.
        file: Its path.
        keras: The module that stands for Keras; by default one that does nothing.
    """
    tree = ast.parse(text)
    main = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main")
    end = next(number for number, line in enumerate(main.body) if "build_model" in ast.unparse(line))
    main.body = [*main.body[:end], *ast.parse("return locals()").body]
    tree.body = [node for node in tree.body if not isinstance(node, ast.If)]
    fakes = {"keras": keras or mock.MagicMock(), "tensorflow": mock.MagicMock()}
    module = ModuleType("exported")
    module.__file__ = str(file)
    with mock.patch.dict(sys.modules, fakes):
        exec(compile(ast.fix_missing_locations(tree), str(file), "exec"), module.__dict__)
        found: dict[str, Any] = module.__dict__["main"]()
    return found


def assert_same_examples(path: Path, keras: Any = None) -> str:
    """Exports a spec and asserts that the file makes kspec's examples, to the bit; returns its text.

    Args:
        path: The spec; the file is written beside it.
        keras: As in `examples_of`.
    """
    spec, report, file = load_file(path), Report(), path.with_name("exported.py")
    compiled = compile_spec(spec, data="always")
    _, analysis = compiled.unwrap()
    dataset = compiled.dataset
    assert dataset is not None
    others = read_step_datasets(spec, analysis, dataset, report)
    text = python_source(spec, analysis, dataset, report, others=others, folder=path.parent)
    report.raise_errors()
    file.write_text(text, encoding="utf-8")
    found = examples_of(text, file, keras)
    encodings = encodings_before_build(with_scales(analysis, dataset), dataset)
    for name, split in dataset.splits.items():
        if name not in found:
            continue
        rows = found[name]
        x, y = found["x"], found["y"]
        for input, values in split.inputs.items():
            wanted = values.array() if isinstance(values, WindowArray) else np.asarray(values)
            _equal(np.asarray(x[input] if isinstance(x, dict) else x)[rows], wanted, f"{name} {input}")
        for output, values in split.targets.items():
            own = y[output] if isinstance(y, dict) else y
            _equal(own[rows], encodings[output].encode(values), f"{name} {output}")
    assert "train" in found
    return text


def _equal(found: Any, wanted: Any, place: str) -> None:
    if wanted.dtype.kind in "OU":
        found, wanted = found.astype(str), wanted.astype(str)
    else:
        assert found.dtype == wanted.dtype, place
    np.testing.assert_array_equal(found, wanted, err_msg=place)
