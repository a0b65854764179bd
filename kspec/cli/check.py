"""`kspec check`: all problems of specs, at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from kspec.cli._options import overrides, permissions
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
"""


def _codes(_: click.Context, parameter: click.Parameter, words: tuple[str, ...]) -> list[str] | None:
    """Codes with commas between, given once or often; None where none is given."""
    if not words:
        return None
    from kspec.lint.config import is_known, meant

    codes = [code for word in words for code in word.replace(",", " ").split()]
    for code in codes:
        if not is_known(code):
            label = meant(code)
            raise click.BadParameter(f"no code is called `{code}`{f'; {label}' if label else ''}", param=parameter)
    return codes


@click.command(epilog=EPILOG)
@click.argument("paths", nargs=-1, required=True, metavar="SPEC...")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
              help="For people, or for machines.")  # fmt: skip
@overrides
@click.option("--data", is_flag=True, help="Also read the data, and tell what it and the spec have against each other.")
@click.option("--with-keras", is_flag=True, help="Also build the model with Keras, and say what that refuses.")
@click.option("--fix", is_flag=True, help="Make the changes that cure problems for sure; layout and comments stay.")
@click.option("--diff", is_flag=True, help="With --fix: show the changes, and write nothing.")
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option("--select", multiple=True, callback=_codes, metavar="CODES",
              help="Tell of these alone: KS403, or KS4 for all that begin so; several with commas.")  # fmt: skip
@click.option("--ignore", multiple=True, callback=_codes, metavar="CODES",
              help="Leave these out. Errors of syntax, structure, graph and shapes are told all the same: only "
              "warnings and the rules of meaning (KS4) and data (KS5) can be left out.")  # fmt: skip
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
    """Say everything that can be told of specs without running them.

    TensorFlow is not imported, no code of the spec's runs. The exit status is 1 when there are errors.

    A comment `# kspec: ignore[KS403]` silences a rule on its line, and without codes all of them; `select`, `ignore`
    and `strict` can also stand in a pyproject.toml, under [tool.kspec].
    """
    if diff and not fix:
        raise click.UsageError("--diff shows what --fix would change: give both")
    if fix and overrides:
        raise click.UsageError("--fix changes the file, so it looks at what stands there: leave out --set")
    from kspec.compiler.check import check_spec
    from kspec.language import Permissions

    wishes: dict[str, Any] = {
        "data": data,
        "with_keras": with_keras,
        "select": select,
        "ignore": ignore,
        "permissions": Permissions.of(permissions),
    }
    found: list[Diagnostic] = []
    clean: list[tuple[str, CheckResult]] = []
    pending = False
    paths = tuple(dict.fromkeys(paths))
    for path in paths:
        fixed = _fix(path, wishes, diff, format_) if fix else None
        pending |= bool(fixed and fixed.cured and diff)
        result = fixed.left if fixed else check_spec(path, overrides, **wishes)
        found += result.diagnostics
        if not _counts(result, strict):
            clean.append((path, result))
    _show(found, clean, format_)
    if pending or len(clean) < len(paths):
        click.get_current_context().exit(1)


def _counts(result: CheckResult, strict: bool) -> bool:
    """Whether what was found is more than remarks."""
    from kspec.diagnostics import Severity

    strict = strict or result.strict
    return any(d.is_error or (strict and d.severity is Severity.WARNING) for d in result.diagnostics)


def _show(found: list[Diagnostic], clean: list[tuple[str, CheckResult]], format_: Format) -> None:
    from kspec.diagnostics.render import render

    if format_ == "json":
        _write_json(found, clean)
        return
    render(found, format_, sys.stdout)
    if format_ == "text":
        for path, result in clean:
            size = len(result.spec.document.layers) if result.spec else 0
            words = f"{size} layer{'' if size == 1 else 's'}" if result.spec else "no spec: for specs to include"
            sys.stdout.write(f"{path}: ok ({words})\n")
            for default in _defaults(result):
                sys.stdout.write(f"  {default.setting}: {_value(default.value)} ({default.reason})\n")


def _defaults(result: CheckResult) -> list[DefaultValue]:
    from kspec.analysis.defaults import defaults

    return defaults(result.spec, result.analysis) if result.spec and result.analysis else []


def _value(value: Any) -> str:
    from kspec.syntax.yaml_flow import to_yaml

    return ", ".join(map(to_yaml, value)) if isinstance(value, list) else to_yaml(value)


def _write_json(found: list[Diagnostic], clean: list[tuple[str, CheckResult]]) -> None:
    import json

    from kspec.diagnostics.render.json_format import as_plain

    filled = [
        {"file": path, "setting": default.setting, "value": default.value, "reason": default.reason}
        for path, result in clean
        for default in _defaults(result)
    ]
    json.dump({"diagnostics": [as_plain(d) for d in found], "defaults": filled}, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _fix(path: str, wishes: dict[str, Any], diff: bool, format_: Format) -> Fixed | None:
    """Fixes one file, and says what was fixed: beside a machine's format, on standard error."""
    from kspec.compiler.check import check_spec
    from kspec.rewrite.fix import fix_file, write_fixed

    fixed = fix_file(path, lambda source: check_spec(source, **wishes))
    if fixed is None or not fixed.cured:
        return fixed
    stream = sys.stdout if format_ == "text" else sys.stderr
    if diff:
        stream.write(fixed.diff())
        return fixed
    write_fixed(fixed)
    stream.writelines(f"{line}\n" for line in fixed.account())
    return fixed
