"""Run folders with content, written through the application's own modules, for pages that need something to show."""

from typing import Any

import numpy as np

from engines import recipes
from workbench import runs, state
from workbench.files import to_json, write_atomic
from workbench.journal import FolderJournal
from workbench.processes import Identity
from workbench.runs import Run

LAYERS, WIDTH, STEPS = 6, 384, 150
NAMES = [f"blocks.{layer}.{projection}" for layer in range(LAYERS) for projection in ("q", "k", "v", "out")]
SEEN = {"swap": True, "selfblend": True, "reenact": False, "upsample": False, "autoencoder": False}
FAMILIES = tuple(SEEN)
SEEN |= {"seen families": True, "unseen families": False}
LEVELS = {"swap": 0.81, "selfblend": 0.80, "reenact": 0.56, "upsample": 0.84, "autoencoder": 0.94}
LEVELS |= {"seen families": 0.805, "unseen families": 0.78}
BASELINES = {"swap": 0.67, "selfblend": 0.55, "reenact": 0.53, "upsample": 0.84, "autoencoder": 0.93}
METHODS = ("effort", "effort:rank=8", "lora", "full")


def sample_run(target: str = "done", preset: str = "demo", steps: int = STEPS, seed: int = 0, **overrides: Any) -> Run:
    """A run of Effort that ended in (or stands in) state `target`, with curves up to `steps`."""
    config = recipes.get("effort").configure(preset, {"methods": METHODS, "seed": seed, **overrides})
    run = runs.create("effort", preset, config.model_dump(mode="json"))
    if target in ("queued", "cancelled"):
        if target == "cancelled":
            state.move(run.folder, {"queued"}, "cancelled", reason="Stopped by you before its turn came.")
        return run
    state.move(run.folder, {"queued"}, "running", process=Identity.of(), device="cpu", attempt=1)
    journal = FolderJournal(run.folder)
    journal.phase("training", 0.0, "effort, seed 0")
    _curves(journal, steps, np.random.default_rng(seed))
    journal.phase("training", steps / STEPS, "effort, seed 0")
    if target == "done":
        _artifacts(journal, np.random.default_rng(seed + 1))
    journal.close()
    _end(run, target)
    return run


def _end(run: Run, target: str) -> None:
    if target == "done":
        write_atomic(run.folder / "result.json", to_json({"data": "face world", "auc": run.tables("auc")}))
        state.conclude(run.folder, "done")
    elif target == "interrupted":
        state.conclude(run.folder, "interrupted", reason="Stopped by you at step 60; resume goes on from there.")
    elif target == "failed":
        detail = "RuntimeError: out of memory\n  while a batch of 4096 was put on the device"
        state.conclude(run.folder, "failed", reason="It ran out of memory; use a smaller batch.", detail=detail)


def _curves(journal: FolderJournal, steps: int, rng: np.random.Generator) -> None:
    for step in range(1, steps + 1):
        noise = rng.normal(0, 0.04, 2)
        real, fake = 0.55 * np.exp(-step / 160) + 0.12, 0.6 * np.exp(-step / 45) + 0.05
        losses = {"loss/real": real + noise[0], "loss/fake": max(0.01, fake + noise[1]), "lr": 1e-3}
        journal.metric(step, **losses, **{"reg/orth": 1e-4 * step, "reg/ksv": 2e-3 * np.log1p(step)})


def _artifacts(journal: FolderJournal, rng: np.random.Generator) -> None:
    runs_of = [(method, seed) for method in ("probe", *METHODS) for seed in (0, 1, 2)]
    journal.table("auc", [_auc(*one, family, rng) for one in runs_of for family in SEEN])
    journal.table("baselines", [_interval({"name": "sharpness", "family": f}, a) for f, a in BASELINES.items()])
    pairs = [
        ("effort:rank=8", "effort", 0.013, 0.007),
        ("lora", "effort", 0.021, 0.008),
        ("full", "lora", -0.001, 0.015),
    ]
    journal.table("paired", [_paired(*pair, pool) for pair in pairs for pool in ("seen families", "unseen families")])
    values = np.sort(np.exp(rng.normal(-1.6, 0.9, (len(NAMES), WIDTH))), axis=1)[:, ::-1].copy()
    values[:, -4:] *= np.array([0.3, 0.1, 0.03, 0.004])
    journal.array("spectra", names=np.array(NAMES), values=values, after=values * 1.001)
    for stage, size in (("track", 1.0), ("track-effort-rank8", 6.0), ("track-lora", 0.0)):
        journal.array(stage, **_track(rng, size))
    journal.array("inert", **_inert(values, rng))
    moved = {"effort": 2e-6, "effort:rank=8": 4e-5, "lora": 8e-4, "full": 2e-3}
    steps = range(0, STEPS + 1, 5)
    rows = [{"method": m, "step": s, "moved": v * np.sqrt(s / STEPS)} for m, v in moved.items() for s in steps]
    journal.table("movement", rows)
    journal.array("features", **_features(rng))
    journal.array("attention", **_attention(rng))


def _auc(method: str, seed: int, family: str, rng: np.random.Generator) -> dict[str, Any]:
    lift = {"probe": 0.0, "effort": 0.003, "effort:rank=8": 0.015, "lora": 0.03, "full": 0.028}[method]
    value = LEVELS[family] + lift * SEEN[family] + rng.normal(0, 0.004)
    row = {"method": method, "seed": seed, "family": family, "seen": SEEN[family], "fakes": 150, "reals": 300}
    return _interval(row, float(min(0.99, value)))


def _interval(row: dict[str, Any], value: float) -> dict[str, Any]:
    return {**row, "auc": value, "low": value - 0.025, "high": min(1.0, value + 0.022)}


def _paired(first: str, second: str, difference: float, half: float, pool: str) -> dict[str, Any]:
    interval = {"difference": difference, "low": difference - half, "high": difference + half}
    return {"first": first, "second": second, "families": pool, **interval, "seeds": 3}


def _track(rng: np.random.Generator, size: float) -> dict[str, np.ndarray]:
    points = np.arange(0, STEPS + 1, 3)
    grow = np.sqrt(points / STEPS)[:, None]
    shape = (len(points), len(NAMES))
    angle = size * grow * rng.uniform(0.5, 2.0, shape[1]) + (size > 0) * np.abs(rng.normal(0, 0.02, shape)) * grow
    scale = size * 1e-4 * (1 + grow * rng.uniform(0, 2, shape[1]))
    return {
        "step": points,
        "names": np.array(NAMES),
        "angle_u_deg": angle,
        "angle_v_deg": angle * 0.7,
        "scale": scale,
        "moved": scale * grow,
    }


def _inert(values: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    variants = ["effort", "effort:scale_lr=30", "effort:rank=8", "effort:floor=0.05"]
    scales = np.stack([values[:, -1], values[:, -1], values[:, -8:].mean(1), np.full(len(NAMES), 0.051)])
    gradients = scales * rng.uniform(0.01, 0.03, scales.shape)
    return {
        "names": np.array(NAMES), "smallest": values[:, -8:], "dense": rng.uniform(0.02, 0.1, len(NAMES)),
        "variants": np.array(variants), "start_scale": scales, "grad_u": gradients,
        "grad_s": gradients / scales, "grad_v": gradients,
    }  # fmt: skip


def _features(rng: np.random.Generator) -> dict[str, np.ndarray]:
    family = np.array(["real"] * 180 + [name for name in FAMILIES for _ in range(80)])
    centres = {"real": 0.0, "swap": 1.6, "selfblend": 1.5, "reenact": 0.2, "upsample": 1.3, "autoencoder": 2.2}
    rows = rng.normal(0, 1, (len(family), 64)) * np.exp(-np.arange(64) / 12)
    rows[:, 0] += np.array([centres[name] for name in family])
    return {
        "before": rows.astype(np.float16),
        "after": (rows * 1.1).astype(np.float16),
        "family": family,
        "label": (family != "real").astype(int),
    }


def _attention(rng: np.random.Generator) -> dict[str, np.ndarray]:
    family = np.array([name for name in ("real", *FAMILIES) for _ in range(2)])
    side, grid = 98, 7
    y, x = np.mgrid[0:side, 0:side] / side
    face = np.exp(-(((x - 0.5) / 0.3) ** 2 + ((y - 0.5) / 0.4) ** 2) * 1.5)
    tints = rng.uniform(120, 240, (len(family), 1, 1, 3))
    images = (face[None, ..., None] * tints + 25).clip(0, 255).astype(np.uint8)
    maps = {
        name: np.exp(rng.normal(0, 0.6, (len(family), grid, grid)))
        for name in ("before", "whole", "principal", "residual")
    }
    return {"images": images, "family": family, **maps}
