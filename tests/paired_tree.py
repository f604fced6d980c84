"""FaceForensics++ as people have it: the official folders, names and split files, with frames that can be looked at."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

PAIRS = {"train": ("000", "003"), "val": ("001", "870"), "test": ("002", "894")}
METHODS = ("Deepfakes", "FaceSwap")


def faceforensics(root: Path, frames: int = 3, side_px: int = 64) -> Path:
    """A pair of people for each part; a forged frame is its target's with a square of its source's face."""
    root.mkdir(parents=True)
    for split, pair in PAIRS.items():
        (root / f"{split}.json").write_text(json.dumps([pair]))
        shown = {name: [_face(name, number, side_px) for number in range(frames)] for name in pair}
        for name, pictures in shown.items():
            _save(root / "original_sequences/youtube/c23/frames" / name, pictures)
        for target, source in (pair, pair[::-1]):
            for place, method in enumerate(METHODS):
                made = [_swapped(*both, place) for both in zip(shown[target], shown[source], strict=True)]
                _save(root / "manipulated_sequences" / method / "c23/frames" / f"{target}_{source}", made)
    return root


def _face(name: str, number: int, side_px: int) -> np.ndarray:
    """A smooth picture of its own for each person, a little other in each frame."""
    rng = np.random.default_rng(int(name))
    coarse = rng.integers(20, 235, (6, 6, 3)) + np.random.default_rng(number).integers(-8, 9, (6, 6, 3))
    picture = Image.fromarray(coarse.clip(0, 255).astype(np.uint8))
    return np.asarray(picture.resize((side_px, side_px), Image.Resampling.BICUBIC))


def _swapped(target: np.ndarray, source: np.ndarray, place: int) -> np.ndarray:
    quarter, made = len(target) // 4, target.copy()
    middle = slice(quarter + 2 * place, 3 * quarter)
    made[middle, middle] = source[middle, middle]
    return made


def _save(folder: Path, pictures: list[np.ndarray]) -> None:
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{number:03d}.png")
