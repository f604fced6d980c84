"""What can be asked about the insides of detectors: attention, maps for a target, feature maps, two side by side.

As in `questions`: functions `(progress, **arguments)` that import engines and answer in plain data. A detector is named
as `engines.detection` names it: a bundled one by its name, one of a run by its folder, which the page looks up.
"""

import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from engines.errors import BadInput
from workbench.finite import finite, sound

Progress = Callable[..., None]
FIRST = "; the first one compiles its code, which takes about ten seconds more"
"""What is said of the wait for the first map that UMAP makes in a process."""


LEAST = 8
"""Pictures that a set has at least: each has its neighbours, and a probe its directions."""


def subject(progress: Progress, family: str, seed: int) -> dict[str, Any]:
    """A forgery of the face world and the photographs behind it: `forged`, `real` (the target before it was forged)
    and `source`, (112, 112, 3) uint8 RGB; `known`, its Q*."""
    from engines.faceworld.dataset import ForgerySpec

    progress(None, "forging")
    row = ForgerySpec("val", (family,), 12, reals=0, fakes_per_family=1, seed=seed, partners=True).row(0)[0]
    return {"forged": row["images"], "real": row["targets"], "source": row["sources"], "known": float(row["quality"])}


def attend(_: Progress, crop: np.ndarray, detector: str) -> dict[str, Any]:
    """Where each head of each block looks, on an aligned face (112, 112, 3).

    Returns:
        `face` (S, S, 3) uint8, what the detector saw; `maps` (L, heads, h, w) from the class token; `entropy` (L,
        heads) in bits, and `bits`, the most there can be; `rollout` and `weighted` (h, w), the latter for the logit;
        `logit`; `projections`, names of the attention weights.
    """
    import torch

    from engines.analysis import attention

    model, seen, images = _prepared(crop, detector)
    with torch.no_grad():
        layers = model.tower.attention(images)
        logit = float(model(images))
    steep = attention.gradients(model.tower, model, images)
    tokens = layers[0].shape[-1]
    maps = np.stack([attention.class_maps(layer)[0].numpy() for layer in layers])
    finite(detector, attention=maps, logit=logit)
    return {
        "face": seen,
        "maps": maps,
        "entropy": np.stack([attention.entropy(layer)[0].numpy() for layer in layers]),
        "bits": float(np.log2(tokens)),
        "rollout": attention.rollout_map(layers)[0].numpy(),
        "weighted": attention.weighted_rollout_map(layers, steep)[0].numpy(),
        "logit": logit,
        "projections": list(model.tower.projections()),
    }


def attribute(
    progress: Progress,
    crop: np.ndarray,
    detector: str,
    method: str,
    target: str,
    other: np.ndarray | None = None,
    projection: str = "",
    direction: int = 0,
) -> dict[str, Any]:
    """A map for a target, its control, and what it is worth.

    Args:
        target: "forged", the detector's logit; "likeness", the cosine of the identity reader's embeddings of this face
            and of `other` (112, 112, 3); "direction", the answer of one singular direction of an attention weight.

    Returns:
        As `questions.explain`, and `value`, the target's number on the whole picture.
    """
    import torch

    from engines.analysis import attribution

    progress(None, "the map, its control and the deletion test")
    model, seen, images = _target(crop, detector, target, other, projection, direction)
    found = attribution.explain(model, images, method)
    with torch.no_grad():
        value = float(model(images))
    finite(detector, answer=value, map=found.map)
    names = ("map", "control", "deletion", "insertion", "control_deletion", "random")
    curves = {name: getattr(found, name)[0] for name in names}
    worth = {"significant": found.significant[0], "words": found.words[0], "method": method, "value": value}
    return {"face": seen, "covered": found.covered, **curves, **worth}


def embed(
    progress: Progress, detector: str, layout: str, data: str, near: int, seed: int, later: bool
) -> dict[str, Any]:
    """The gallery in the feature space of a detector.

    Args:
        layout: "PCA" or "UMAP". near: neighbours that UMAP keeps near. seed: of its layout.
        later: fit on reals and the families trained on alone, and put the others in afterwards.

    Returns:
        `points` (N, 2), `explained` of PCA's axes, `shown` (N,) which pictures, and, for those, what
        `gallery.described` knows, `seen` whether its family was trained on, `logit`, `thumbs`, `neighbours` and
        `similarity` (N, 8); `words`, how many of how many.
    """
    from engines.analysis.embedding import project
    from engines.analysis.neighbours import nearest, umap_map
    from engines.detection import gallery

    samples, found, trained = _looked_at(progress, detector, data)
    known = gallery.described(samples)
    seen = np.isin(known["family"], ["real", *trained]) if trained else np.ones(len(samples), bool)
    fit = seen if later and seen.any() and not seen.all() else np.ones(len(samples), bool)
    compiles = layout == "UMAP" and "umap" not in sys.modules
    progress(None, f"{layout} of {int(fit.sum())} pictures{FIRST if compiles else ''}")
    points, explained, words = np.zeros((len(samples), 2), np.float32), [], f"all {len(samples)} pictures"
    shown = np.arange(len(samples))
    if layout == "PCA":
        axes = project(found.features[fit], 2)
        points, explained = axes(found.features).astype(np.float32), axes.explained.tolist()
    else:
        placed = umap_map(found.features[fit], known["family"][fit], near=near, seed=seed)
        rows = np.flatnonzero(fit)[placed.chosen]
        points[rows], words = placed.points, placed.words
        if not fit.all():
            points[~fit] = placed(found.features[~fit])
        shown = np.sort(np.concatenate([rows, np.flatnonzero(~fit)]))
    places, similarity = nearest(found.features[shown], found.features[shown], min(9, len(shown)))
    return {
        "points": points[shown], "explained": explained, "shown": shown, "words": words, "fitted": fit[shown],
        "seen": seen[shown], "logit": found.logits[shown], "thumbs": _thumbs(data, samples)[shown],
        "neighbours": places[:, 1:], "similarity": similarity[:, 1:], "trained": trained,
        **{name: values[shown] for name, values in known.items()},
    }  # fmt: skip


def erase(progress: Progress, detector: str, data: str, order: str) -> list[dict[str, float]]:
    """AUC of a probe as principal directions of the features are removed, see `analysis.erasure`."""
    from engines.analysis.erasure import auc_without
    from engines.detection import gallery

    samples, found, _ = _looked_at(progress, detector, data)
    known = gallery.described(samples)
    most = min(found.features.shape[1], len(samples) * 3 // 4 - 1)
    counts = sorted({0, *(int(count) for count in np.geomspace(1, most - 1, 14))})
    progress(None, "probes with directions removed")
    return auc_without(found.features, known["label"], known["person"].tolist(), counts, order=order)  # type: ignore[arg-type]


def compare(progress: Progress, first: str, second: str, data: str) -> dict[str, Any]:
    """Two detectors on the gallery.

    Returns:
        `first`, `second` (N,) P(forged); what `gallery.described` knows; `thumbs`; `rows`, the differences by family;
        `angles` between corresponding attention weights, empty where they do not correspond.
    """
    from engines.detection import gallery, side_by_side

    samples, one, _ = _looked_at(progress, first, data)
    _, other, _ = _looked_at(progress, second, data)
    known = gallery.described(samples)
    progress(None, "differences and angles")
    models = [_detector(name) for name in (first, second)]
    probability = [model.calibration(seen.logits) for model, seen in zip(models, (one, other), strict=True)]
    return {
        "first": probability[0], "second": probability[1], **known, "thumbs": _thumbs(data, samples),
        "rows": side_by_side.differences(one.logits, other.logits, known["label"], known["family"], known["person"]),
        "angles": side_by_side.weight_angles(*models),
    }  # fmt: skip


def difference(progress: Progress, first: str, second: str, data: str, place: int, method: str) -> dict[str, Any]:
    """Where two detectors look on one picture of the gallery: `face` (S, S, 3), `first` and `second` (S, S) maps, each
    in units of its own largest value, `logits`, and whether each map is `significant`, with `words`."""
    from engines.data.pixels import to_bytes

    samples, _, _ = _looked_at(progress, first, data)
    crop = to_bytes(samples.centre([place]))[0]
    found = [_explained(progress, crop, name, method) for name in (first, second)]
    maps = [one.map[0] / max(float(np.abs(one.map[0]).max()), 1e-12) for one in found]
    return {
        "face": crop, "first": maps[0], "second": maps[1], "significant": [one.significant[0] for one in found],
        "words": [one.words[0] for one in found],
    }  # fmt: skip


def _explained(progress: Progress, crop: np.ndarray, name: str, method: str) -> Any:
    from engines.analysis.attribution import explain

    progress(None, f"the map of {Path(name).name}")
    _, _, images = _prepared(crop, name)
    found = explain(_detector(name).logit_model(), images, method)
    finite(name, map=found.map)
    return found


def _target(
    crop: np.ndarray, detector: str, target: str, other: np.ndarray | None, projection: str, direction: int
) -> tuple[Any, np.ndarray, Any]:
    """The module to explain, the picture as it saw it, and its batch."""
    from engines.analysis.targets import Component, Likeness
    from engines.data.pixels import to_unit
    from engines.detection.methods import tuned_weights

    if target == "likeness":
        if other is None:
            raise BadInput("Likeness needs a second face to compare with; bring one.")
        return Likeness(_identity(), to_unit(other[None])), crop, to_unit(crop[None])
    model, seen, images = _prepared(crop, detector)
    if target == "direction":
        weights = tuned_weights(model.tower)
        if projection not in weights:
            raise BadInput(_no_weight(projection, list(weights)))
        finite(detector, **{f"weight {projection}": weights[projection].detach().cpu()})
        return Component(model.tower, projection, weights[projection], direction), seen, images
    return model.logit_model(), seen, images


def _no_weight(projection: str, there: list[str]) -> str:
    """Why a direction cannot be explained, "blocks.11.v" being weight v of block 12."""
    if not there:
        return "This detector is no transformer and has no attention weights; explain its logit instead."
    _, block, part = projection.split(".")
    last = max(int(name.split(".")[1]) for name in there) + 1
    return (
        f"This detector has no weight {part} in block {int(block) + 1}; its blocks are 1 to {last}. Choose one of them."
    )


def _prepared(crop: np.ndarray, detector: str) -> tuple[Any, np.ndarray, Any]:
    from engines.data.pixels import to_unit
    from engines.detection.samples import centre_crop

    model = _detector(detector)
    seen = centre_crop(crop[None], min(model.crop_px, crop.shape[0]))
    return model, seen[0], to_unit(seen)


@lru_cache(maxsize=1)
def _identity() -> Any:
    from engines.backbones.readers import Readers

    return Readers.load().identity


@lru_cache(maxsize=4)
def _loaded(name: str, _changed: float) -> Any:
    from engines.detection.arena.roster import roster

    model = roster([name])[0].load("cpu")
    sound(model, name)
    return model


def _detector(name: str) -> Any:
    """A detector by name or folder, read again when its folder has changed."""
    folder = Path(name)
    return _loaded(name, folder.stat().st_mtime if folder.is_dir() else 0.0)


def _looked_at(progress: Progress, detector: str, data: str) -> tuple[Any, Any, list[str]]:
    """The gallery, what the detector makes of it (kept for the next question), and the families it was trained on."""
    from engines.detection import gallery
    from engines.detection.arena.roster import roster
    from engines.detection.data import WORLD_LABEL

    model = _detector(detector)
    samples = gallery.gallery(data, model.crop_px, progress)
    if len(samples) < LEAST:
        raise BadInput(f"This data has {len(samples)} pictures to look at; {LEAST} or more are needed. Bring more.")
    key = (detector, data)
    if key not in _SEEN:
        if len(_SEEN) >= _KEPT:
            _SEEN.pop(next(iter(_SEEN)))
        found = gallery.looked_at(model, samples, progress)
        finite(detector, logits=found.logits, features=found.features)
        _SEEN[key] = found
    trained = roster([detector])[0].seen(WORLD_LABEL) if data == gallery.WORLD else []
    return samples, _SEEN[key], trained


def _thumbs(data: str, samples: Any) -> np.ndarray:
    from engines.detection import gallery

    if data not in _THUMBS:
        _THUMBS.clear()
        _THUMBS[data] = gallery.thumbnails(samples)
    return _THUMBS[data]


_KEPT = 6
_SEEN: dict[tuple[str, str], Any] = {}
_THUMBS: dict[str, np.ndarray] = {}

QUESTIONS: Mapping[str, Callable[..., Any]] = {
    "subject": subject,
    "attend": attend,
    "attribute": attribute,
    "embed": embed,
    "erase": erase,
    "compare": compare,
    "difference": difference,
}
"""Name -> function."""
