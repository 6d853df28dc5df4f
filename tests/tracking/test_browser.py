"""MLflow's page in a real browser: the heads of a dataset are there without a click.

With ``SER_PICTURES`` set to a folder, pictures of the pages stay there; with ``SER_MLFLOW`` set
to an address that ``make ui`` prints, of that page too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from pipeline import tracking
from pipeline.tracking import view
from tests.serving.processes import awaited, free_port
from tests.tracking import outputs
from tests.tracking.stored import client

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
UAR = {"xgboost": 0.7314, "svm": 0.6525, "softmax": 0.6036}
LABEL = "no speaker and no recording on both sides"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed here"),
]


@dataclass
class Desk:
    """A browser at a desk, that has not been here before.

    Attributes:
        page: the window.
        pictures: folder of pictures.
        elsewhere: addresses on other machines that were asked for.
    """

    page: Page
    pictures: Path
    elsewhere: list[str] = field(default_factory=list)

    def picture(self, name: str) -> None:
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def row(self, name: str) -> list[str]:
        """The cells of a run in the table, from left to right."""
        link = self.page.get_by_role("link", name=name, exact=True)
        expect(link).to_be_visible(timeout=60_000)
        number = self.page.locator(".ag-row").filter(has=link).get_attribute("row-id")
        cells = self.page.locator(f'.ag-row[row-id="{number}"] .ag-cell')
        # The table adds cells to the page in the order in which they are drawn.
        placed = [(int(cell.get_attribute("aria-colindex") or 0), cell) for cell in cells.all()]
        texts = [cell.inner_text().strip() for _, cell in sorted(placed, key=lambda item: item[0])]
        return [text for text in texts if text]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    pictures = Path(os.environ.get("SER_PICTURES", tmp_path))
    pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        desk = Desk(page, pictures)
        page.on("request", lambda request: _note_elsewhere(desk, request.url))
        yield desk
        browser.close()


@pytest.fixture
def recorded(root: Path) -> Path:
    """A repository with two recipes of a dataset in its store."""
    for recipe in ("demo", "demo-again"):
        outputs.train(root, recipe)
        outputs.fit_heads(root, recipe, heads=list(UAR))
        outputs.evaluate(root, recipe, uar=UAR)
    tracking.sync(root)
    return root


@contextmanager
def served(root: Path, *command: str) -> Iterator[str]:
    """The address of a page that a program serves."""
    port = free_port()
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--port", str(port)],
        cwd=root,
        env={**os.environ, **quiet, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        awaited(process, url)
        yield url
    finally:
        process.terminate()
        process.communicate()


def test_a_first_visit_sees_heads_with_figures_without_a_click(recorded: Path, desk: Desk) -> None:
    with served(recorded, "pipeline.cli", "track", "ui") as url:
        desk.page.goto(f"{url}/#/experiments/1")
        row = desk.row("demo / xgboost")
        desk.picture("mlflow")
        assert row[-7:-1] == ["0.7314", "0.6314", "0.8314", "0.7314", "0.2686", "0.05"]
        assert row[-1] == LABEL
        for column in view.state()["selectedColumns"]:
            box = desk.page.locator(f'.ag-header-cell[col-id="{column}"]').bounding_box()
            assert box, column
            assert box["x"] + 80 < 1280, f"{column} is out of sight"
        listed = desk.page.locator(".ag-row a[href*='/runs/']").all_inner_texts()
        assert [name.partition(" / ")[2] for name in listed] == [
            *("xgboost", "xgboost", "svm", "svm", "softmax", "softmax"),
            *("majority", "majority", "random", "random"),
        ]
        assert desk.elsewhere == []
        assert httpx.get(f"{url}/ajax-api/3.0/mlflow/ui-telemetry").json()["disable_ui_telemetry"]


def test_charts_compare_the_heads_at_once(recorded: Path, desk: Desk) -> None:
    with served(recorded, "pipeline.cli", "track", "ui") as url:
        desk.page.goto(f"{url}/#/experiments/1/runs?compareRunsMode=CHART")
        chart = desk.page.locator("[data-testid='experiment-view-compare-runs-card']").first
        expect(chart).to_contain_text("uar", timeout=60_000)
        expect(chart.locator(".barlayer .point")).to_have_count(10, timeout=60_000)
        desk.picture("mlflow-charts")


def test_what_a_person_has_changed_stays_changed(recorded: Path, desk: Desk) -> None:
    with served(recorded, "pipeline.cli", "track", "ui") as url:
        desk.page.goto(f"{url}/#/experiments/1")
        desk.row("demo / xgboost")
        search = desk.page.locator("input[value*='tags.kind']")
        search.fill("tags.kind = 'summary' and tags.head = 'svm'")
        desk.page.keyboard.press("Enter")
        gone = desk.page.get_by_role("link", name="demo / xgboost", exact=True)
        expect(gone).to_have_count(0, timeout=60_000)
        desk.page.goto("about:blank")
        desk.page.goto(f"{url}/#/experiments/1")
        desk.row("demo / svm")
        expect(gone).to_have_count(0)


def test_a_plain_server_shows_the_same_by_the_views_name(recorded: Path, desk: Desk) -> None:
    store = f"sqlite:///{recorded}/mlflow.db"
    found = client(recorded).get_experiment_by_name("demo")
    assert found is not None
    plain = ("mlflow", "ui", "--workers", "1", "--backend-store-uri", store)
    with served(recorded, *plain) as url:
        desk.page.goto(view.address(url, found.experiment_id))
        row = desk.row("demo / xgboost")
        desk.picture("mlflow-plain")
        assert "0.7314" in row


@pytest.mark.skipif("SER_MLFLOW" not in os.environ, reason="SER_MLFLOW names no page")
def test_pictures_of_a_page_that_is_served_already(desk: Desk) -> None:
    address = os.environ["SER_MLFLOW"]
    for name, end in (("table", ""), ("charts", "?compareRunsMode=CHART")):
        desk.page.goto("about:blank")
        desk.page.goto(address + end)
        expect(desk.page.locator(".ag-row a", has_text=" / ").first).to_be_visible(timeout=60_000)
        desk.page.wait_for_timeout(3000)
        desk.picture(f"served-{name}")


def _note_elsewhere(desk: Desk, url: str) -> None:
    if not url.startswith(("http://127.0.0.1:", "data:", "blob:")):
        desk.elsewhere.append(url)
