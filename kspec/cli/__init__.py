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
    from kspec.cli._output import reliable_output

    with reliable_output() as out:
        try:
            status = _run(arguments)
        except KeyboardInterrupt:
            status = INTERRUPTED
        except BrokenPipeError:
            return PIPE_CLOSED
        except Exception as error:
            status = _failed(error)
        out.flush()
        return status if out.problem is None else _lost(out.problem, status)


def _lost(problem: OSError, status: int) -> int:
    """The exit status where standard output could not be written."""
    import errno

    if problem.errno == errno.EPIPE:  # the reader has seen enough
        return PIPE_CLOSED
    print(f"kspec: standard output cannot be written: {problem.strerror or problem}", file=sys.stderr)
    return status if status > FAILED else FAILED


def script() -> None:
    """The command `kspec`: runs the command line and ends the process.

    Once TensorFlow is imported, the process exits without tearing it down, which would take most of a second.
    """
    import gc

    from kspec.cli._output import occupy_closed_streams, use_utf8_files

    occupy_closed_streams()
    use_utf8_files()
    gc.set_threshold(100_000)  # start-up creates many objects and no garbage; collecting takes a tenth of a check
    status = main()
    if "tensorflow" not in sys.modules:
        sys.exit(status)
    import atexit
    import os

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
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
