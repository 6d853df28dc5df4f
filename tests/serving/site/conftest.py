"""A page over a tiny package, and browsers that use it."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from pipeline.core.layout import Layout
from pipeline.core.storage import write_json
from pipeline.serving.limits import Limits
from pipeline.serving.service import Service
from pipeline.serving.site.site import Site, Terms
from pipeline.serving.site.store import Store
from pipeline.serving.web import create
from tests.package import examples
from tests.package.examples import RATE, tone
from tests.training import tiny

PASSWORD = "correct horse battery"
PAGE = {"Accept": "text/html"}


def wav(seconds: float = 1.0, pitch: float = 220.0) -> bytes:
    """A recording as a browser sends it."""
    file = io.BytesIO()
    soundfile.write(file, tone(seconds, pitch=pitch), RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def exported() -> dict[str, Any]:
    """What ``export.json`` would say of a tiny package."""
    interval = {"mean": 0.5, "low": 0.4, "high": 0.6}
    rows = [{"emotion": emotion, "recall": 0.5, "precision": 0.5} for emotion in tiny.EMOTIONS]
    corpus = {"title": "Lab", "licence": "own", "licence_url": "", "citation": "none"}
    return {
        "tested": {
            "title": "Tiny", "label": "no speaker and no recording on both sides",
            "leaks": False, "synthetic": True, "protocol": "speaker", "clips": 36, "speakers": 6,
            "folds": 2, "seeds": 1, "uar": interval, "accuracy": interval, "by_emotion": rows,
            "by_sex": [], "by_speaker": [], "dataset": {"non_commercial": True},
            "corpora": [{**corpus, "non_commercial": True}],
        },
        "samples": [
            {"clip": "lab/a", "path": "lab/a.wav", "fold": 1, "emotion": "happy",
             "speaker": "lab-01", "sex": "female", "corpus": "lab"},
            {"clip": "lab/x", "path": "../../secret.wav", "fold": 1, "emotion": "sad",
             "speaker": "lab-02", "sex": "male", "corpus": "lab"},
        ],
    }  # fmt: skip


class Browser:
    """A browser: stores cookies, sends forms with their tokens."""

    def __init__(self, app: FastAPI, **more: Any) -> None:
        self.client = TestClient(app, follow_redirects=False, **more)

    def get(self, path: str, **more: Any) -> Response:
        headers = {**PAGE, **more.pop("headers", {})}
        response: Response = self.client.get(path, headers=headers, **more)
        return response

    def post(self, path: str, data: dict[str, str] | None = None, **more: Any) -> Response:
        """Send a form of the page, with the token that its forms carry."""
        found = re.search(r'name="csrf" value="(\w+)"', self.get("/sign-in").text)
        assert found
        headers = {**PAGE, **more.pop("headers", {})}
        form = {"csrf": found[1], **(data or {})}
        response: Response = self.client.post(path, data=form, headers=headers, **more)
        return response

    def sign_up(self, name: str, password: str = PASSWORD) -> Response:
        return self.post("/sign-up", {"name": name, "password": password, "again": password})

    def sign_in(self, name: str, password: str = PASSWORD) -> Response:
        return self.post("/sign-in", {"name": name, "password": password, "next": "/"})

    def send(self, content: bytes, name: str = "voice.wav", **more: Any) -> Response:
        return self.post(
            "/recordings", {"origin": "upload"}, files={"file": (name, content)}, **more
        )

    def store(self, content: bytes | None = None) -> str:
        """Send a recording; gives its address."""
        answer = self.send(content or wav())
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]


@pytest.fixture(scope="session")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A repository with two exports of a tiny recipe, and recordings of its corpus."""
    layout = Layout(examples.run_recipe(tmp_path_factory.mktemp("repository")))
    for name, head in (("first", "softmax"), ("second", "svm")):
        folder = examples.gather(layout.root, layout.exports / name, head)
        write_json(folder / "export.json", exported())
        (folder / "model_card.md").write_text("# Card\n\nNot for <b>decisions</b>.\n")
    corpus = layout.corpus("lab")
    (corpus / "lab").mkdir(parents=True)
    soundfile.write(corpus / "lab/a.wav", np.asarray(tone(1.2)), RATE)
    shutil.copy(corpus / "lab/a.wav", corpus.parent.parent / "secret.wav")
    return layout


@pytest.fixture(scope="session")
def exports(layout: Layout) -> Path:
    """The folder of the two exports."""
    return layout.exports


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    store = Store(tmp_path / "served")
    store.serve()
    yield store
    store.close()


Make = Callable[..., Site]


@pytest.fixture
def make(store: Store, layout: Layout) -> Make:
    """Makes a page with terms of its own."""

    def make(limits: Limits | None = None, **terms: Any) -> Site:
        first = layout.exports / "first"
        service = Service(first, None, limits or Limits(seconds=30), store.scratch)
        return Site(service, store, Terms(**terms), layout)

    return make


@pytest.fixture
def site(make: Make) -> Site:
    """A page."""
    return make(per_minute=1000)


@pytest.fixture
def app(site: Site) -> FastAPI:
    """Its application."""
    return create(site.service, site)


@pytest.fixture
def ada(app: FastAPI) -> Browser:
    """A browser that is signed in as ada."""
    browser = Browser(app)
    assert browser.sign_up("ada").status_code == 303
    return browser


@pytest.fixture
def bob(app: FastAPI) -> Browser:
    """A browser that is signed in as bob."""
    browser = Browser(app)
    assert browser.sign_up("bob").status_code == 303
    return browser
