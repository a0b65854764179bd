"""Writes the catalog's data from the installed Keras; with `--check`, reports whether the data is up to date."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from kspec.catalog.entry import KINDS
from kspec.catalog.reader import DATA


def render(value: dict[str, Any]) -> str:
    """JSON with one entry per line, so that a change in Keras gives a readable diff."""
    lines = (f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in value.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def files() -> dict[Path, str]:
    """Every file of the catalog's data, with its text."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from kspec.catalog.generator.entries import entries
    from kspec.catalog.generator.operations import operations

    contents = {DATA / "made_for.json": render({"keras": keras.__version__})}
    contents[DATA / "operation.json"] = render(operations())
    for kind in KINDS:
        data, docs = entries(kind)
        contents[DATA / f"{kind}.json"] = render(data)
        contents[DATA / "docs" / f"{kind}.json"] = render(docs)
    return contents


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m kspec.catalog.generator", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the data is stale")
    check = parser.parse_args(arguments).check
    contents = files()
    stale = [path for path, text in contents.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{'stale' if check else 'written'}: {path.relative_to(DATA.parent)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(contents[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
