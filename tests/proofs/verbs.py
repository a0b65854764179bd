"""Runs random commands on damaged specs, tables and run folders: none may end in a traceback.

    python -m tests.proofs.verbs [MINUTES] [FIRST_SEED]

Prints each failure with its seed and goes on; exits with status 1 if there was one.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KSPEC_CACHE"] = "off"

from tests.support.verb_cases import make_base, try_one


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    folder = Path(tempfile.mkdtemp(prefix="kspec-verbs-"))
    base, end = folder / "base", time.time() + 60 * minutes
    make_base(base)
    seen: Counter[str] = Counter()
    cases = 0
    while time.time() < end:
        start = time.perf_counter()
        failure = try_one(base, folder / str(seed), seed)
        seconds = time.perf_counter() - start
        if seconds > 20:
            print(f"seed {seed}: took {seconds:.0f} s", flush=True)
        if failure is not None:
            last = next((line for line in reversed(failure.text.splitlines()) if line and "kspec:" not in line), "")
            place = [line.strip() for line in failure.text.splitlines() if "/kspec/" in line][-1:]
            seen[f"{place} {last}"[:160]] += 1
            if seen[f"{place} {last}"[:160]] <= 2:
                command = " ".join(failure.words)
                print(
                    f"seed {seed}: kspec {command}\n  {failure.damage} in {failure.folder}\n{failure.text[-2500:]}\n",
                    flush=True,
                )
        cases, seed = cases + 1, seed + 1
        if cases % 50 == 0 and "keras" in sys.modules:
            sys.modules["keras"].backend.clear_session()
    print(f"{cases:,} commands, {sum(seen.values())} failures of {len(seen)} kinds", flush=True)
    for kind, count in seen.most_common():
        print(f"  {count} × {kind}")
    sys.exit(1 if seen else 0)


if __name__ == "__main__":
    main()
