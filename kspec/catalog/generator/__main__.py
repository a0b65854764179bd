"""Writes the catalog's data, or with `--check` says whether what is on disk is what the installed Keras gives."""

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
    """One entry a line, so that a change of Keras reads well as a difference."""
    lines = (f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in value.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def files() -> dict[Path, str]:
    """Every file of the catalog's data, with the text it should have."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from kspec.catalog.generator.entries import entries
    from kspec.catalog.generator.operations import operations

    found = {DATA / "made_for.json": render({"keras": keras.__version__})}
    found[DATA / "operation.json"] = render(operations())
    for kind in KINDS:
        data, docs = entries(kind)
        found[DATA / f"{kind}.json"] = render(data)
        found[DATA / "docs" / f"{kind}.json"] = render(docs)
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m kspec.catalog.generator", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the data is stale")
    check = parser.parse_args(arguments).check
    wanted = files()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{'stale' if check else 'written'}: {path.relative_to(DATA.parent)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
