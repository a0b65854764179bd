"""New specs from templates, and the files of a new spec."""

from __future__ import annotations

from pathlib import Path

from kspec.syntax.regular_files import refuse_link, write_text

TEMPLATES = Path(__file__).parent / "templates"
SCHEMA = "kspec.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA}\n"
"""The first line of a spec, which names the schema for the editor."""


class InitRefused(Exception):
    """No spec can be written; the message gives the reason and what to do."""


def templates() -> dict[str, str]:
    """The names of the templates with their descriptions."""
    descriptions = {}
    for file in sorted(TEMPLATES.glob("*.yaml")):
        with file.open(encoding="utf-8") as lines:
            descriptions[file.stem] = lines.readline().removeprefix("# ").strip()
    return descriptions


def from_template(name: str) -> str:
    """The text of a template, ready to run on synthetic data."""
    from kspec.diagnostics import did_you_mean

    known = templates()
    if name not in known:
        suggestion = did_you_mean(name, known) or f"available templates: {', '.join(known)}"
        raise InitRefused(f"unknown template `{name}`; {suggestion}")
    return MODELINE + (TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8")


def write(text: str, path: Path, schema_text: str, *, force: bool = False) -> list[Path]:
    """Writes a new spec, and the JSON Schema beside it.

    Args:
        text: The text of the spec.
        path: Its file.
        schema_text: The text of the schema. An existing schema is kept, unless `force` is set.
        force: Overwrite existing files.

    Returns:
        The files that were written.

    Raises:
        InitRefused: If the file exists and `force` is not set.
    """
    schema = path.parent / SCHEMA
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        refuse_link(path)
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise InitRefused(f"{path} exists; --force overwrites it, -o names another file") from None
    if schema.exists() and not force:
        return [path]
    write_text(schema, schema_text, newline="\n")
    return [path, schema]
