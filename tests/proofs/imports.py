"""Imports many random models, plain and compact, and compares each with the model rebuilt from its spec.

    python -m tests.proofs.imports [GRAPHS] [FIRST_SEED]

The graphs are those of `tests/importer/test_random_graphs.py`. Prints every seed whose model differs; fails if any does.
"""

from __future__ import annotations

import random
import sys

from tests.importer.test_random_graphs import compare


def main() -> None:
    graphs = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    failures = 0
    for seed in range(first, first + graphs):
        try:
            compare(seed, random.Random(seed).randint(5, 40))
        except Exception as failure:
            failures += 1
            print(f"seed {seed}: {type(failure).__name__}: {str(failure)[:1000]}", flush=True)
    print(f"{graphs:,} graphs, {failures} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
