"""The command line: one file per verb, imported when the verb is used."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress

OK, FAULTY, USAGE, FAILED, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 3, 130, 141
"""Exit statuses: clean, errors in the spec, wrong use, failure while running, Ctrl-C, closed pipe."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line, and returns its exit status.

    A `SpecError` that a verb raises is printed, with status 1; any other exception is a failure.

    Args:
        arguments: The words after `kspec`; `sys.argv` by default.
    """
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _discard_stdout()
        return PIPE_CLOSED
    except Exception as error:
        return _failed(error)


def script() -> None:
    """The command `kspec`: runs the command line and ends the process.

    Once TensorFlow is imported, the process exits without tearing it down, which would take most of a second.
    """
    import gc

    gc.set_threshold(100_000)  # start-up creates many objects and no garbage; collecting takes a tenth of a check
    status = main()
    if "tensorflow" not in sys.modules:
        sys.exit(status)
    import atexit
    import os

    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def _run(arguments: Sequence[str] | None) -> int:
    import os

    import click

    from kspec.cli._group import group

    if "_KSPEC_COMPLETE" in os.environ:
        group.main(prog_name="kspec")
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with group.make_context("kspec", arguments) as context:
            group.invoke(context)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except click.NoSuchOption as error:
        from kspec.cli._suggestions import suggest_override

        suggestion = suggest_override(error, arguments)
        shown = click.UsageError(f"{error.message.rstrip('.')}; {suggestion}", error.ctx) if suggestion else error
        shown.show()
        return shown.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    return OK


def _failed(error: Exception) -> int:
    from kspec.diagnostics import SpecError

    if isinstance(error, SpecError):
        from kspec.diagnostics.render import render

        render(error.diagnostics, "text", sys.stderr)
        return FAULTY
    from kspec.runs.run_folder import RunFolderError

    if isinstance(error, RunFolderError):
        print(f"kspec: {error}", file=sys.stderr)
        return FAILED
    if isinstance(error, OSError) and error.filename is not None:
        print(f"kspec: {error.filename}: {error.strerror}", file=sys.stderr)
        return FAILED
    import traceback

    traceback.print_exception(error)
    print("kspec: internal error, in kspec or in a library that it called", file=sys.stderr)
    return FAILED


def _discard_stdout() -> None:
    """The interpreter flushes stdout once more when it exits; whatever is left is discarded."""
    import os

    with open(os.devnull, "w") as null:
        os.dup2(null.fileno(), sys.stdout.fileno())
