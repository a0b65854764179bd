"""Runs exported Python in the process of the tests, which has TensorFlow already."""

import io
import runpy
from contextlib import redirect_stdout


def printed_by(script):
    """What a script prints as a program.

    Args:
        script: Its path.
    """
    with redirect_stdout(io.StringIO()) as printed:
        runpy.run_path(str(script), run_name="__main__")
    return printed.getvalue()
