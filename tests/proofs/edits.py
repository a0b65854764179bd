"""Edits a small and a large document in turns, and prints the memory of the language server now and then.

    python -m tests.proofs.edits [EDITS]

Every edit makes another text: numbers grow, names are misspelled and mended. Fails if the server takes a tenth more
after the last edit than after a tenth of them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.lsp.client import Editor

HEAD = "kspec: 1\ntask: regression\ninputs: {x: {shape: [8]}}\nlayers:\n"
LAYER = "  - Dense: {units: 8, activation: relu}\n"
TEXTS = {"small.yaml": HEAD + "  - Dense: {units: 20}\n", "large.yaml": HEAD + "  - Dense: {units: 20}\n" + LAYER * 300}
ALLOWED = 1.1


def main() -> None:
    edits = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    measured, words = [], dict.fromkeys(TEXTS, "units: 20")
    with tempfile.TemporaryDirectory() as folder, Editor(Path(folder)) as editor:
        for name, text in TEXTS.items():
            editor.open(text, name)
        for number in range(1, edits + 1):
            name = list(TEXTS)[number % 2]
            word = f"unts{number}: 5" if number % 5 == 0 else f"units: {20 + number}"
            editor.type(words[name], word, name)
            words[name] = word
            if number % 7 == 0:
                editor.hints(name)
            if number % max(1, edits // 10) == 0:
                measured.append(_megabytes(editor.client._server.pid))
                print(f"{number:,} edits: {measured[-1]:.0f} MB", flush=True)
    sys.exit(measured[-1] > ALLOWED * measured[0])


def _megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()
