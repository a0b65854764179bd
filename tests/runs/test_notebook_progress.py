"""A run in a real notebook: its bar, and what the run shows."""

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("ipywidgets")

SPEC = Path(__file__).parent.parent.parent / "specs" / "mlp.yaml"


@pytest.mark.slow
def test_notebook_draws_a_bar_that_ends_with_the_last_epoch(tmp_path: Path) -> None:
    lines = [
        "import kspec",
        f"kspec.run({str(SPEC)!r}, overrides=['fit.epochs=3'], quiet=False, out={str(tmp_path)!r})",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("\n".join(lines))])
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3")
    client.execute()
    outputs = [output for widget in client.widget_state.values() for output in widget.get("outputs", [])]
    assert "fit       epoch 3/3" in outputs[-1]["data"]["text/plain"]
    cell = notebook.cells[0].outputs
    printed = "".join(output["text"] for output in cell if output.output_type == "stream")
    assert "epoch 1/3" not in printed
    assert printed.index("define    mlp") < printed.index("evaluate  test: loss")
    html = cell[-1]["data"]["text/html"]
    assert "<b>mlp</b> finished, 3 epochs" in html
    assert 'alt="confusion"' in html
