"""Changes valid specs at random, and holds what is still valid against `tests/support/round_trips.py`.

    python -m tests.proofs.round_trips [MINUTES] [FIRST_SEED]

Prints each spec that breaks a property, once a kind; exits with status 1 if there was one.
"""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections import Counter

from tests.support.round_trips import Broken, changed_spec, judge, valid_specs


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    paths, end = valid_specs(), time.time() + 60 * minutes
    kinds: Counter[str] = Counter()
    cases = valid = 0
    while time.time() < end:
        rng = random.Random(seed)
        path = rng.choice(paths)
        text = changed_spec(path, rng)
        try:
            valid += judge(text, str(path))
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = (
                str(error)[:150] if isinstance(error, Broken) else f"{type(error).__name__} {place.name}:{place.lineno}"
            )
            kinds[kind] += 1
            if kinds[kind] == 1:
                print(f"seed {seed}, {path.name}: {type(error).__name__}: {str(error)[:1000]}", flush=True)
        cases, seed = cases + 1, seed + 1
    print(f"{cases:,} specs, {valid:,} of them valid; {sum(kinds.values())} failures")
    for kind, count in kinds.most_common():
        print(f"  {count} × {kind}")
    sys.exit(1 if kinds else 0)


if __name__ == "__main__":
    main()
