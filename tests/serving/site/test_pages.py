"""What can be done on the page, and what cannot."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Route

from pipeline.serving.limits import Limits
from pipeline.serving.site.routes import routes
from pipeline.serving.site.site import Site, first_package
from pipeline.serving.web import create
from tests.media import encode
from tests.package.examples import RATE, tone
from tests.serving.site.conftest import PAGE, PASSWORD, Browser, Make, wav


def shown(page: str) -> dict[str, float]:
    """The probabilities that a recording's page shows."""
    found = re.findall(r'<data value="([\d.e-]+)" data-emotion="(\w+)">', page)
    return {emotion: float(value) for value, emotion in found}


def addresses(site: Site) -> list[tuple[str, set[str]]]:
    """All routes of the page, with their methods."""
    return [
        (route.path, set(route.methods or ()))
        for route in routes(site).routes
        if isinstance(route, Route)
    ]


def files(site: Site) -> list[Path]:
    """All files of recordings."""
    return [path for path in site.store.clips.rglob("*") if path.is_file()]


def test_a_recording_is_predicted_shown_and_deleted(ada: Browser, site: Site) -> None:
    place = ada.store(wav(1.5))
    page = ada.get(place).text
    answer = ada.get(f"{place}/answer.json").json()
    assert shown(page) == answer["probabilities"]
    assert answer["emotion"] in page
    assert ada.get(f"{place}/audio").content == wav(1.5)
    assert ada.get(f"{place}/windows/0.png").content.startswith(b"\x89PNG")
    assert ada.get(f"{place}/windows/1.png").status_code == 404
    assert place in ada.get("/recordings").text
    assert ada.post(f"{place}/delete").headers["location"] == "/recordings"
    assert ada.get(place).status_code == 404
    assert files(site) == []


def test_a_long_recording_has_a_timeline_and_a_picture_of_each_window(ada: Browser) -> None:
    place = ada.store(wav(5))
    windows = ada.get(f"{place}/answer.json").json()["windows"]
    assert len(windows) > 5
    assert 'class="timeline"' in ada.get(place).text
    assert ada.get(f"{place}/windows/{len(windows) - 1}.png").status_code == 200


def test_a_sample_is_predicted_by_runs_that_did_not_train_on_it(ada: Browser, site: Site) -> None:
    (sample,) = site.samples()  # the other one lies outside the corpus
    place = ada.post("/samples/0").headers["location"]
    answer = ada.get(f"{place}/answer.json").json()
    listener = site.service.model.listener
    row = listener.renderer.render(sample["file"])[None]
    runs = [run for run in listener.package.runs if run.about.fold == sample["fold"]]
    assert 0 < len(runs) < len(listener.package.runs)
    assert listener.of_fold(sample["fold"]).package.runs == tuple(runs)
    expected = listener.of_fold(sample["fold"]).package.predict_proba(row)[0]
    assert list(answer["probabilities"].values()) == pytest.approx(expected, abs=1e-6)
    assert "The actor meant <b>happy</b>" in ada.get(place).text
    assert ada.post("/samples/1").status_code == 404
    assert ada.get("/samples/0/audio").content == sample["file"].read_bytes()


def test_a_recording_can_be_reached_by_its_owner_alone(
    app: FastAPI, site: Site, ada: Browser, bob: Browser
) -> None:
    clip = ada.store().rpartition("/")[2]
    stranger = Browser(app)
    paths = {path: methods for path, methods in addresses(site) if "{clip}" in path}
    assert len(paths) >= 5
    for path, methods in paths.items():
        there = path.replace("{clip}", clip).replace("{window}", "0")
        if "GET" in methods:
            assert ada.get(there).status_code == 200
            assert bob.get(there).status_code == 404
            assert stranger.get(there).headers["location"].startswith("/sign-in")
        else:
            assert bob.post(there).status_code == 404
            assert stranger.post(there).status_code == 401
    assert clip not in bob.get("/recordings").text
    assert clip not in bob.get("/").text
    assert ada.get(f"/recordings/{clip}").status_code == 200


def test_a_form_without_its_token_changes_nothing(ada: Browser, bob: Browser) -> None:
    place = ada.store()
    forged = ada.client.post(f"{place}/delete", headers=PAGE)
    assert forged.status_code == 403
    assert "this form is out of date" in forged.text
    token = re.search(r'name="csrf" value="(\w+)"', bob.get("/").text)
    assert token
    stolen = ada.client.post(f"{place}/delete", data={"csrf": token[1]}, headers=PAGE)
    assert stolen.status_code == 403
    assert ada.get(place).status_code == 200


def test_every_form_of_the_page_asks_for_its_token(site: Site, ada: Browser) -> None:
    posts = [path for path, methods in addresses(site) if "POST" in methods]
    assert len(posts) >= 9
    for path in posts:
        there = path.replace("{clip}", "0" * 32).replace("{number}", "0")
        assert ada.client.post(there, headers=PAGE).status_code == 403, path


def test_signing_in_gives_another_cookie(app: FastAPI) -> None:
    browser = Browser(app)
    browser.get("/sign-up")
    before = browser.client.cookies["ser_visit"]
    browser.sign_up("ada")
    after = browser.client.cookies["ser_visit"]
    assert before != after
    browser.post("/sign-out")
    assert browser.client.cookies["ser_visit"] not in (before, after)
    browser.client.cookies.set("ser_visit", after)
    assert browser.get("/recordings").status_code == 303


def test_cookies_are_hidden_from_scripts_and_other_sites(app: FastAPI) -> None:
    cookie = Browser(app).get("/").headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie
    assert "Secure" in Browser(app, base_url="https://ser.test").get("/").headers["set-cookie"]


def test_a_form_of_another_site_does_not_sign_out(app: FastAPI) -> None:
    # It comes without the cookie, which the answer must not replace.
    for path in ("/model", "/recordings", "/nowhere", "/sign-out"):
        answer = TestClient(app).post(path, headers=PAGE, follow_redirects=False)
        assert answer.status_code in (403, 404, 405)
        assert "set-cookie" not in answer.headers


def test_every_response_has_security_headers(app: FastAPI, ada: Browser) -> None:
    for path in ("/", "/nowhere", "/static/site.js", "/health", ada.store() + "/audio"):
        headers = ada.get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
    assert ada.get("/").headers["Cache-Control"] == "no-store"
    over_tls = Browser(app, base_url="https://ser.test").get("/").headers
    assert "max-age" in over_tls["Strict-Transport-Security"]


def test_signing_in_leads_back_to_the_page(app: FastAPI, ada: Browser) -> None:
    stranger = Browser(app)
    way = stranger.get("/recordings").headers["location"]
    assert way == "/sign-in?next=/recordings"
    assert 'name="next" value="/recordings"' in stranger.get(way).text
    for elsewhere in ("https://evil.test", "//evil.test", "/\\evil.test", "evil"):
        data = {"name": "ada", "password": PASSWORD, "next": elsewhere}
        assert Browser(app).post("/sign-in", data).headers["location"] == "/"


def test_a_wrong_password_is_an_error_and_too_many_are_refused(app: FastAPI, ada: Browser) -> None:
    browser = Browser(app)
    answers = [browser.sign_in("ADA", "wrong password") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert "no account has this name and password" in answers[0].text
    assert browser.sign_in("ada").status_code == 429  # not even the right one
    assert "Retry-After" in answers[-1].headers


def test_accounts_may_be_closed(make: Make) -> None:
    site = make(sign_up=False)
    browser = Browser(create(site.service, site))
    assert "ask for one" in browser.get("/sign-up").text
    assert browser.sign_up("ada").status_code == 403
    assert site.accounts.people() == []


def test_an_account_goes_with_its_recordings(ada: Browser, site: Site) -> None:
    ada.store()
    wrong = ada.post("/account/delete", {"password": "wrong password"})
    assert wrong.status_code == 422 and "nothing was deleted" in wrong.text
    assert ada.post("/account/delete", {"password": PASSWORD}).headers["location"] == "/"
    assert site.accounts.people() == []
    assert files(site) == []
    assert ada.get("/recordings").status_code == 303


def test_a_password_can_be_changed(app: FastAPI, ada: Browser) -> None:
    elsewhere = Browser(app)
    elsewhere.sign_in("ada")
    new = "battery horse staple"
    data = {"password": PASSWORD, "new": new, "again": new}
    assert ada.post("/account/password", data).headers["location"] == "/account"
    assert ada.get("/recordings").status_code == 200
    assert elsewhere.get("/recordings").status_code == 303
    assert elsewhere.sign_in("ada", new).status_code == 303


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"<script>alert(1)</script>", "not a recording that can be read"),
        (wav(0.01), "too short"),
        (wav(31), "30 s are taken at most"),
    ],
    ids=["empty", "text", "click", "long"],
)
def test_an_unusable_recording_is_an_error_and_not_stored(
    ada: Browser, site: Site, content: bytes, words: str
) -> None:
    answer = ada.send(content, "<b>voice</b>.wav")
    assert answer.status_code == 422
    assert words in answer.text
    assert "<b>voice" not in answer.text and "<script>alert" not in answer.text
    assert str(site.store.folder) not in answer.text
    assert files(site) == []
    assert list(site.store.scratch.iterdir()) == []


def test_a_script_gets_json(ada: Browser) -> None:
    good = ada.send(wav(), headers={"Accept": "application/json"})
    assert (good.status_code, good.headers["location"]) == (201, good.json()["location"])
    bad = ada.send(b"no sound", headers={"Accept": "application/json"})
    assert bad.status_code == 422
    assert bad.json()["error"].startswith("voice.wav: not a recording that can be read")


def test_a_name_leads_nowhere(ada: Browser, site: Site) -> None:
    for name in ("../../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow", "a\0b.wav"):
        answer = ada.send(wav(), name)
        assert answer.status_code == 303, name
    for folder in site.store.clips.iterdir():
        assert re.fullmatch(r"[0-9a-f]{32}", folder.name)
        assert {path.name for path in folder.iterdir()} == {"recording", "look.json", "0.png"}
    assert ada.get("/recordings/..%2f..%2fsecret/audio").status_code == 404
    assert ada.get("/static/..%2f__init__.py").status_code == 404
    assert ada.get("/static/site.py").status_code == 404


def test_odd_addresses_are_not_found(app: FastAPI, ada: Browser) -> None:
    assert Browser(app).sign_in("a\0da").status_code == 422
    place = ada.store()
    for odd in ("/recordings/%00", "/recordings/" + "0" * 4000, f"{place}/windows/-1.png"):
        assert ada.get(odd).status_code == 404, odd
    assert ada.get(f"{place}/windows/{'9' * 400}.png").status_code == 404
    assert ada.get("/samples/99999999999999999999/audio").status_code == 404


def test_an_internal_error_is_a_page_without_secrets(
    app: FastAPI, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(app, raise_server_exceptions=False)

    def broken() -> None:
        raise RuntimeError("a secret of the machine")

    monkeypatch.setattr(site, "card", broken)
    page = browser.get("/model")
    assert page.status_code == 500
    assert "to the administrator of this service" in page.text and "secret" not in page.text
    assert page.headers["X-Request-ID"] in page.text


def test_an_account_is_limited_by_the_minute_and_in_space(make: Make) -> None:
    site = make(per_minute=3, megabytes=0.05)
    browser = Browser(create(site.service, site))
    browser.sign_up("ada")
    assert browser.send(wav(1)).status_code == 303
    full = browser.send(wav(1))
    assert full.status_code == 413 and "delete some first" in full.text
    assert browser.send(b"").status_code == 422
    assert browser.send(wav(1)).status_code == 429


def test_an_admin_swaps_the_model(
    app: FastAPI, ada: Browser, bob: Browser, site: Site, exports: Path
) -> None:
    assert bob.get("/admin").status_code == 404
    assert bob.post("/admin/model", {"name": "second"}).status_code == 404
    site.accounts.promote(site.accounts.find("ada"), True)
    assert "Use second" in ada.get("/admin").text
    assert ada.post("/admin/model", {"name": "second"}).headers["location"] == "/admin"
    assert ada.get("/health").json()["head"] == "svm"
    assert json.loads(ada.get(ada.store() + "/answer.json").text)["model"]["head"] == "svm"
    wrong = ada.post("/admin/model", {"name": "../first"})
    assert wrong.status_code == 422 and "no model" in wrong.text
    assert ada.get("/health").json()["head"] == "svm"
    assert first_package(site.store, None, exports) == exports / "second"
    assert first_package(site.store, str(exports / "first"), exports) == exports / "first"


def test_a_damaged_model_does_not_take_its_place(ada: Browser, site: Site, exports: Path) -> None:
    site.accounts.promote(site.accounts.find("ada"), True)
    broken = exports / "broken"
    broken.mkdir()
    (broken / "package.json").write_text((exports / "first/package.json").read_text())
    try:
        answer = ada.post("/admin/model", {"name": "broken"})
    finally:
        (broken / "package.json").unlink()
        broken.rmdir()
    assert answer.status_code == 422
    assert ada.get("/health").json()["head"] == "softmax"
    assert site.store.setting("champion") is None


def test_a_damaged_export_is_shown_as_one(ada: Browser, site: Site, exports: Path) -> None:
    site.accounts.promote(site.accounts.find("ada"), True)
    for name, content in (("broken", "{"), ("empty", "{}")):
        (exports / name).mkdir()
        (exports / name / "package.json").write_text(content)
    try:
        assert "broken/package.json: not JSON" in ada.get("/admin").text
        assert "damaged" in ada.post("/admin/model", {"name": "empty"}).text
    finally:
        for name in ("broken", "empty"):
            (exports / name / "package.json").unlink()
            (exports / name).rmdir()
    assert ada.get("/health").json()["head"] == "softmax"


def test_a_failed_deletion_of_expired_recordings_is_tried_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def broken() -> None:
        calls.append(1)
        raise OSError("the disk is away")

    monkeypatch.setattr("pipeline.serving.web.SWEEP", 0.01)
    monkeypatch.setattr(site.store, "sweep", broken)
    with TestClient(create(site.service, site)):
        until = time.monotonic() + 30
        while len(calls) < 3 and time.monotonic() < until:
            time.sleep(0.01)
    assert len(calls) >= 3


def test_the_models_card_is_text_and_no_markup(ada: Browser) -> None:
    page = ada.get("/model").text
    assert "Not for &lt;b&gt;decisions&lt;/b&gt;." in page
    assert "emotions named rightly on average" in page


def test_the_interface_is_told_without_the_internet(app: FastAPI, ada: Browser) -> None:
    page = ada.get("/docs").text
    for path in ada.get("/openapi.json").json()["paths"]:
        assert path in page
    assert "/recordings" not in ada.get("/openapi.json").json()["paths"]
    for address in ("/", "/docs", "/sign-up", "/model"):
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', ada.get(address).text)


def test_no_page_has_styles_or_scripts_of_its_own(ada: Browser) -> None:
    place = ada.store(wav(5))
    for address in ("/", place, "/recordings", "/account", "/model", "/docs", "/nowhere"):
        page = ada.get(address).text
        assert not re.search(r"<style|<script>| style=| on\w+=", page), address


def test_an_unknown_address_is_a_page_for_browsers_and_json_for_programs(
    app: FastAPI, ada: Browser
) -> None:
    page = ada.get("/nowhere")
    assert page.status_code == 404 and "no such page" in page.text
    data = TestClient(app).get("/nowhere")
    assert data.json()["error"] == "no such page"


def test_the_same_clip_has_the_same_probabilities_on_page_and_interface(ada: Browser) -> None:
    clip = wav(1.3, pitch=330)
    page = shown(ada.get(ada.store(clip)).text)
    answer = ada.client.post("/predict", files={"file": ("a.wav", clip)}).json()
    assert page == answer["probabilities"]
    assert np.isclose(sum(page.values()), 1, atol=1e-5)


def test_silence_is_marked_as_cut(ada: Browser) -> None:
    import io

    import soundfile

    file = io.BytesIO()
    wave = np.concatenate([np.zeros(RATE), tone(0.8)])
    soundfile.write(file, wave, RATE, format="WAV")
    page = ada.get(ada.store(file.getvalue())).text
    marked = re.search(r'class="sound" x="([\d.]+)"', page)
    assert marked and 190 < float(marked[1]) < 230  # of 400: the first 1.0 of 1.8 s are gone
    assert "of silence are gone" in page


def test_limits_are_shown(make: Make) -> None:
    site = make(Limits(seconds=90, megabytes=7))
    browser = Browser(create(site.service, site))
    browser.sign_up("ada")
    assert "up to 1:30 and 7 MB" in browser.get("/").text


@pytest.mark.parametrize(("name", "kind"), [("voice.webm", "webm"), ("voice.m4a", "mp4")])
def test_what_a_browser_or_a_phone_recorded_is_stored_and_played(
    ada: Browser, tmp_path: Path, name: str, kind: str
) -> None:
    content = encode(tmp_path / name, tone(1.5), RATE).read_bytes()
    place = ada.send(content, name).headers["location"]
    sound = ada.get(f"{place}/audio")
    assert (sound.content, sound.headers["content-type"]) == (content, f"audio/{kind}")
