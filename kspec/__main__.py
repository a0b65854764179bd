"""`python -m kspec`: the command line.

With `-m`, Python looks for modules in the working directory first, where the spec of a stranger may lie beside a
`json.py`; the command `kspec` never does.
"""

import os
import sys


def run() -> None:
    """Runs the command line without the modules of the working directory."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if sys.path and sys.path[0] != root and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    from kspec.cli import script

    script()


if __name__ == "__main__":  # a process that runs a part of the work imports this file, too
    run()
