"""Compares what kspec infers with what Keras builds, and with a batch of training, for many random graphs.

    python -m tests.proofs.graphs [GRAPHS] [FIRST SEED]

The graphs are those of `tests/analysis/shapes/random_graphs.py`. Prints every graph for which the two differ, and how
many graphs were built and rejected; fails if any differ.
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
    counts: Counter[str] = Counter()
    start = time.perf_counter()
    for number, seed in enumerate(range(first, first + graphs), start=1):
        text = random_spec(seed, random.Random(seed).randint(2, 60))
        counts["nodes"] += text.count("name: n")
        try:
            counts[compare(text, in_graph=True)] += 1
        except Exception as failure:
            counts["failed"] += 1
            print(f"seed {seed}: {type(failure).__name__}: {failure}", flush=True)
        if number % 100 == 0:
            keras.utils.clear_session()
        if number % 100 == 0 or number == graphs:
            summary = ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
            print(f"{number:,} graphs: {summary}; {time.perf_counter() - start:,.0f} s", flush=True)
    sys.exit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    main()
