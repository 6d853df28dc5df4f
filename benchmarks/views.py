"""How fast a recording becomes a view, against the same path in librosa's calls.

Both sides read the same files in turns, round by round, in one process on one
thread, after librosa has compiled what it compiles. CPU time is counted, and each
side's best round is taken, for other work on the machine only ever adds. Then
each stage stands beside its floor: the bare library call that it cannot do without.

The files are measured as the mirror has them and as 16-bit .wav, the format that the
corpora are published in, for decoding is most of what a FLAC costs.

    python benchmarks/views.py                    # 200 RAVDESS clips from SER_MIRROR
    python benchmarks/views.py --quick            # 40 of them
    python benchmarks/views.py --corpus crema-d   # or tess
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import librosa
import numpy as np
import numpy.typing as npt
import soundfile
import soxr
import torch
from threadpoolctl import threadpool_limits

from pipeline.config.base import parse
from pipeline.config.views import MelViewSettings
from pipeline.views import audio
from pipeline.views.renderer import Renderer
from pipeline.views.spectrogram import Spectrogram, decibels, to_grey

RATE, SIZE = 16_000, 48_000
NAMES = {"ravdess": "RAVDESS clips", "crema-d": "CREMA-D clips (Opus copy)", "tess": "TESS clips"}
SETTINGS: dict[str, Any] = {
    "kind": "mel",
    "dataset": "ravdess",
    "audio": {
        "rate": RATE,
        "resampler": "HQ",
        "silence": {"trim_db": 40.0, "inner": False, "frame": 2048, "hop": 512},
        "normalise": "none",
        "rms_db": None,
        "seconds": 3.0,
        "fit": "centre",
    },
    "n_fft": 1024,
    "hop": 376,
    "bands": 128,
    "fmin": 0.0,
    "fmax": 8000.0,
    "top_db": 80.0,
    "height": 128,
    "width": 128,
    "channels": "grey",
    "colour_map": None,
    "scale": "clip",
    "augment": [],
}

T = TypeVar("T")
Work = Callable[[], object]


def settings(**changes: Any) -> MelViewSettings:
    return parse(MelViewSettings, {**SETTINGS, **changes})


def in_librosas_calls(path: Path) -> npt.NDArray[np.uint8]:
    """What one would write without a second thought."""
    wave, _ = librosa.load(path, sr=RATE)
    wave, _ = librosa.effects.trim(wave, top_db=40)
    start = max(0, (len(wave) - SIZE) // 2)
    wave = librosa.util.pad_center(wave[start : start + SIZE], size=SIZE)
    mel = librosa.feature.melspectrogram(y=wave, sr=RATE, n_fft=1024, hop_length=376, n_mels=128)
    db = librosa.power_to_db(mel, ref=np.max, top_db=80)
    levels: npt.NDArray[np.uint8] = np.rint((db + 80) * (255 / 80)).astype(np.uint8)
    return levels


def gather(folder: Path, corpus: str, count: int) -> tuple[list[Path], str]:
    """Recordings spread evenly over a corpus, or made-up ones; says what they are."""
    archive = Path(os.environ.get("SER_MIRROR", "")) / f"{corpus}.zip"
    if archive.is_file():
        with zipfile.ZipFile(archive) as content:
            names = sorted(n for n in content.namelist() if n.endswith((".flac", ".opus")))
            chosen = names[:: max(1, len(names) // count)][:count]
            return [Path(content.extract(name, folder)) for name in chosen], NAMES[corpus]
    print(f"no {corpus}.zip in SER_MIRROR: clips are made up")
    paths = []
    for number in range(count):
        rng = np.random.default_rng(number)
        time_axis = np.arange(round(3.7 * 48_000)) / 48_000
        loud = (time_axis > 0.8) & (time_axis < 2.9)
        hum = sum(np.sin(2 * np.pi * 140 * k * time_axis) / k for k in range(1, 30))
        wave = 0.1 * hum * loud + 1e-4 * rng.standard_normal(len(time_axis))
        paths.append(folder / f"{number:04}.flac")
        soundfile.write(paths[-1], wave, 48_000)
    return paths, "made-up clips"


def as_wav(paths: Iterable[Path], folder: Path) -> list[Path]:
    """The same samples in the format that RAVDESS is published in."""
    copies = []
    for number, path in enumerate(paths):
        samples, rate = soundfile.read(path, dtype="int16")
        copies.append(folder / f"{number:04}.wav")
        soundfile.write(copies[-1], samples, rate, subtype="PCM_16")
    return copies


def over(items: Sequence[T], call: Callable[[T], object]) -> Work:
    """A call for each item; what it gives is thrown away, as in a long run."""

    def work() -> None:
        for item in items:
            call(item)

    return work


def cpu(work: Work) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def per_clip(works: list[Work], clips: int, rounds: int) -> list[float]:
    """Milliseconds a clip of each, run in turns: its best round."""
    for work in works:
        work()
    found = [[cpu(work) for work in works] for _ in range(rounds)]
    return [1000 * min(times) / clips for times in zip(*found, strict=True)]


def whole_path(paths: list[Path], rounds: int) -> float:
    """The ratio; also says how far the two sides' images are apart."""
    renderer = Renderer(settings())
    apart = max(
        int(np.abs(in_librosas_calls(path).astype(int) - renderer.render(path)).max())
        for path in paths
    )
    theirs, ours = per_clip(
        [
            lambda: [in_librosas_calls(p) for p in paths],
            lambda: [renderer.render(p) for p in paths],
        ],
        len(paths),
        rounds,
    )
    print(f"librosa {theirs:.2f} ms a clip, ours {ours:.2f}: {1000 / ours:.0f} clips a core second")
    print(f"the two sides' images differ by {apart} of 255 grey levels at most")
    return theirs / ours


def stages(paths: list[Path], rounds: int) -> None:
    """Every stage beside its floor."""
    view, small = settings(), settings(height=64, width=64)
    picture, reduced = Spectrogram(view), Spectrogram(small)
    read = [audio.read(path) for path in paths]
    resampled = [audio.resample(wave, rate, RATE) for wave, rate in read]
    fitted = [audio.fit(audio.trim(wave, view.audio), SIZE, "centre") for wave in resampled]
    blocks = [wave[: len(wave) // 512 * 512].reshape(-1, 512) for wave in resampled]
    windows = [_windows(wave) for wave in fitted]
    powers = [picture.power(wave) + np.float32(1e-12) for wave in fitted]
    images = [decibels(power) for power in powers]
    tensors = [torch.from_numpy(image)[None, None] for image in images]

    def resize(image: torch.Tensor) -> None:
        torch.nn.functional.interpolate(image, size=(64, 64), mode="bilinear", antialias=True)

    def finish(power: npt.NDArray[np.float32]) -> None:
        db = decibels(power)
        to_grey(db, float(db.max()) - 80, float(db.max()))

    table: list[tuple[str, Work, str, Work]] = [
        (
            "decode",
            over(paths, audio.read),
            "soundfile.read",
            over(paths, lambda path: soundfile.read(path, dtype="float32")),
        ),
        (
            "resample",
            over(read, lambda one: audio.resample(*one, RATE)),
            "soxr.resample",
            over(read, lambda one: soxr.resample(*one, RATE, "HQ")),
        ),
        (
            "trim",
            over(resampled, lambda wave: audio.trim(wave, view.audio)),
            "sums of squares",
            over(blocks, lambda block: np.vecdot(block, block)),
        ),
        (
            "transform",
            over(fitted, picture.power),
            "torch.fft.rfft",
            over(windows, torch.fft.rfft),
        ),
        ("decibels, grey", over(powers, finish), "numpy.log10", over(powers, np.log10)),
        ("resize to 64", over(images, reduced.resized), "torch interpolate", over(tensors, resize)),
    ]
    print(f"{'stage':<16}{'ms':>6}   {'floor':<18}{'ms':>6}")
    for stage, ours, floor, bare in table:
        spent, least = per_clip([ours, bare], len(paths), rounds)
        print(f"{stage:<16}{spent:>6.2f}   {floor:<18}{least:>6.2f}")


def _windows(wave: npt.NDArray[np.float32]) -> torch.Tensor:
    padded = np.pad(wave, 512)
    return torch.from_numpy(np.lib.stride_tricks.sliding_window_view(padded, 1024)[::376].copy())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="40 clips and 3 rounds")
    parser.add_argument("--corpus", choices=sorted(NAMES), default="ravdess")
    options = parser.parse_args()
    torch.set_num_threads(1)
    count, rounds = (40, 3) if options.quick else (200, 7)
    lines = []
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        paths, what = gather(Path(folder), options.corpus, count)
        published = as_wav(paths, Path(folder))
        for files, form in ((paths, paths[0].suffix), (published, "16-bit .wav, as published")):
            print(f"{len(files)} {what}, {form}")
            ratio = whole_path(files, rounds)
            stages(files, rounds)
            lines.append(
                f"ratio {ratio:.2f} (ours against librosa, clips per core second, "
                f"{len(files)} {what}, {form})"
            )
    print("\n".join(lines))


if __name__ == "__main__":
    main()
