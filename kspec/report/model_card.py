"""A run as a model card: Markdown with front matter in the form that Hugging Face reads."""

from __future__ import annotations

from typing import Any

from kspec.report.chart import Table
from kspec.report.method import method_of
from kspec.report.run_facts import RunFacts
from kspec.syntax.dump import dump

_TASKS = {
    "binary_classification": "classification",
    "multiclass_classification": "classification",
    "multilabel_classification": "classification",
    "regression": "regression",
}
_NO_METRICS = ("split", "examples")


def model_card(facts: RunFacts) -> str:
    """The card, as Markdown; what only the author knows is left to them, in a comment.

    Args:
        facts: What is known of the run.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    method = method_of(facts)
    pages = Environment(  # Markdown is no HTML: texts are escaped by `in_markdown`
        loader=PackageLoader("kspec.report"), autoescape=False, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined, keep_trailing_newline=True,
    )  # fmt: skip
    pages.filters |= {"md": in_markdown, "table": markdown_table}
    description = "" if facts.spec is None else facts.spec.document.description or ""
    return pages.get_template("card.md.j2").render(
        front=dump(front_matter(facts)), facts=facts, method=method, description=description, name=facts.run.name
    )


def front_matter(facts: RunFacts) -> dict[str, Any]:
    """The metadata of the card.

    Args:
        facts: What is known of the run.
    """
    run, task = facts.run, _task(facts)
    metrics = [name for name in run.metrics if name not in _NO_METRICS]
    found: dict[str, Any] = {"library_name": "keras", "tags": ["kspec", "keras"]}
    if task:
        found["pipeline_tag"] = task
    if metrics:
        dataset = ", ".join(facts.record.get("data", {}).get("fingerprints", {})) or "unknown"
        found["metrics"] = [name for name in metrics if name != "loss"]
        found["model-index"] = [
            {
                "name": run.name,
                "results": [
                    {
                        "task": {"type": task or "other"},
                        "dataset": {"name": dataset, "type": "other", "split": run.metrics.get("split", "")},
                        "metrics": [{"type": name, "name": name, "value": run.metrics[name]} for name in metrics],
                    }
                ],
            }
        ]
    return found


def _task(facts: RunFacts) -> str:
    """The task in the words of the hub; empty if it has none for it."""
    if facts.analysis is None or facts.analysis.settings is None or facts.spec is None:
        return ""
    outputs = list(facts.analysis.settings.outputs.values())
    kind = _TASKS.get(outputs[0].task or "") if outputs else None
    inputs = facts.spec.document.inputs.values()
    if kind is None:
        return ""
    if any(each.dtype == "string" for each in inputs):
        return "text-classification" if kind == "classification" else ""
    if any(len(each.shape) == 3 for each in inputs):
        return "image-classification" if kind == "classification" else ""
    if facts.spec.document.data is not None and facts.record.get("data", {}).get("fitted", {}).get("window"):
        return "time-series-forecasting" if kind == "regression" else ""
    return f"tabular-{kind}"


def in_markdown(text: Any) -> str:
    """A text that Markdown shows as it is, in one line.

    >>> in_markdown("a_b|<c>")
    'a\\\\_b\\\\|\\\\<c\\\\>'
    """
    line = " ".join(str(text).split())
    return "".join(f"\\{each}" if each in "\\`*_{}[]<>#|~$!&" else each for each in line)


def markdown_table(table: Table) -> str:
    """A table in Markdown."""
    rows = [table.headings, ["---"] * len(table.headings), *table.rows]
    lines = [
        f"| {' | '.join(str(cell) if at == 1 else in_markdown(cell) for cell in row)} |" for at, row in enumerate(rows)
    ]
    return "\n".join(lines)
