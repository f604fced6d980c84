"""What can be asked about identities: anchors, faces of one person, how a face is drawn, leaks, and a set written out.

As in `questions`: functions `(progress, **arguments)` that import engines and answer in plain data. `folder` holds a
trained generator, see `engines.synthesis.id3.kept`; a person is a number among the anchors asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

Progress = Callable[..., None]
SPHERE_POINTS = 60
"""Anchors drawn on the sphere of three dimensions, where they can be seen."""
LARGEST_SET = 20_000


def spread(progress: Progress, count: int, width: int, seed: int) -> dict[str, Any]:
    """Anchors before and after repulsion: `start` and `points` (P, 3) on the sphere that can be seen; in `width`
    dimensions the cosine of each of `count` to its nearest, `before` and `after`, and the `largest` of each round."""
    from engines.synthesis.id3 import anchors

    seen = anchors.tammes(min(count, SPHERE_POINTS), 3, seed, 200)
    whole = anchors.tammes(count, width, seed, heard=lambda share: progress(share, "pushing anchors apart"))
    return {
        "start": seen.start.numpy(), "points": seen.points.numpy(), "largest": np.array(whole.largest),
        "before": anchors.nearest_cosines(whole.start).numpy(), "after": anchors.nearest_cosines(whole.points).numpy(),
    }  # fmt: skip


def person_grid(
    progress: Progress, folder: str, source: str, person: int, seed: int, scale: float, yaws: Sequence[float],
    years: Sequence[float],
) -> dict[str, Any]:  # fmt: skip
    """One person at yaws by ages, from one noise: `images` (A * Y, S, S, 3), `wanted` and `read` (…, 4), `cosine`, and
    `off`, the cosine without guidance."""
    from engines.synthesis.id3.attributes import encode, grid

    model = _model(folder, _stamp(folder))
    wanted = grid(yaws, years)
    y = model.anchors(source, person + 1)[[person] * len(wanted)]
    found = {}
    for number, (name, strength) in enumerate((("on", scale), ("off", 0.0))):
        tell = lambda share, done=number: progress((done + share) / 2, "drawing")  # noqa: E731
        found[name] = _drawn(model, y, encode(wanted), [seed] * len(wanted), strength, tell)
    images, cosine, _ = found["on"]
    read = model.readers.read_arrays(images)
    seen = np.concatenate([read["pose"], read["years"][:, None]], 1)
    return {"images": images, "wanted": wanted, "read": seen, "cosine": cosine, "off": found["off"][1],
            "threshold": model.readers.threshold}  # fmt: skip


def face_steps(
    progress: Progress, folder: str, source: str, person: int, seed: int, scale: float, yaw: float, years: float,
    sampler: str, steps: int,
) -> dict[str, Any]:  # fmt: skip
    """How one face is drawn, guided and not, from one noise: by `on` and `off` the pictures `noisy` and `clean`
    (steps, S, S, 3), `cosine` and `push` of each step, `t`, and the `final` picture with its cosine."""
    from dataclasses import replace
    from time import monotonic

    import torch

    from engines.data.pixels import to_bytes
    from engines.synthesis.id3.attributes import encode
    from engines.synthesis.id3.sampling import Pace

    model = _model(folder, _stamp(folder))
    y, s = model.anchors(source, person + 1)[[person]], encode(np.array([[yaw, 0, 0, years]]))
    found: dict[str, Any] = {}
    for number, (name, strength) in enumerate((("on", scale), ("off", 0.0))):
        began, pull = monotonic(), replace(model.guidance, scale=strength)
        tell = lambda share, done=number: progress((done + share) / 2, "drawing")  # noqa: E731
        drawn = model.generator.draw(y, s, [seed], pull, Pace(sampler, steps, model.pace.precision), True, tell)
        trace = drawn.trace
        found[name] = {
            "t": np.array(trace.t), "noisy": to_bytes(torch.cat(trace.noisy)),
            "clean": to_bytes(torch.cat(trace.clean)),
            "cosine": torch.cat(trace.cosine).numpy(), "push": torch.cat(trace.push).numpy(),
            "final": to_bytes(drawn.images)[0], "reached": float(drawn.cosine), "seconds": monotonic() - began,
        }  # fmt: skip
    return found


def face_leaks(
    progress: Progress, folder: str, source: str, count: int, seed: int, scale: float, near: int = 3
) -> dict[str, Any]:
    """People drawn, a picture each, beside the training pictures nearest to them: `images` (N, S, S, 3), `nearest`
    (N, K, H, H, 3), `cosine` (N, K) image to image, `to_centre` and `centres` (N,) to the nearest class centre, of the
    picture and of the anchor, and `control`, cosines of trained strangers to each other's nearest."""
    from engines.synthesis import judge
    from engines.synthesis.id3.attributes import empirical, encode

    model = _model(folder, _stamp(folder))
    y = model.anchors(source, count)
    s = encode(empirical(model.attributes, count, seed))
    tell = lambda share: progress(share * 0.8, "drawing")  # noqa: E731
    images, _, _ = _drawn(model, y, s, [seed * 1000 + number for number in range(count)], scale, tell)
    own, centre = model.readers.read_arrays(images)["identity"], judge.centres(model.embedding, model.person)
    found = judge.leakage(own, judge.unit(model.embedding), near)
    progress(0.9, "finding the pictures")
    nearest = np.stack([_training_picture(model, int(index)) for index in found.index.ravel()])
    rng = np.random.default_rng(seed)
    some = rng.choice(len(model.embedding), min(500, len(model.embedding)), replace=False)
    others = model.embedding @ model.embedding[some].T
    others[model.person[:, None] == model.person[some][None]] = -1
    return {
        "images": images, "nearest": nearest.reshape(*found.index.shape, *nearest.shape[1:]), "cosine": found.cosine,
        "who": model.person[found.index], "to_centre": judge.leakage(own, centre, 1).cosine[:, 0],
        "centres": judge.leakage(y.numpy(), centre, 1).cosine[:, 0], "control": others.max(0),
        "threshold": model.readers.threshold,
    }  # fmt: skip


def write_identities(
    progress: Progress, folder: str, into: str, source: str, scale: float, order: Mapping[str, Any]
) -> dict[str, Any]:
    """Write a set of identities into the folder of exports, or go on with one; see `engines…id3.dataset`."""
    from dataclasses import replace

    from engines.errors import BadInput
    from engines.synthesis.id3 import dataset
    from workbench.exporting import named_folder

    asked = dataset.Order(**order)
    if len(asked) > LARGEST_SET:
        raise BadInput(f"A page writes up to {LARGEST_SET} pictures, not {len(asked)}; write more from Python.")
    model = _model(folder, _stamp(folder))
    wishes = dataset.asked(asked, model.anchors(source, asked.identities), model.attributes, model.space)
    return dataset.generate(
        named_folder(into), asked, wishes, model.generator, model.readers, replace(model.guidance, scale=scale),
        model.pace, {"anchors": source, "generator": model.card.sha256 if model.card else ""},
        heard=lambda share: progress(share, "drawing and writing"),
    )  # fmt: skip


@lru_cache(maxsize=2)
def _model(folder: str, stamp: int) -> Any:
    from engines.synthesis.id3 import kept

    return kept.load(Path(folder))


def _stamp(folder: str) -> int:
    """Changes when the file does."""
    path = Path(folder) / "id3.json"
    return path.stat().st_mtime_ns if path.is_file() else 0


def _drawn(model: Any, y: Any, s: Any, seeds: Sequence[int], scale: float, heard: Callable[[float], None]) -> Any:
    from dataclasses import replace

    from engines.synthesis.id3.sampling import draw_many

    return draw_many(model.generator, y, s, seeds, replace(model.guidance, scale=scale), model.pace, heard)


def _training_picture(model: Any, index: int) -> np.ndarray:
    """A picture that was trained on, rendered again, or read from its folder."""
    if "world" in model.origin:
        from engines.faceworld.photographs import WorldDataset, WorldSpec

        return np.asarray(WorldDataset(WorldSpec(**model.origin["world"]))[index]["image"])
    from PIL import Image

    from engines.data.images import read_image

    image = read_image(Path(model.origin["folder"]) / model.origin["files"][index])
    return np.asarray(Image.fromarray(image).resize((112, 112)))


QUESTIONS: dict[str, Callable[..., Any]] = {
    question.__name__: question for question in (spread, person_grid, face_steps, face_leaks, write_identities)
}
"""Name -> function."""
