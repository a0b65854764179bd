"""A run for a paper: tables of its architecture, settings and results, and a paragraph on the method, in LaTeX."""

from __future__ import annotations

from typing import Any

from kspec.report.chart import Table
from kspec.report.method import method_of
from kspec.report.run_facts import RunFacts

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "²": r"$^2$",
    "–": "--",
    **{each: f"\\{each}" for each in "&%$#_{}"},
}


def latex_page(facts: RunFacts) -> str:
    """The tables and the paragraph; they need the packages `booktabs` and `longtable`.

    Args:
        facts: What is known of the run.
    """
    method = method_of(facts)
    name = in_latex(facts.run.name)
    parts = [f"% {' '.join(facts.title.split())}, by kspec report; \\usepackage{{booktabs,longtable}}"]
    parts.append("\\paragraph{Method.}\n" + "\n".join(in_latex(sentence) for sentence in method.sentences))
    for table, caption, label in (
        (method.architecture, f"The architecture of {name}.", "architecture"),
        (method.settings, f"The settings of the training of {name}.", "settings"),
        (method.results, f"The results of {name}.", "results"),
    ):
        if table is not None:
            parts.append(_table(table, caption, f"tab:{_label(facts.run.name)}-{label}"))
    return "\n\n".join(parts) + "\n"


def in_latex(text: Any) -> str:
    r"""A text that LaTeX shows as it is, in one line.

    >>> in_latex("50% of a_b")
    '50\\% of a\\_b'
    """
    return "".join(_ESCAPES.get(each, each) for each in " ".join(str(text).split()))


def _label(name: str) -> str:
    return "".join(each if each.isalnum() and each.isascii() else "-" for each in name)


def _table(table: Table, caption: str, label: str) -> str:
    """A table that may go over several pages.

    Args:
        table: The table.
        caption: In LaTeX.
        label: Its label.
    """
    columns = r"lp{0.6\linewidth}" if len(table.headings) == 2 else "l" * len(table.headings)
    rows = [" & ".join(map(in_latex, row)) + r" \\" for row in table.rows]
    head = " & ".join(map(in_latex, table.headings)) + r" \\"
    return "\n".join([
        f"\\begin{{longtable}}{{{columns}}}", f"\\caption{{{caption}}}\\label{{{label}}} \\\\", r"\toprule", head,
        r"\midrule", r"\endfirsthead", r"\toprule", head, r"\midrule", r"\endhead", *rows, r"\bottomrule",
        r"\end{longtable}",
    ])  # fmt: skip
