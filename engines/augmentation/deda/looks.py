"""What a method shows a classifier: how faithful, how diverse, how long it takes; and what classifiers look at.

Fidelity is the probability that the judge, vanilla's classifier of the same setting, gives the label of a sample. The
judge knows what vanilla knows: where places give classes away it marks a changed place as unfaithful. Diversity is the
Vendi score of features of the bundled tower within a class, mean over classes, with PSNR to the source beside it, the
paper's measure, which any shift of a pixel already moves.
"""

import time
from functools import cache
from typing import Any

import numpy as np
import torch
from scipy.special import softmax
from torch import Tensor

from engines.augmentation import measure
from engines.augmentation.classifier import Classifier
from engines.augmentation.deda.data import Setting
from engines.augmentation.deda.filters import Judge
from engines.augmentation.deda.recipe import DEDA, VANILLA, DedaConfig
from engines.augmentation.stream import Pictures, Stream, centre
from engines.backbones import towers
from engines.data.pixels import to_bytes, to_unit
from engines.training.journal import Journal
from engines.training.sampling import hash_seed

SHOWN, CAMS, TIMED, PASSES = 8, 8, 64, 3
PART = 32


def scattered(stream: Stream, judge: Judge, config: DedaConfig) -> tuple[dict[str, float], np.ndarray]:
    """Fidelity, diversity and PSNR of `judged` samples, the same pictures for every method; and the first of them."""
    rng = np.random.default_rng([config.seed, 0x5CA])
    order = rng.permutation(np.resize(np.arange(len(stream)), config.judged))
    items = [(int(index), hash_seed(config.seed, place)) for place, index in enumerate(order)]
    batches = [stream.__getitems__(items[start : start + PART]) for start in range(0, len(items), PART)]
    images, targets = (torch.cat([batch[key] for batch in batches]) for key in ("images", "targets"))
    pictures = to_bytes(images)
    sources = np.stack([centre(stream.pictures[index], stream.size_px) for index, _ in items])
    said = softmax(_judged(judge, pictures, config), axis=1)
    values = {
        "fidelity": float((said * targets.numpy()).sum(1).mean()),
        "diversity": _diversity(images, stream.pictures.labels[order]),
        "psnr_db": measure.psnr(pictures, sources),
        "samples": len(pictures),
    }
    return values, pictures[:SHOWN]


def _judged(judge: Judge, pictures: np.ndarray, config: DedaConfig) -> np.ndarray:
    """The judge takes pictures of the canvas's size: the crop is put back into one."""
    gap = config.canvas_px - config.size_px
    before, after = gap // 2, gap - gap // 2
    return judge(np.pad(pictures, ((0, 0), (before, after), (before, after), (0, 0)), mode="edge"))


@cache
def _tower() -> towers.Tower:
    return towers.build(towers.DEFAULT)


@torch.inference_mode()
def _diversity(images: Tensor, labels: np.ndarray) -> float:
    tower = _tower()
    side = max(tower.patch_px * 5, 70 // tower.patch_px * tower.patch_px)
    small = torch.nn.functional.interpolate(images, (side, side), mode="bilinear", antialias=True)
    features = torch.cat([tower(part).pooled for part in small.split(PART)]).numpy()
    return float(np.mean([measure.vendi(features[labels == k]) for k in np.unique(labels)]))


def online_ms(stream: Stream, config: DedaConfig) -> float:
    """Milliseconds of one core that a sample takes, mixing included, with the pictures seen before in memory."""
    items = [(place % len(stream), hash_seed(1, place)) for place in range(TIMED)]
    parts = [items[start : start + config.batch] for start in range(0, TIMED, config.batch)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        spent = []
        for _ in range(PASSES):
            began = time.process_time()
            for part in parts:
                stream.__getitems__(part)
            spent.append(time.process_time() - began)
    finally:
        torch.set_num_threads(threads)
    return float(min(spent) / TIMED * 1000)


@torch.inference_mode()
def cams(
    journal: Journal, setting: Setting, test: Pictures, classifiers: dict[str, Classifier], config: DedaConfig
) -> None:
    """Array `cams-SETTING`: pictures (K, S, S, 3), maps (K, h, w) and guesses (K,) by method; away from home first."""
    models = {name: classifiers.get(f"{setting.name}-{name}") for name in (VANILLA, DEDA)}
    groups, labels = setting.test.groups, setting.test.labels
    away = np.array([group.endswith("away") for group in groups])
    rng = np.random.default_rng([config.seed, 0xCA])
    chosen = np.concatenate([rng.permutation(np.flatnonzero(away)), rng.permutation(np.flatnonzero(~away))])[:CAMS]
    pictures = np.stack([centre(test[int(index)], config.size_px) for index in chosen])
    arrays: dict[str, Any] = {"pictures": pictures, "labels": labels[chosen], "groups": groups[chosen]}
    for name, model in models.items():
        if model is not None:
            arrays[f"map-{name}"] = model.cpu().cam(to_unit(pictures), torch.from_numpy(labels[chosen])).numpy()
            arrays[f"guess-{name}"] = model(to_unit(pictures)).argmax(1).numpy()
    journal.array(f"cams-{setting.name}", **arrays)
