"""A view on disk: the same bytes however it was made, and nothing half-made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.config.base import read_params
from pipeline.config.folders import load, section_file
from pipeline.config.views import MelViewSettings, NoisePlane, ShiftPlane, ViewSettings
from pipeline.core.errors import ViewError
from pipeline.corpora.index import table as tables
from pipeline.views import pack, packed, sheet
from tests.conftest import ROOT, Record

Recordings = list[tuple[str, Path, str]]


@pytest.fixture
def settings() -> MelViewSettings:
    """A small mel view."""
    whole: ViewSettings = load(ViewSettings, "views", "demo-mel", root=ROOT)  # type: ignore[arg-type]
    assert isinstance(whole, MelViewSettings)
    return whole.model_copy(update={"height": 32, "width": 32})


@pytest.fixture
def recordings(record: Record) -> Recordings:
    """Six clips, given out of order."""
    return [
        (f"demo/{number}", record(f"in/{number}.wav", seed=number, gain=0.05 * number), f"{number}")
        for number in (3, 1, 2, 6, 5, 4)
    ]


def made(
    recordings: Recordings, settings: ViewSettings, folder: Path, **options: int
) -> packed.View:
    pack.pack(
        recordings, settings, folder, folder.parent / "work", seed=0, progress=False, **options
    )
    return packed.open_view(folder)


def test_a_view_is_one_array_and_a_table_in_the_order_of_the_ids(
    recordings: Recordings, settings: MelViewSettings, tmp_path: Path
) -> None:
    view = made(recordings, settings, tmp_path / "view")
    assert view.array.shape == (6, 32, 32)
    assert view.array.dtype == np.uint8
    assert isinstance(view.array, np.memmap)
    assert list(view.table["clip"]) == [f"demo/{number}" for number in range(1, 7)]


def test_every_row_has_the_hash_of_its_content(
    recordings: Recordings, settings: MelViewSettings, tmp_path: Path
) -> None:
    view = made(recordings, settings, tmp_path / "view")
    assert view.table["hash"].nunique() == 6
    assert all(len(value) == 64 for value in view.table["hash"])


@pytest.mark.slow
def test_the_number_of_processes_changes_no_byte(
    recordings: Recordings,
    settings: MelViewSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pack, "SHARD", 2)
    made(recordings, settings, tmp_path / "one", workers=1)
    made(recordings, settings, tmp_path / "two", workers=2)
    for name in (packed.ARRAY, packed.TABLE, packed.ABOUT):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_planes_follow_their_parents_and_are_named(
    recordings: Recordings, settings: MelViewSettings, tmp_path: Path
) -> None:
    planes = (NoisePlane(kind="noise", snr_db=10.0), ShiftPlane(kind="shift", seconds=0.1))
    view = made(recordings, settings.model_copy(update={"augment": planes}), tmp_path / "view")
    assert len(view.array) == 18
    assert list(view.table["plane"].unique()) == ["", "noise-10", "shift-0.1"]
    child = view.table[(view.table["clip"] == "demo/1") & (view.table["plane"] == "noise-10")]
    assert not np.array_equal(view.array[child.index[0]], view.array[0])


def test_a_clip_that_cannot_be_used_is_set_aside_and_named(
    recordings: Recordings, settings: MelViewSettings, tmp_path: Path
) -> None:
    broken = recordings[0][1]
    broken.write_bytes(b"not audio")
    view = made(recordings, settings, tmp_path / "view")
    assert len(view.array) == 5
    assert list(view.about.set_aside) == [recordings[0][0]]
    assert str(broken) in view.about.set_aside[recordings[0][0]]


def test_no_usable_clip_leaves_nothing(
    recordings: Recordings, settings: MelViewSettings, tmp_path: Path
) -> None:
    for _, path, _ in recordings:
        path.write_bytes(b"")
    with pytest.raises(ViewError, match="no clip can be rendered"):
        made(recordings, settings, tmp_path / "view")
    assert not (tmp_path / "view").exists()


def test_a_view_larger_than_the_disk_is_refused_before_it_begins(
    recordings: Recordings, settings: MelViewSettings, tmp_path: Path
) -> None:
    huge = settings.model_copy(update={"height": 10_000_000, "width": 10_000_000})
    with pytest.raises(ViewError, match=r"needs .* GB .* are free; make its height and width"):
        made(recordings, huge, tmp_path / "view")
    assert not (tmp_path / "view").exists()


def test_an_absent_view_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ViewError, match="make it with: ser run view@demo-mel"):
        packed.open_view(tmp_path / "demo-mel")


def test_the_datasets_scale_is_that_of_training_clips_alone(
    recordings: Recordings, settings: MelViewSettings, tmp_path: Path
) -> None:
    full = {"scale": "dataset", "height": settings.bands, "width": settings.frames}
    view = made(recordings, settings.model_copy(update=full), tmp_path / "view")
    quiet = view.scaled([0], normalisation_rows=[0, 1])
    assert view.table["loudest_db"].is_monotonic_increasing
    assert quiet.max() < 255
    assert view.scaled([1], normalisation_rows=[0, 1]).max() == 255
    assert view.scaled([5], normalisation_rows=[0, 1]).max() == 255


def test_the_clips_scale_is_as_stored(
    recordings: Recordings, settings: MelViewSettings, tmp_path: Path
) -> None:
    view = made(recordings, settings, tmp_path / "view")
    assert np.array_equal(view.scaled([2, 4], normalisation_rows=[0]), view.array[[2, 4]])


KILLED = """
import sys, json
from pathlib import Path
from pipeline.config.base import parse
from pipeline.config.views import ViewSettings
from pipeline.views import pack
if __name__ == "__main__":
    pack.SHARD = 2
    data = json.loads(Path(sys.argv[1]).read_text())
    pack.pack(
        [(clip, Path(path), sound) for clip, path, sound in data["recordings"]],
        parse(ViewSettings, data["settings"]),
        Path(sys.argv[2]), Path(sys.argv[3]), seed=0, workers=1, progress=False,
    )
"""


@pytest.mark.slow
def test_killed_at_any_moment_and_started_again_ends_in_the_same_bytes(
    record: Record, settings: MelViewSettings, tmp_path: Path
) -> None:
    import json

    rows = [
        [f"demo/{number:03}", str(record(f"in/{number:03}.wav", seed=number)), f"{number}"]
        for number in range(60)
    ]
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"recordings": rows, "settings": settings.model_dump(mode="json")}))
    script = tmp_path / "run.py"
    script.write_text(KILLED)

    def start(name: str) -> subprocess.Popen[bytes]:
        command: list[str | Path] = [
            sys.executable,
            script,
            job,
            tmp_path / name,
            tmp_path / f"{name}-work",
        ]
        return subprocess.Popen(command, start_new_session=True)

    assert start("whole").wait() == 0
    resumed = 0
    for after in (1, 8, 15):
        process = start("killed")
        while process.poll() is None:
            if len(list((tmp_path / "killed-work").rglob("*.json"))) >= after:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                resumed += 1
                break
            time.sleep(0.005)
        assert not (tmp_path / "killed").exists() or process.returncode == 0
    assert start("killed").wait() == 0
    assert resumed == 3
    for name in (packed.ARRAY, packed.TABLE, packed.ABOUT):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_the_sheet_has_a_row_per_emotion(
    record: Record, settings: MelViewSettings, tmp_path: Path
) -> None:
    recordings, lines = [], []
    for number, emotion in enumerate(("sad", "angry", "sad")):
        clip = f"demo/{number}"
        recordings.append((clip, record(f"in/{number}.wav", seed=number), str(number)))
        lines.append({"id": clip, "emotion": emotion, "speaker": f"demo-{number}"})
    view = made(recordings, settings, tmp_path / "view")
    import pandas as pd

    index = pd.DataFrame(lines)
    assert sheet.choose(view.table, index) == {
        "sad": {0: "demo-0", 2: "demo-2"},
        "angry": {1: "demo-1"},
    }
    sheet.contact_sheet(view, settings, index, "three clips", tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.width > 1000


def test_export_writes_a_png_per_row_with_low_frequencies_at_the_bottom(
    recordings: Recordings, settings: MelViewSettings, tmp_path: Path
) -> None:
    view = made(recordings, settings, tmp_path / "view")
    assert sheet.export(view, tmp_path / "images", progress=False) == 6
    with Image.open(tmp_path / "images/demo/1.png") as picture:
        assert np.array_equal(np.asarray(picture)[::-1], view.array[0])


def test_round_frequencies_lie_where_the_mel_scale_puts_them(settings: MelViewSettings) -> None:
    ticks = sheet.frequency_ticks(settings)
    places = list(ticks)
    assert list(ticks.values()) == ["250", "500", "1000", "2000", "4000", "8000"]
    assert places == sorted(places)
    assert places[-1] == pytest.approx(settings.height - 0.5)


def test_every_dataset_of_a_view_is_a_dataset() -> None:
    params = read_params(section_file("views", ROOT))
    assert {view["dataset"] for view in params["views"].values()} <= set(params["datasets"])


@pytest.mark.slow
@pytest.mark.recordings
def test_a_real_corpus_becomes_a_view(
    unpacked: Callable[[str], Path], settings: MelViewSettings, tmp_path: Path
) -> None:
    folder = unpacked("ravdess")
    files = sorted(folder.rglob("*.flac"))[::60]
    recordings = [(f"ravdess/{path.stem}", path, path.stem) for path in files]
    view = made(recordings, settings, tmp_path / "view")
    assert len(view.array) == 24
    assert view.about.set_aside == {}
    assert tables.SEPARATOR not in "".join(view.table["clip"])
