"""New specs: from a template, or from what is known of a table."""

from __future__ import annotations

from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
SCHEMA = "kspec.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA}\n"
"""The first line of a spec: tells the editor where the schema lies."""


class InitRefused(Exception):
    """No spec can be made; says why, and what to do."""


def templates() -> dict[str, str]:
    """The templates' names, and what each is."""
    found = {}
    for file in sorted(TEMPLATES.glob("*.yaml")):
        with file.open(encoding="utf-8") as lines:
            found[file.stem] = lines.readline().removeprefix("# ").strip()
    return found


def from_template(name: str) -> str:
    """The text of a template, ready to run on synthetic data."""
    from kspec.diagnostics import did_you_mean

    known = templates()
    if name not in known:
        meant = did_you_mean(name, known) or f"there are {', '.join(known)}"
        raise InitRefused(f"there is no template `{name}`; {meant}")
    return MODELINE + (TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8")


def write(text: str, path: Path, schema_text: str, *, force: bool = False) -> list[Path]:
    """Writes a new spec, and the schema beside it; gives the files that were written.

    Nothing that is there is overwritten unless `force` says so; a schema that is there stays, and serves.
    """
    schema = path.parent / SCHEMA
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise InitRefused(f"{path} is there already; --force overwrites it, -o names another file") from None
    if schema.exists() and not force:
        return [path]
    schema.write_text(schema_text, encoding="utf-8", newline="\n")
    return [path, schema]
