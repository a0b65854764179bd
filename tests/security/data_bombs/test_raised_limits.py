"""A spec raises the limits of data, but does not remove them."""

import pytest

from kspec.compiler.check import check_spec
from kspec.diagnostics import Source
from kspec.language.data_limits import Limits


@pytest.mark.parametrize("name", Limits.model_fields)
def test_limits_are_limited(name):
    for value, is_fine in (("1e308", False), (".inf", False), (".nan", False), ("0", False), ("200", True)):
        text = f"kspec: 1\ndata: {{csv: t.csv, inputs: a, targets: b, limits: {{{name}: {value}}}}}\n"
        text += "inputs: {x: {shape: [1]}}\nlayers: [{Dense: {units: 1}}]\n"
        checked = check_spec(Source("spec.yaml", text), ignore=["KS501"])
        found = [problem for problem in checked.diagnostics if problem.is_error]
        assert is_fine == (not found), (value, found)
        assert all(problem.span.line == 2 for problem in found)
