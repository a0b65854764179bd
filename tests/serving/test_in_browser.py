"""A real browser tries a model on its page: by mouse, by keyboard, with a pasted table, in the dark, on a phone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kspec.serving.batching import BatchLimits
from kspec.serving.registry import Registry
from kspec.serving.settings import Settings
from tests.serving.conftest import predictions, serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
AXE = Path(__file__).parents[1] / "schema" / "node_modules" / "axe-core" / "axe.min.js"
TOKEN = "a-token-of-32-letters-or-so"


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser):
    """Opens a page; the test fails if it reports an error or asks another host for something."""
    faults, contexts = [], []

    def opened(port, path="/", ready="#answer .output", **settings):
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        own = (f"http://127.0.0.1:{port}/", "data:", "blob:")
        page.on("request", lambda each: None if each.url.startswith(own) else faults.append(each.url))
        page.goto(f"http://127.0.0.1:{port}{path}")
        page.wait_for_selector(ready)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [fault for fault in faults if "401" not in fault] == []


def shown(page):
    """The label that the page predicts, and its probability."""
    page.wait_for_timeout(0)
    label = page.locator("#answer strong").inner_text()
    line = page.locator("#answer .label", has_text=label).first
    return label, float(line.locator(".number").inner_text())


def is_predicted(page, port, row):
    """Waits until the page shows what the server predicts for a row."""
    output = predictions(port, [row])[1][0]["outputs"]["kind"]
    label, share = output["prediction"], output["probabilities"][output["prediction"]]
    page.wait_for_function(
        "([label, share]) => document.querySelector('#answer strong')?.textContent === label"
        " && document.querySelector('#answer .number')?.textContent === share",
        arg=[label, f"{max(share, 1 - share):.4f}"],
    )


@pytest.mark.parametrize("settings", [{}, {"color_scheme": "dark", "viewport": {"width": 390, "height": 800}}])
def test_a_row_is_changed_and_predicted(open_page, server, settings):
    page = open_page(server, **settings)
    page.get_by_label("a", exact=True).fill("0.5")
    page.get_by_label("b", exact=True).fill("-1.25")
    page.get_by_label("city", exact=True).select_option(label="rome")
    is_predicted(page, server, {"a": 0.5, "b": -1.25, "city": "rome"})
    page.locator("#changes tbody tr").first.wait_for()
    assert {row.inner_text() for row in page.locator("#changes tbody th").all()} == {"a", "b", "city"}
    page.get_by_label("a", exact=True).fill("1000")
    page.locator("#warnings li", has_text="training saw").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if AXE.exists():
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run()")["violations"]
        assert [
            (each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")
        ] == []


def test_by_keyboard(open_page, server):
    page = open_page(server)
    page.get_by_label("a by a slider").focus()
    page.keyboard.press("End")
    high = float(page.get_by_label("a", exact=True).input_value())
    page.keyboard.press("Tab")
    page.keyboard.type("0.25")
    row = {
        "a": high,
        "b": 0.25,
        "city": page.get_by_label("city", exact=True).evaluate("each => JSON.parse(each.value)"),
    }
    page.get_by_label("b", exact=True).fill("0.25")
    is_predicted(page, server, row)


def test_a_table_is_pasted_and_the_request_in_python_runs(open_page, server):
    page = open_page(server)
    page.get_by_text("Paste a table").click()
    page.get_by_label("Rows from a spreadsheet").fill("a\tb\tcity\n0.5\t-1.25\toslo\ntall\t1\trome\n1\t\tlima\n")
    page.get_by_role("button", name="Predict all rows").click()
    page.locator("#many tbody tr").nth(2).wait_for()
    lines = page.locator("#many tbody tr").all_inner_texts()
    expected = predictions(server, [{"a": 0.5, "b": -1.25, "city": "oslo"}, {"a": 1, "b": None, "city": "lima"}])[1]
    assert expected[0]["outputs"]["kind"]["prediction"] in lines[0]
    assert "takes a number" in lines[1]
    assert expected[1]["outputs"]["kind"]["prediction"] in lines[2]
    script = page.locator("#python").inner_text()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert expected[0]["outputs"]["kind"]["prediction"] in done.stdout
    if shutil.which("curl"):
        command = page.locator("#curl").inner_text()
        answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
        assert '"predictions"' in answer


def test_a_token_is_asked_for(open_page, model):
    registry = Registry(BatchLimits(), lambda *_: None)
    registry.serve("small", model)
    with serving(registry, Settings(port=0, token=TOKEN)) as port:
        page = open_page(port, ready="#access:not([hidden])")
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Use it").click()
        page.wait_for_selector("#answer .output")
        assert TOKEN not in page.locator("body").inner_text()


def test_the_description_asks_for_a_token_and_sends_it(open_page, model):
    registry = Registry(BatchLimits(), lambda *_: None)
    registry.serve("small", model)
    with serving(registry, Settings(port=0, token=TOKEN)) as port:
        page = open_page(port, "/docs", ready="#access:not([hidden])")
        page.get_by_label("Token").fill("another-token-of-32-letters")
        page.get_by_role("button", name="Use it").click()
        page.wait_for_function("document.querySelector('#token').value === ''")
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Use it").click()
        page.locator("#operations-models-list_models_v1_models_get").click()
        page.get_by_role("button", name="Try it out").click()
        with page.expect_response("**/v1/models") as answer:
            page.get_by_role("button", name="Execute").click()
        assert answer.value.status == 200


def test_the_description_opens_without_a_network(open_page, server):
    page = open_page(server, "/docs", ready=".opblock")
    assert page.get_by_text("/v1/models/small:predict").count() >= 1
