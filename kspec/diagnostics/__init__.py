"""One type for every problem, and its renderings to a terminal, JSON, SARIF and GitHub."""

from kspec.diagnostics.codes import Rule
from kspec.diagnostics.diagnostic import Diagnostic, SpecError
from kspec.diagnostics.report import Report
from kspec.diagnostics.severity import Severity
from kspec.diagnostics.source import Edit, Path, Positions, Related, Source, Span, UsedSpan
from kspec.diagnostics.suggest import did_you_mean, nearest

__all__ = [
    "Diagnostic",
    "Edit",
    "Path",
    "Positions",
    "Related",
    "Report",
    "Rule",
    "Severity",
    "Source",
    "Span",
    "SpecError",
    "UsedSpan",
    "did_you_mean",
    "nearest",
]
