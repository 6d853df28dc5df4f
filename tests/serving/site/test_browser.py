"""Every page in a real browser, on a phone and on a desk.

With ``SER_PAGE`` the tests use a page that is served already, such as http://127.0.0.1:8000.
"""

from __future__ import annotations

import io
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect, sync_playwright

from pipeline.core.layout import Layout
from tests.package.examples import RATE, tone
from tests.serving.processes import served
from tests.serving.site.conftest import PASSWORD, wav

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
)  # fmt: skip
SIZES = {"phone": (390, 844, "dark"), "desk": (1280, 900, "light")}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed here"),
]


@dataclass
class Walk:
    """A browser's window, and what it complains of.

    Attributes:
        page: the window.
        url: of the service.
        pictures: folder of pictures of every page.
        complaints: of the console.
    """

    page: Page
    url: str
    pictures: Path
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def look(self, name: str) -> None:
        """Take a picture of the page, and check that it is accessible."""
        self.page.wait_for_load_state("networkidle")
        self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)
        found = Axe().run(self.page).response["violations"]
        assert not found, (name, [(each["id"], each["nodes"][0]["html"]) for each in found])
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} points too wide"
        assert self.complaints == [], name


def sentence() -> bytes:
    """A second of sound, with a silence at each end."""
    wave = np.concatenate([np.zeros(RATE // 2), tone(1.2, pitch=180), np.zeros(RATE // 2)])
    file = io.BytesIO()
    soundfile.write(file, wave, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


@pytest.fixture(scope="module")
def home(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with exports and recordings, in which a page is served."""
    home = tmp_path_factory.mktemp("home")
    (home / "data").mkdir()
    (home / "data/corpora").symlink_to(layout.corpus("lab").parent)
    (home / "exports").symlink_to(layout.exports)
    return home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """Where a page is served."""
    given = os.environ.get("SER_PAGE")
    if given:
        yield given.rstrip("/")
        return
    with served(Path("first"), home / "served", cwd=home) as (url, _):
        yield url


@pytest.fixture(params=SIZES)
def walk(request: pytest.FixtureRequest, address: str, tmp_path: Path) -> Iterator[Walk]:
    """A browser on a screen, with a microphone that plays a recording."""
    width, height, scheme = SIZES[request.param]
    (tmp_path / "microphone.wav").write_bytes(sentence())
    pictures = Path(os.environ.get("SER_PICTURES", tmp_path)) / request.param
    pictures.mkdir(parents=True, exist_ok=True)
    voice = f"--use-file-for-fake-audio-capture={tmp_path / 'microphone.wav'}"
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, voice])
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        walk = Walk(page, address, pictures)
        page.on(
            "console",
            lambda line: (
                walk.complaints.append(line.text) if line.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", lambda error: walk.complaints.append(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())
        yield walk
        browser.close()


def test_a_person_signs_up_uploads_records_reads_deletes_and_leaves(walk: Walk) -> None:
    page = walk.page
    name = f"ada-{secrets.token_hex(4)}"
    walk.go("/")
    walk.look("front")
    page.get_by_role("link", name="Make an account").click()
    walk.look("sign-up")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password once more").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url(f"{walk.url}/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{walk.url}/")
    walk.go("/recordings")
    walk.look("sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/recordings")
    walk.look("no-recordings")

    walk.go("/")
    walk.look("home")
    upload = page.get_by_label("Choose a recording")
    upload.set_input_files({"name": "lamp.wav", "mimeType": "audio/wav", "buffer": wav(1.5)})
    page.get_by_role("button", name="Predict it").first.click()
    page.wait_for_url("**/recordings/*")
    expect(page.get_by_role("heading", name="Probability of each emotion")).to_be_visible()
    expect(page.get_by_role("heading", name="The model's input")).to_be_visible()
    assert page.locator("img").first.evaluate("picture => picture.naturalWidth") > 0
    walk.look("recording")

    walk.go("/")
    upload.set_input_files({"name": "long.wav", "mimeType": "audio/wav", "buffer": wav(8)})
    page.get_by_role("button", name="Predict it").first.click()
    page.wait_for_url("**/recordings/*")
    page.get_by_text("As numbers").click()
    expect(page.get_by_role("heading", name="Over time")).to_be_visible()
    walk.look("long-recording")

    walk.go("/")
    page.get_by_role("button", name="Start to record").click()
    expect(page.locator("#elapsed")).to_have_text(re.compile(r"^[2-9]\."), timeout=30_000)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#record-status")).to_contain_text("are recorded")
    walk.look("recorded")
    page.locator("#predict").click()
    page.wait_for_url("**/recordings/*")
    expect(page.locator("h1.emotion")).to_be_visible()
    walk.look("from-the-microphone")

    walk.go("/")
    page.locator(".samples button").first.click()
    page.wait_for_url("**/recordings/*")
    expect(page.get_by_text("The actor meant")).to_be_visible()
    walk.look("sample")

    walk.go("/recordings")
    assert page.locator(".clips li").count() == 4
    page.get_by_role("button", name="Delete lamp.wav").click()
    expect(page.locator(".clips li")).to_have_count(3)
    walk.look("recordings")
    for path in ("account", "model", "docs"):
        walk.go(f"/{path}")
        walk.look(path)
    walk.go("/account")
    page.locator("#sure").fill(PASSWORD)
    page.get_by_role("button", name="Delete everything").click()
    page.wait_for_url(f"{walk.url}/")
    walk.look("gone")


def test_an_unusable_recording_is_an_error_on_the_same_page(walk: Walk) -> None:
    page = walk.page
    enter(walk, f"ada-{secrets.token_hex(4)}")
    upload = page.get_by_label("Choose a recording")
    upload.set_input_files({"name": "notes.wav", "mimeType": "audio/wav", "buffer": b"a text"})
    page.get_by_role("button", name="Predict it").first.click()
    expect(page.get_by_role("alert")).to_contain_text("notes.wav: not a recording that can be read")
    # The browser's own word for an answer of 422.
    assert all("422" in line for line in walk.complaints)
    walk.complaints.clear()
    walk.look("error")
    walk.go("/nowhere")
    walk.complaints.clear()
    walk.look("nowhere")


def test_everything_can_be_done_with_the_keyboard(walk: Walk) -> None:
    page = walk.page
    enter(walk, f"ada-{secrets.token_hex(4)}")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    upload = page.get_by_label("Choose a recording")
    upload.set_input_files({"name": "a.wav", "mimeType": "audio/wav", "buffer": wav(1)})
    upload.focus()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Predict it")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recordings/*")


@pytest.mark.skipif("SER_PAGE" in os.environ, reason="a page that is served already has no admin")
def test_an_admin_changes_the_model(walk: Walk, home: Path) -> None:
    page = walk.page
    name = f"admin-{secrets.token_hex(4)}"
    enter(walk, name)
    promote = [sys.executable, "-m", "pipeline.cli", "people", "promote", name]
    subprocess.run(promote, cwd=home, check=True, capture_output=True)
    walk.go("/admin")
    walk.look("admin")
    page.get_by_role("button", name="Use second").click()
    expect(page.get_by_role("button", name="Use first")).to_be_visible()
    walk.look("another-model")
    page.get_by_role("button", name="Use first").click()
    expect(page.get_by_role("button", name="Use second")).to_be_visible()


def enter(walk: Walk, name: str) -> None:
    """Make an account."""
    walk.go("/sign-up")
    walk.page.get_by_label("Name").fill(name)
    walk.page.get_by_label("Password", exact=True).fill(PASSWORD)
    walk.page.get_by_label("Password once more").fill(PASSWORD)
    walk.page.get_by_role("button", name="Make the account").click()
    walk.page.wait_for_url(f"{walk.url}/")
