"""``ser app`` and ``ser people``, as processes of their own."""

from __future__ import annotations

import io
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import soundfile

from pipeline.serving.site.store import Store
from tests.package.examples import RATE, tone
from tests.serving.processes import served

PASSWORD = "correct horse battery"


def flac() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, tone(1), RATE, format="FLAC")
    return file.getvalue()


def token(client: httpx.Client) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', client.get("/sign-in").text)
    assert found
    return found[1]


def enter(client: httpx.Client, path: str) -> int:
    """Sign up or in; gives the status."""
    form = {"name": "ada", "password": PASSWORD, "again": PASSWORD, "csrf": token(client)}
    return client.post(path, data=form).status_code


@pytest.mark.slow
def test_it_predicts_and_stops_on_a_signal(folder: Path, tmp_path: Path) -> None:
    with served(folder, tmp_path / "served") as (url, process):
        answer = httpx.post(f"{url}/predict", files={"file": ("voice.flac", flac())})
        assert answer.status_code == 200
        assert answer.json()["seconds"] == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) in (0, -signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_during_an_upload_it_has_every_account_and_no_half_file(
    folder: Path, tmp_path: Path
) -> None:
    place = tmp_path / "served"
    with served(folder, place) as (url, process):
        with httpx.Client(base_url=url) as client:
            assert enter(client, "/sign-up") == 303
            csrf = token(client)
            files = {"file": ("stored.flac", flac())}
            stored = client.post("/recordings", data={"csrf": csrf}, files=files)
            assert stored.status_code == 201, stored.text
            cookie = client.cookies["ser_visit"]
        head = (
            "POST /recordings HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n"
            f"Cookie: ser_visit={cookie}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
            f'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{csrf}\r\n'
            '--x\r\nContent-Disposition: form-data; name="file"; filename="half.wav"\r\n\r\n'
        )
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as half:
            half.sendall(head.encode() + bytes(500_000))
            time.sleep(0.5)
            process.kill()
            process.wait()
    for moment in (0.0, 0.05):
        # From the whole upload to its answer: predicted, drawn, renamed, entered.
        with served(folder, place) as (url, process), httpx.Client(base_url=url) as client:
            assert enter(client, "/sign-in") == 303
            form = {"csrf": token(client)}
            request = client.build_request("POST", "/recordings", data=form, files=files)
            body = request.read()
            words = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
            with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as whole:
                whole.sendall(f"POST /recordings HTTP/1.1\r\n{words}\r\n".encode() + body)
                time.sleep(moment)
                process.kill()
                process.wait()
    with served(folder, place) as (url, _), httpx.Client(base_url=url) as client:
        assert enter(client, "/sign-in") == 303
        known = set(re.findall(r'<a href="/recordings/(\w+)"', client.get("/recordings").text))
        assert stored.json()["location"].rpartition("/")[2] in known
        assert {path.name for path in (place / "clips").iterdir()} == known
        assert list((place / "uploads").iterdir()) == []
        for clip in known:
            assert client.get(f"/recordings/{clip}/audio").content == flac()
            assert client.get(f"/recordings/{clip}").status_code == 200


def ser(*words: str, cwd: Path, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *words],
        cwd=cwd, capture_output=True, text=True, check=False, input=given,
    )  # fmt: skip


def test_no_model_says_how_to_make_one(tmp_path: Path) -> None:
    done = ser("app", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "error: no model in exports; make one with: ser export RECIPE\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_accounts_are_managed_from_a_shell(tmp_path: Path) -> None:
    added = ser("people", "add", "ada", cwd=tmp_path, given=f"{PASSWORD}\n{PASSWORD}\n")
    assert "ada may sign in" in added.stdout, added.stderr
    assert ser("people", "promote", "ADA", cwd=tmp_path).stdout == "ADA is an admin\n"
    listed = ser("people", "list", cwd=tmp_path).stdout
    assert "ada" in listed and "yes" in listed
    unknown = ser("people", "promote", "bob", cwd=tmp_path)
    assert unknown.returncode == 1
    assert unknown.stderr == "error: no account is called 'bob'; see: ser people list\n"
    assert ser("people", "remove", "ada", cwd=tmp_path).returncode == 0
    assert "ada" not in ser("people", "list", cwd=tmp_path).stdout


@pytest.mark.slow
def test_accounts_can_be_promoted_while_the_page_is_served(folder: Path, tmp_path: Path) -> None:
    with served(folder, tmp_path / "served") as (url, _), httpx.Client(base_url=url) as client:
        assert enter(client, "/sign-up") == 303
        assert client.get("/admin").status_code == 404
        assert ser("people", "promote", "ada", cwd=tmp_path).returncode == 0
        assert client.get("/admin").status_code == 200
        second = ser("app", "--model", str(folder), cwd=tmp_path)
        assert second.returncode == 1
        assert "another ser app uses it" in second.stderr


def test_a_stored_secret_outlives_a_restart(tmp_path: Path) -> None:
    secrets = {Store(tmp_path / "served").secret for _ in range(2)}
    assert len(secrets) == 1
