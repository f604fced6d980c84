"""Data sets of noise in the real layouts: CIFAR-100's pickles, and folders of classes."""

import pickle
from pathlib import Path

import numpy as np
from PIL import Image


def write_cifar(root: Path, classes: int, train: int, test: int) -> np.ndarray:
    """`cifar-100-python` with so many pictures of each class; returns the training rows (N, 3072)."""
    folder, rng = root / "cifar-100-python", np.random.default_rng(0)
    folder.mkdir(parents=True)
    kept = {}
    for split, count in (("train", train), ("test", test)):
        labels = [k for _ in range(count) for k in range(classes)]
        kept[split] = rng.integers(0, 256, (len(labels), 3072)).astype(np.uint8)
        content = {
            b"filenames": [f"{n}.png".encode() for n in range(len(labels))], b"batch_label": split.encode(),
            b"fine_labels": labels, b"coarse_labels": [0] * len(labels), b"data": kept[split],
        }  # fmt: skip
        (folder / split).write_bytes(pickle.dumps(content, protocol=2))
    names = {b"fine_label_names": [f"class {k}".encode() for k in range(classes)], b"coarse_label_names": [b"all"]}
    (folder / "meta").write_bytes(pickle.dumps(names, protocol=2))
    return kept["train"]


def write_folders(root: Path, classes: int, train: int, val: int) -> None:
    """`train/WNID/*.JPEG` and `val/WNID/*.JPEG`."""
    rng = np.random.default_rng(0)
    for split, count in (("train", train), ("val", val)):
        for k in range(classes):
            folder = root / split / f"n{k:08d}"
            folder.mkdir(parents=True)
            for n in range(count):
                Image.fromarray(rng.integers(0, 256, (40, 52, 3)).astype(np.uint8)).save(folder / f"{n}.JPEG", "JPEG")
