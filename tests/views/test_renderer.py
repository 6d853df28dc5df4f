"""From files to views: same bytes always, and errors that say what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import pytest

from pipeline.core.errors import AudioError, ViewError
from pipeline.views.renderer import Renderer
from tests.views import waves
from tests.views.conftest import image, vector

Save = Callable[..., Path]

NOTHING_CUT = {"trim_db": None, "inner": False, "frame": 2048, "hop": 512}


def test_a_view_has_the_promised_shape_and_type(save: Save) -> None:
    renderer = Renderer(image("mel", channels="rgb", colour_map="magma", height=64))
    view = renderer.render(save("a.wav", waves.voice(1)))
    assert view.shape == renderer.shape == (3, 64, 128)
    assert view.dtype == renderer.dtype == np.uint8


def test_a_view_does_not_depend_on_its_company(save: Save) -> None:
    paths = [save(f"{seed}.wav", waves.voice(seed, 1 + seed / 2)) for seed in range(5)]
    renderer = Renderer(image("mel"))
    alone = [Renderer(image("mel")).render(path) for path in paths]
    together = renderer.render_many(paths)
    backwards = renderer.render_many(paths[::-1])[::-1]
    for one, two, three in zip(alone, together, backwards, strict=True):
        assert isinstance(two, np.ndarray)
        assert isinstance(three, np.ndarray)
        assert one.tobytes() == two.tobytes() == three.tobytes()


def test_one_broken_clip_does_not_spoil_the_others(save: Save, tmp_path: Path) -> None:
    good = save("good.wav", waves.voice(1))
    (bad := tmp_path / "bad.wav").write_text("not a recording")
    renderer = Renderer(image("mel"))
    first, error, second = renderer.render_many([good, bad, good])
    assert isinstance(error, AudioError)
    np.testing.assert_array_equal(first, second)


def test_a_clip_shorter_than_a_window_is_padded_to_the_views_length(save: Save) -> None:
    path = save("short.wav", waves.voice(1, 0.05))
    assert Renderer(image("mel", {"silence": NOTHING_CUT})).render(path).max() == 255


def test_a_clip_shorter_than_a_window_has_no_vector_of_the_whole(save: Save) -> None:
    path = save("short.wav", waves.voice(1, 0.05))
    with pytest.raises(AudioError, match=r"short.wav: .* less than one window of 0.128 s; lower"):
        Renderer(vector()).render(path)


def test_a_datasets_scale_needs_its_span(save: Save) -> None:
    path = save("a.wav", waves.voice(1))
    with pytest.raises(ViewError, match="measure it first"):
        Renderer(image("mel", scale="dataset")).render(path)


def test_on_a_datasets_scale_a_quieter_clip_is_darker(save: Save) -> None:
    loud, quiet = save("loud.wav", waves.voice(1)), save("quiet.wav", waves.voice(1) / 10)
    settings = image("mel", scale="dataset")
    span = Renderer(settings).measure_span([loud, quiet])
    renderer = Renderer(settings, span=span)
    # A tenth of the amplitude is 20 dB less, of the 80 dB that 255 levels show.
    assert renderer.render(loud).max() == 255
    assert abs(int(renderer.render(quiet).max()) - 191) <= 1


def test_the_wave_before_and_after_the_cut(save: Save) -> None:
    before, after = Renderer(image("mel")).wave(save("a.wav", waves.voice(1)))
    assert len(before) == 48_000
    np.testing.assert_array_equal(after, librosa.effects.trim(before, top_db=40)[0])


def test_copies_differ_by_clip_and_seed_but_not_by_time(save: Save) -> None:
    settings = image("mel", augment=[{"kind": "noise", "snr_db": 10.0}])
    path, renderer = save("a.wav", waves.voice(1)), Renderer(settings)
    views = {
        (seed, clip): renderer.render(path, plane=settings.augment[0], seed=seed, clip=clip)
        for seed in (1, 2)
        for clip in ("x", "y")
    }
    again = renderer.render(path, plane=settings.augment[0], seed=1, clip="x")
    assert len({view.tobytes() for view in views.values()}) == 4
    assert again.tobytes() == views[1, "x"].tobytes()


def test_the_path_from_file_to_image_does_not_load_librosa(save: Save) -> None:
    path = save("a.wav", waves.voice(1))
    program = (
        "import sys; from pathlib import Path; "
        "from tests.views.conftest import image; from pipeline.views.renderer import Renderer; "
        f"Renderer(image('mel')).render(Path({str(path)!r})); "
        "assert 'librosa' not in sys.modules and 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])


def test_importing_the_views_loads_neither_torch_nor_librosa() -> None:
    program = (
        "import sys, pipeline.views.renderer; "
        "assert not {'torch', 'librosa', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
