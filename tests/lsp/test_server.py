"""The server itself: long specs, and what it imports."""

from __future__ import annotations

from tests.conftest import ROOT, SPECS
from tests.lsp.specs import SMALL


def test_five_thousand_lines(editor):
    lines = "".join(f"  - Dense: {{units: {4 + n % 3}, activation: relu}}\n" for n in range(5000))
    text = SMALL.replace("  - Dense: {units: $width}\n    from: wide\n", lines)
    assert [d.code for d in editor.open(text)] == ["KS213"]
    editor.type("{rate: 0.5}", "{rat: 0.5}")
    assert "KS110" in [d.code for d in editor.problems()]
    assert len(editor.hints()) >= 5000
    editor.type("{rat: 0.5}", "{")
    assert set(editor.complete()) == {"rate", "noise_shape", "seed", "activity_regularizer", "dtype"}


def test_the_server_imports_no_tensorflow():
    """The editor's room is told so by the import contract; here it is seen."""
    import subprocess
    import sys

    code = (
        "import sys, kspec.cli.lsp, kspec.lsp.server, kspec.compiler.check, kspec.data.table_preview;"
        f"kspec.compiler.check.check_spec({str(SPECS / 'mlp.yaml')!r});"
        "print([m for m in ('tensorflow', 'keras', 'numpy', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert shown.stdout.strip() == "[]"
