"""`kspec lsp`: the language server."""

from __future__ import annotations

import click

from kspec.cli._packages import MissingPackage

EPILOG = """\b
Install it with `pip install '.[lsp]'` in the folder of kspec.

\b
VS Code: install the extension in kspec/vscode; its README describes how.

\b
Neovim 0.11 or newer, in init.lua:
  vim.lsp.config('kspec', {
    cmd = { 'kspec', 'lsp' },
    filetypes = { 'yaml' },
    root_markers = { 'pyproject.toml', '.git' },
  })
  vim.lsp.enable('kspec')
  vim.lsp.inlay_hint.enable()

\b
Helix, in languages.toml:
  [language-server.kspec]
  command = "kspec"
  args = ["lsp"]
  [[language]]
  name = "yaml"
  language-servers = ["kspec", "yaml-language-server"]

\b
Emacs 29 or newer with eglot, in init.el:
  (with-eval-after-load 'eglot
    (add-to-list 'eglot-server-programs '(yaml-ts-mode . ("kspec" "lsp"))))

\b
Examples:
  kspec lsp            # waits for an editor on standard input
  kspec lsp --help     # how to set up each editor

\b
YAML files that are not specs are ignored: a spec has a top-level `kspec:`, or
its name ends in .kspec.yaml.
"""


@click.command(epilog=EPILOG)
def command() -> None:
    """Speak the Language Server Protocol over standard input and output.

    Diagnostics and quick fixes of `kspec check`, output shape and parameters after each node, hover, completion,
    definition, references, rename, outline, folding and formatting. TensorFlow is not imported.
    """
    try:
        from kspec.lsp.server import serve
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        raise MissingPackage("the language server needs", error.name, "lsp") from None
    from kspec.compiler.check import CheckResult, check_spec
    from kspec.data.table_preview import column_names, column_profiles
    from kspec.diagnostics import Source
    from kspec.language import Permissions

    def check(source: Source, permissions: Permissions) -> CheckResult:
        return check_spec(source, permissions=permissions)

    serve(check, column_names, column_profiles)
