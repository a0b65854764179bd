"""The report of a run is one page that needs nothing else, and runs nothing that others wrote."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import kspec
from kspec.report.report import report_text, text_of
from tests.cli.run_cli import run_cli
from tests.report.runs import BINARY, binary_run, labels, mask_run, multiclass_run, regression_run, write_run

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"\u202e"


@pytest.mark.parametrize("write", [binary_run, multiclass_run, regression_run, mask_run])
def test_a_page_holds_all_that_it_needs(tmp_path: Path, write: object) -> None:
    folder, *_ = write(tmp_path / "run")  # type: ignore[operator]
    text = report_text([str(folder)])
    assert len(text) < 2_000_000
    markup = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!#|data:)', markup)
    for heading in ("Result", "Training", "Network", "Spec", "Environment"):
        assert f">{heading}" in text


def test_the_page_names_each_filled_in_value_with_its_reason(tmp_path: Path) -> None:
    folder, *_ = binary_run(tmp_path / "run")
    assert "# default" in report_text([str(folder)])


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    spec = BINARY.replace("name: invented", f"name: invented\ndescription: {HOSTILE!r}".replace("\\u202e", "\u202e"))
    columns = {"row": [1, 2], "kind_probability": [0.1, 0.9], "kind": ["a", HOSTILE], "kind_actual": ["a", HOSTILE]}
    folder = write_run(
        tmp_path / "run", spec, labels(["a", HOSTILE]) | {"message": HOSTILE, "command": HOSTILE}, columns
    )
    text = report_text([str(folder)])
    assert "<img src=x" not in text
    assert "<script>alert" not in text


def test_the_verb_writes_beside_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, *_ = binary_run(tmp_path / "run")
    assert str(folder / "report.html") in run_cli(["report", str(folder)], capsys)
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_page_from_python(tmp_path: Path) -> None:
    folders = [binary_run(tmp_path / name)[0] for name in "ab"]
    assert kspec.write_report(kspec.open(folders[0])).read_text(encoding="utf-8") == report_text([folders[0]])
    both = kspec.write_report(folders, tmp_path / "new" / "both.html")
    assert "2 runs of invented" in both.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match='to="md" takes one run, not 2'):
        kspec.write_report(folders, to="md")


def test_a_missing_package_ends_as_it_does_in_every_verb(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, *_ = binary_run(tmp_path / "run")
    monkeypatch.setitem(sys.modules, "altair", None)
    assert "pip install 'kspec[report]'" in run_cli(["report", str(folder)], capsys, status=3)


def test_pandas_is_not_imported(tmp_path: Path) -> None:
    folder, *_ = binary_run(tmp_path / "run")
    script = (
        f"import sys, kspec; kspec.write_report({str(folder)!r}); print({{'pandas', 'tensorflow'}} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "set()\n"


def test_hugging_face_reads_the_card(tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    folder, *_ = binary_run(tmp_path / "run", names=("a|b", "</c>"))
    card = hub.ModelCard(text_of([folder], to="md"))
    assert card.data.library_name == "keras"
    assert card.data.pipeline_tag == "tabular-classification"
    found = {each.metric_type: each.metric_value for each in card.data.eval_results}
    assert found == {"loss": 0.5, "accuracy": 0.75}
    assert card.data.eval_results[0].dataset_split == "test"
    assert "To be written by the author" in card.text


def test_latex_is_well_formed_whatever_the_names(tmp_path: Path) -> None:
    latexwalker = pytest.importorskip("pylatexenc.latexwalker")
    name = "a_b & 50% #1 {x} ~^\\end{table} <ü>"
    spec = BINARY.replace("name: kind", f"name: {'kind'}").replace(
        "name: invented", f"name: invented\ndescription: '{name}'"
    )
    columns = {"row": [1, 2], "kind_probability": [0.1, 0.9], "kind": ["a", name], "kind_actual": ["a", name]}
    record = labels(["a", name]) | {"name": name, "versions": {"keras": name}}
    folder = write_run(tmp_path / "run", spec, record, columns)
    text = text_of([folder], to="latex")
    walker = latexwalker.LatexWalker(text, tolerant_parsing=False)
    nodes, _, _ = walker.get_latex_nodes()
    environments = [node.environmentname for node in nodes if isinstance(node, latexwalker.LatexEnvironmentNode)]
    assert environments == ["longtable"] * 3
    assert r"a\_b \& 50\% \#1 \{x\}" in text


def test_every_number_of_the_tables_is_that_of_the_run(tmp_path: Path) -> None:
    folder, *_ = binary_run(tmp_path / "run")
    for to in ("md", "latex"):
        text = text_of([folder], to=to)  # type: ignore[arg-type]
        for number in ("0.75", "0.5", "21 parameters", "seed was 7", "epoch 2"):
            assert number in text


def test_mistakes_show_their_pictures_and_read_none_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    (tmp_path / "inside" / "pictures").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "inside")
    for place in ("inside/pictures/a.png", "secret.png"):
        Image.new("L", (200, 100), 90).save(tmp_path / place)
    columns = {
        "row": [1, 2], "file": ["pictures/a.png", "../secret.png"], "kind_probability": [0.9, 0.8],
        "kind": ["b", "b"], "kind_actual": ["a", "a"],
    }  # fmt: skip
    spec = BINARY.replace("inputs:", "data: {images: ../pictures}\ninputs:").replace("shape: [3]", "shape: [8, 8, 1]")
    spec = spec.replace("- Dense: {units: 4", "- Flatten\n- Dense: {units: 4")
    folder = write_run(tmp_path / "inside" / "run", spec, labels(["a", "b"]), columns)
    text = report_text([str(folder)])
    assert text.count("data:image/png;base64") == 1
    assert 'alt="pictures/a.png"' in text
    assert "../secret.png" in text
