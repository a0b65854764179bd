"""The dtypes of inputs, and the dtype policy."""

from __future__ import annotations

from kspec.catalog.types import DTYPE_POLICIES, DTYPES
from kspec.diagnostics import codes, did_you_mean
from kspec.lint.context import RuleContext


def check(context: RuleContext) -> None:
    """Checks that Keras knows each dtype."""
    document, report, positions = context.spec.document, context.report, context.spec.positions
    dtypes = [
        ((*network_path, "inputs", name, "dtype"), each.dtype)
        for network_path, network in context.spec.networks.items()
        for name, each in network.inputs.items()
    ]
    for path, dtype in dtypes:
        if dtype not in DTYPES:
            report.error(
                codes.INVALID_ARGUMENT_VALUE,
                f"unknown dtype `{dtype}`",
                positions.value(path),
                label=did_you_mean(dtype, DTYPES),
                help="use a dtype such as float32, int32 or string",
            )
    policy = document.dtype_policy
    if policy is not None and policy not in DTYPE_POLICIES:
        report.error(
            codes.INVALID_ARGUMENT_VALUE,
            f"unknown dtype policy `{policy}`",
            positions.value(("dtype_policy",)),
            label=did_you_mean(policy, DTYPE_POLICIES),
            help=f"available policies: {', '.join(DTYPE_POLICIES)}",
        )
