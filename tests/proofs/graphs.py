"""Many graphs of `tests/analysis/shapes/random_graphs.py`, each inferred by us and built by Keras.

    python -m tests.proofs.graphs [GRAPHS] [FIRST SEED]

Prints every graph on which the two differ, and how many each of them takes; fails where there is one.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter

from tests.analysis.shapes.random_graphs import random_spec
from tests.analysis.shapes.test_random_graphs import compare


def main() -> None:
    import keras

    graphs = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    found: Counter[str] = Counter()
    start = time.perf_counter()
    for number, seed in enumerate(range(first, first + graphs), start=1):
        text = random_spec(seed, random.Random(seed).randint(2, 60))
        found["nodes"] += text.count("name: n")
        try:
            found[compare(text)] += 1
        except Exception as failure:
            found["failed"] += 1
            print(f"seed {seed}: {type(failure).__name__}: {failure}", flush=True)
        if number % 100 == 0:
            keras.utils.clear_session()
        if number % 1000 == 0:
            told = ", ".join(f"{count:,} {what}" for what, count in sorted(found.items()))
            print(f"{number:,} graphs: {told}; {time.perf_counter() - start:,.0f} s", flush=True)
    sys.exit(1 if found["failed"] else 0)


if __name__ == "__main__":
    main()
