"""A real browser draws the reports, without a network: no error, every chart, usable by keyboard, in the dark, on a phone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kspec.report.explanation.explanation import (
    ColumnDependence,
    ColumnImportance,
    Curve,
    Explanation,
    Residuals,
    Slice,
)
from kspec.report.report import report_text
from tests.report.runs import (
    BINARY,
    binary_run,
    compared_binary_runs,
    folds_run,
    labels,
    mask_run,
    multiclass_run,
    regression_run,
    sweep_run,
    write_run,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
AXE = Path(__file__).parents[1] / "schema" / "node_modules" / "axe-core" / "axe.min.js"
HOSTILE = "</script><script>document.title='run'</script><img src=x onerror=\"document.title='run'\">'\u202e"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a report; the test fails if the page reports an error or asks for something."""
    faults: list[str] = []
    contexts = []

    def opened(folders: list[Path], **settings: Any) -> Any:
        file = tmp_path / "report.html"
        file.write_text(report_text([str(folder) for folder in folders]), encoding="utf-8")
        context = browser.new_context(offline=True, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda each: None if each.url.startswith(("file:", "data:")) else faults.append(each.url))
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-drawn]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def _is_accessible(page: Any) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci --prefix tests/schema")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in serious] == []


def _several(folder: Path) -> list[Path]:
    return compared_binary_runs(folder)


def _many(folder: Path) -> list[Path]:
    return compared_binary_runs(folder, 10)  # more than there are colours


def _folds(folder: Path) -> list[Path]:
    return [folds_run(folder / "run")]


def _sweep(folder: Path) -> list[Path]:
    return [sweep_run(folder / "run")[0]]


def _front(folder: Path) -> list[Path]:
    return [sweep_run(folder / "run", goals=("val_loss", "parameters"))[0]]


PHONE = {"color_scheme": "dark", "viewport": {"width": 390, "height": 800}}


@pytest.mark.parametrize(
    ("write", "settings"), [(_several, {}), (_many, PHONE), (_folds, PHONE), (_sweep, {}), (_front, PHONE)]
)
def test_each_kind_of_report_on_several(
    write: Callable[[Path], list[Path]], settings: dict[str, Any], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(write(tmp_path), **settings)
    charts = page.locator(".chart").count()
    assert charts >= 3
    assert page.locator(".chart:has(svg)").count() == charts
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    _is_accessible(page)


def test_a_table_is_sorted_by_click_and_by_keyboard(open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page(_several(tmp_path))
    names = "[...document.querySelectorAll('#section-1 tbody th')].map(cell => cell.textContent.trim())"
    assert page.evaluate(names) == ["units 6", "units 5", "units 4"]  # by loss
    page.get_by_role("button", name="loss", exact=True).first.click()
    assert page.evaluate(names) == ["units 4", "units 5", "units 6"]
    heading = page.get_by_role("button", name="accuracy", exact=True).first
    heading.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(names) == ["units 6", "units 5", "units 4"]
    assert page.locator("th[aria-sort=descending]").first.inner_text().startswith("accuracy")
    page.keyboard.press("Space")
    assert page.evaluate(names) == ["units 4", "units 5", "units 6"]


def test_hostile_names_of_several_runs_are_shown_and_not_run(open_page: Callable[..., Any], tmp_path: Path) -> None:
    first, other = _several(tmp_path)[:2]
    for path in (other / "spec.yaml", other / "resolved.yaml"):
        path.write_text(BINARY.replace("activation: relu", "activation: tanh, name: x"), encoding="utf-8")
    record = json.loads((other / "run.json").read_text(encoding="utf-8"))
    (other / "run.json").write_text(json.dumps(record | {"name": HOSTILE, "message": HOSTILE}), encoding="utf-8")
    (other / "tags.json").write_text(json.dumps({"tags": ["good"], "note": HOSTILE.rstrip("\u202e")}), encoding="utf-8")
    page = open_page([first, other])
    assert "runs of" in page.title()
    assert page.locator("img").count() == 0
    assert HOSTILE[:30] in page.inner_text("main")


def test_hostile_trials_are_shown_and_not_run(open_page: Callable[..., Any], tmp_path: Path) -> None:
    folder, _ = sweep_run(tmp_path / "run", goals=(HOSTILE,), message=HOSTILE)
    known = json.loads((folder / "sweep.json").read_text(encoding="utf-8"))
    for trial in known["trials"]:
        trial["point"][HOSTILE] = HOSTILE
    (folder / "sweep.json").write_text(json.dumps(known), encoding="utf-8")
    page = open_page([folder])
    assert page.title().startswith("invented")
    assert page.locator("img").count() == 0
    assert HOSTILE[:30] in page.inner_text("main")


@pytest.mark.parametrize("write", [binary_run, multiclass_run, regression_run, mask_run])
@pytest.mark.parametrize("settings", [{}, {"color_scheme": "dark", "viewport": {"width": 390, "height": 800}}])
def test_each_kind_of_report(
    write: Callable[[Path], tuple[Path, Any, Any]],
    settings: dict[str, Any],
    open_page: Callable[..., Any],
    tmp_path: Path,
) -> None:
    folder, *_ = write(tmp_path / "run")
    page = open_page([folder], **settings)
    charts = page.locator(".chart").count()
    assert charts >= 4
    assert page.locator(".chart svg .mark-line path, .chart svg .mark-rect path, .chart svg .mark-symbol path").count()
    assert page.locator(".chart:has(svg)").count() == charts
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    _is_accessible(page)


def test_the_threshold_slider_follows_the_keyboard(open_page: Callable[..., Any], tmp_path: Path) -> None:
    folder, values, actual = binary_run(tmp_path / "run")
    page = open_page([folder])
    above = values > 0.5
    expected = f"{int((~above & actual).sum())} missed, {int((above & ~actual).sum())} false alarms"
    assert expected in page.locator(".threshold .result").inner_text()
    page.locator(".threshold input[type=range]").focus()
    page.keyboard.press("Home")
    assert f"0 missed, {int((~actual).sum())} false alarms" in page.locator(".threshold .result").inner_text()
    page.locator("input[name=alarm]").fill("1000")
    page.locator("button[name=cheapest]").click()
    assert "0 false alarms" in page.locator(".threshold .result").inner_text()


def test_a_logarithmic_scale_by_a_click(open_page: Callable[..., Any], tmp_path: Path) -> None:
    folder, *_ = binary_run(tmp_path / "run")
    page = open_page([folder])
    before = page.locator("#chart-training-0 svg").inner_html()
    page.locator("button.log").first.click()
    page.wait_for_function("before => document.querySelector('#chart-training-0 svg').innerHTML !== before", arg=before)
    assert page.locator("button.log").first.get_attribute("aria-pressed") == "true"


def test_hostile_names_are_shown_and_not_run(open_page: Callable[..., Any], tmp_path: Path) -> None:
    spec = BINARY.replace("name: invented", f"name: invented\ndescription: {HOSTILE!r}".replace("\\u202e", "\u202e"))
    columns = {"row": [1, 2], "kind_probability": [0.1, 0.9], "kind": ["a", HOSTILE], "kind_actual": [HOSTILE, "a"]}
    folder = write_run(tmp_path / "run", spec, labels(["a", HOSTILE]) | {"command": HOSTILE}, columns)
    page = open_page([folder])
    assert page.title().startswith("invented")
    assert page.locator("img").count() == 0
    assert HOSTILE[:30] in page.inner_text("main")


@pytest.mark.parametrize("settings", [{}, {"color_scheme": "dark", "viewport": {"width": 390, "height": 800}}])
def test_an_explanation(settings: dict[str, Any], open_page: Callable[..., Any], tmp_path: Path) -> None:
    folder, *_ = regression_run(tmp_path / "run")
    curve = Curve(name=HOSTILE, mean=[1.0, 2.0], low=[0.5, 1.5], high=[1.5, 2.5])
    part = Slice(value=HOSTILE, examples=40, metrics={"loss": 0.5}, intervals={"loss": [0.4, 0.6]})
    Explanation(
        model="", data=[], split="validation", examples=80, all_examples=80, seconds=1.0, metrics={"loss": 0.4},
        importance=[ColumnImportance(column=HOSTILE, kind="number", scores={"loss": [0.5, 0.6]})],
        dependence=[
            ColumnDependence(column=HOSTILE, grid=[0.0, 1.0], deciles=[0.0, 0.5, 1.0], curves=[curve]),
            ColumnDependence(column="city", grid=["Rome", HOSTILE], curves=[curve, curve.model_copy(update={"name": "b"})]),
        ],
        slices={HOSTILE: [part]}, candidates=2,
        residuals=[Residuals(column=HOSTILE, target="kind", parts=["low", HOSTILE], counts=[40, 40],
                             low=[-1.0, -2.0], median=[0.0, 1.0], high=[1.0, 2.0])],
    ).write(folder)  # fmt: skip
    page = open_page([folder], **settings)
    assert page.locator("#chart-importance-0 svg .mark-symbol path").count()
    assert page.locator("#chart-dependence-0 svg .mark-line path").count()
    assert page.locator("#chart-dependence-1 svg .mark-symbol.role-mark path").count() == 4
    assert page.locator(".chart:has(svg)").count() == page.locator(".chart").count()
    assert page.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    _is_accessible(page)


def test_the_reader_chooses_what_others_are_compared_with(open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page(compared_binary_runs(tmp_path, 3))
    before = page.locator("#chart-paired-0 svg").inner_html()
    page.locator("select.reference").first.select_option("units 6")
    page.wait_for_function("before => document.querySelector('#chart-paired-0 svg').innerHTML !== before", arg=before)
    shown = page.locator("tr[data-group]:visible")
    assert {shown.nth(at).get_attribute("data-group") for at in range(shown.count())} == {"units 6"}
    assert shown.count() == 2 + 4  # two other specs, and two other runs in two metrics
    _is_accessible(page)


def test_the_confusion_as_shares(open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page([binary_run(tmp_path / "run")[0]])
    button = page.get_by_role("button", name="by row")
    button.click()
    page.wait_for_function("document.querySelector(\"[id^='chart-output'] svg\").textContent.includes('%')")
    assert button.get_attribute("aria-pressed") == "true"
