"""`kspec check`: every problem of a spec, at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from kspec.cli import _completion
from kspec.cli._options import output_format, overrides, permissions, spec_source
from kspec.diagnostics.render import FORMATS, Format

if TYPE_CHECKING:
    from kspec.analysis.settings import DefaultValue
    from kspec.compiler.check import CheckResult
    from kspec.diagnostics import Diagnostic
    from kspec.rewrite.fix import Fixed

EPILOG = """\b
Examples:
  kspec check spec.yaml
  kspec check specs/*.yaml --strict --format github
  kspec check spec.yaml --data --ignore KS208,KS5
  kspec check spec.yaml --fix --diff
  kspec check - < spec.yaml
"""


def _codes(_: click.Context, parameter: click.Parameter, words: tuple[str, ...]) -> list[str] | None:
    """Codes separated by commas, in one option or several; None without the option."""
    if not words:
        return None
    from kspec.diagnostics.codes import matches
    from kspec.lint.config import suggest_code

    codes = [code for word in words for code in word.replace(",", " ").split()]
    for code in codes:
        if not matches(code):
            label = suggest_code(code)
            raise click.BadParameter(f"unknown code `{code}`{f'; {label}' if label else ''}", param=parameter)
    return codes


@click.command(epilog=EPILOG)
@click.argument("paths", nargs=-1, required=True, metavar="SPEC|-...", shell_complete=_completion.files)
@output_format(*FORMATS)
@overrides
@click.option("--data", is_flag=True, help="Also read the data, and report mismatches between data and spec.")
@click.option("--with-keras", is_flag=True, help="Also build the model with Keras, and report what Keras rejects.")
@click.option("--fix", is_flag=True, help="Apply the safe fixes; layout and comments are kept.")
@click.option("--diff", is_flag=True, help="With --fix: show the changes, write nothing.")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option(
    "--select",
    multiple=True,
    callback=_codes,
    metavar="CODES",
    help="Report only these: KS403, or KS4 for a whole family; separate several by commas.",
)
@click.option(
    "--ignore",
    multiple=True,
    callback=_codes,
    metavar="CODES",
    help="Suppress these, likewise. Errors of syntax, structure, graph and shapes are always reported: only "
    "warnings and the rules of meaning (KS4) and data (KS5) can be suppressed.",
)
@permissions
def command(
    paths: tuple[str, ...],
    format_: Format,
    overrides: tuple[str, ...],
    data: bool,
    with_keras: bool,
    fix: bool,
    diff: bool,
    strict: bool,
    select: list[str] | None,
    ignore: list[str] | None,
    **permissions: bool,
) -> None:
    """Report every problem that can be found with neither the data nor Keras.

    TensorFlow is not imported, and no code of the spec runs. The exit status is 1 if there are errors (or,
    with --fix --diff, changes).

    A comment `# kspec: ignore[KS403]` suppresses a rule on its line, `# kspec: ignore` all rules; `select`, `ignore`
    and `strict` can also be set in pyproject.toml, under [tool.kspec].
    """
    if diff and not fix:
        raise click.UsageError("--diff shows what --fix would change: use both")
    if fix and overrides:
        raise click.UsageError("--fix changes the file, and --set overrides it: use one of them")
    if fix and "-" in paths:
        raise click.UsageError("--fix changes the file, and `-` is standard input: name the file")
    from kspec.cli._json_output import reserve_stdout
    from kspec.compiler.check import check_spec
    from kspec.language import Permissions

    options: dict[str, Any] = {
        "data": data,
        "with_keras": with_keras,
        "select": select,
        "ignore": ignore,
        "permissions": Permissions.of(permissions),
    }
    diagnostics: list[Diagnostic] = []
    clean: list[tuple[str, CheckResult]] = []
    pending = False
    paths = tuple(dict.fromkeys(paths))
    for path in paths:
        with reserve_stdout(format_ != "text"):
            fixed = _fix(path, options, diff, format_) if fix else None
            result = fixed.remaining if fixed else check_spec(spec_source(path), overrides, **options)
        pending |= bool(fixed and fixed.fixed and diff)
        diagnostics += result.diagnostics
        if not _has_problems(result, strict):
            clean.append(("<stdin>" if path == "-" else path, result))
    _show(diagnostics, clean, format_)
    if pending or len(clean) < len(paths):
        click.get_current_context().exit(1)


def _has_problems(result: CheckResult, strict: bool) -> bool:
    """Whether a spec has errors, or warnings that count as errors."""
    from kspec.diagnostics import Severity

    strict = strict or result.strict
    return any(d.is_error or (strict and d.severity is Severity.WARNING) for d in result.diagnostics)


def _show(diagnostics: list[Diagnostic], clean: list[tuple[str, CheckResult]], format_: Format) -> None:
    from kspec.diagnostics.render import render

    if format_ == "json":
        _write_json(diagnostics, clean)
        return
    render(diagnostics, format_, sys.stdout)
    if format_ == "text":
        for path, result in clean:
            size = len(result.analysis.graph.layers) if result.analysis else 0
            summary = (
                f"{size} layer{'' if size == 1 else 's'}"
                if result.analysis
                else "no spec, but blocks or models to include"
            )
            sys.stdout.write(f"{path}: ok ({summary})\n")
            for default in _defaults(result):
                sys.stdout.write(f"  {default.setting}: {_value(default.value)} ({default.reason})\n")


def _defaults(result: CheckResult) -> list[DefaultValue]:
    from kspec.analysis.defaults import training_defaults

    settings = result.analysis.settings if result.analysis else None
    return training_defaults(result.spec, settings) if result.spec and settings else []


def _value(value: Any) -> str:
    from kspec.syntax.yaml_flow import to_yaml

    return ", ".join(map(to_yaml, value)) if isinstance(value, list) else to_yaml(value)


def _write_json(diagnostics: list[Diagnostic], clean: list[tuple[str, CheckResult]]) -> None:
    import json

    from kspec.diagnostics.render.json_format import document

    filled = [
        {"file": path, "setting": default.setting, "value": default.value, "reason": default.reason}
        for path, result in clean
        for default in _defaults(result)
    ]
    json.dump({**document(diagnostics), "defaults": filled}, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _fix(path: str, options: dict[str, Any], diff: bool, format_: Format) -> Fixed | None:
    """Fixes one file and reports what was fixed; on standard error where the output is for machines."""
    from kspec.compiler.check import check_spec
    from kspec.rewrite.fix import fix_file, write_fixed

    fixed = fix_file(path, lambda source: check_spec(source, **options))
    if fixed is None or not fixed.fixed:
        return fixed
    stream = sys.stdout if format_ == "text" else sys.stderr
    if diff:
        stream.write(fixed.diff())
        return fixed
    write_fixed(fixed)
    stream.writelines(f"{line}\n" for line in fixed.account())
    return fixed
