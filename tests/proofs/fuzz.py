"""Runs many cases of `tests/compiler/test_fuzz.py`, and prints the slowest.

    python -m tests.proofs.fuzz [CASES]

Fails at the first case that raises an exception or reports a place outside the file.
"""

from __future__ import annotations

import sys
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.compiler import test_fuzz


def main() -> None:
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    test_fuzz.judge(test_fuzz.GOOD[0])  # so that imports are not timed
    slowest = (0.0, "")
    count = 0

    def timed(text: str) -> None:
        nonlocal slowest, count
        start = time.perf_counter()
        test_fuzz.judge(text)
        slowest = max(slowest, (time.perf_counter() - start, text))
        count += 1

    run = settings(max_examples=cases // 4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=False)
    run(given(st.binary(max_size=400))(lambda data: timed(data.decode("utf-8", errors="replace"))))()
    run(given(st.text(max_size=400))(timed))()
    run(given(test_fuzz.mutated())(timed))()
    run(given(test_fuzz.documents())(timed))()
    print(f"{count:,} cases; the slowest took {slowest[0]:.3f} s and has {len(slowest[1]):,} characters")


if __name__ == "__main__":
    main()
