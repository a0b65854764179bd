"""The time until the YAML language server shows the first diagnostics, and a completion.

    npm ci --prefix tests/schema && python -m tests.benchmarks.editor

The baseline is the same server with an empty schema, in the same run. Times are medians of five servers each.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from tests.conftest import ROOT
from tests.schema.yaml_server import YamlServer

SCHEMA = ROOT / "schemas" / "kspec.schema.json"
TEXT = (ROOT / "specs" / "mlp.yaml").read_text(encoding="utf-8").partition("\n")[2]


def waits(root: Path, schema: Path) -> tuple[float, float]:
    """The seconds from opening a text to its first diagnostics, and from there to a completion."""
    with YamlServer(root, schema) as server:
        opened = time.perf_counter()
        server.diagnostics(TEXT)
        diagnosed = time.perf_counter()
        server.completion(TEXT.replace("  - Normalization", "  - |", 1))
        return diagnosed - opened, time.perf_counter() - diagnosed


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        empty = root / "empty.json"
        empty.write_text("{}", encoding="utf-8")
        schemas = {
            "kspec's": [waits(root, SCHEMA) for _ in range(5)],
            "an empty": [waits(root, empty) for _ in range(5)],
        }
    for name, number in (("first diagnostics", 0), ("completion", 1)):
        medians = {
            schema: statistics.median(wait[number] for wait in all_waits) for schema, all_waits in schemas.items()
        }
        ours, baseline = medians.values()
        print(f"{name:18} {ours:.3f} s with kspec's schema, {baseline:.3f} s with an empty one: {ours / baseline:.1f}x")
    print(f"the schema has {SCHEMA.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
