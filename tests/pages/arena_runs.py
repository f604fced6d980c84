"""A run of the arena, written through the application's own journal."""

from typing import Any

import numpy as np

from engines import recipes
from tests.pages.sample_runs import BASELINES, LEVELS, SEEN
from workbench import runs, state
from workbench.files import to_json, write_atomic
from workbench.journal import FolderJournal
from workbench.processes import Identity
from workbench.runs import Run

DETECTORS = ("effort", "lora")
MEASURED = {
    "average_precision": 0.8, "eer": 0.2, "eer_nearest": 0.21, "accuracy_half": 0.72, "accuracy": 0.7,
    "accuracy_real": 0.6, "accuracy_fake": 0.74,
}  # fmt: skip
KINDS = ("jpeg", "blur", "contrast", "block", "resize")


def arena_run(target: str = "done", detectors: int = 2, crossed: bool = False) -> Run:
    """A run that stands in state `target` and has measured so many detectors; undamaged pictures alone unless done.

    Args:
        crossed: whether the two were trained on a family each.
    """
    config = recipes.get("arena").configure("demo")
    run = runs.create("arena", "demo", config.model_dump(mode="json"))
    state.move(run.folder, {"queued"}, "running", process=Identity.of(), device="cpu", attempt=1)
    journal = FolderJournal(run.folder)
    journal.phase("scores-0", 0.5, "effort")
    _tables(journal, DETECTORS[:detectors], target == "done")
    if crossed:
        journal.table("matrix", [
            _auc(name, family, 0.9 if family == own else 0.6, family == own)
            for name, own in zip(DETECTORS, ("swap", "xray"), strict=True)
            for family in ("mouth", "swap", "xray")
        ])  # fmt: skip
    journal.close()
    if target == "done":
        write_atomic(run.folder / "result.json", to_json({"data": "face world", "matrix": run.tables("matrix")}))
    if target != "running":
        state.conclude(run.folder, target)
    return run


def _tables(journal: FolderJournal, names: tuple[str, ...], damaged: bool) -> None:
    origin = {"tower": "dinov2-s6", "trained_on": "face world", "seed": 0, "threshold": 0.6}
    journal.table("detectors", [{"detector": name, **origin} for name in DETECTORS])
    journal.table("matrix", [_auc("sharpness", family, value, False) for family, value in BASELINES.items()])
    if not names:
        return
    rows = [_auc(name, family, LEVELS[family], seen) for name in names for family, seen in SEEN.items()]
    journal.table("matrix", [_auc("sharpness", family, value, False) for family, value in BASELINES.items()] + rows)
    pairs = [("sharpness", name) for name in names]
    journal.table("paired", [_paired(*pair, pool) for pair in pairs for pool in ("seen families", "unseen families")])
    number: dict[str, Any] = {"seed": 0, "level": "picture", "auc": 0.81, "low": 0.79, "high": 0.83}
    for key, value in MEASURED.items():
        number |= {key: value, f"{key}_low": value - 0.02, f"{key}_high": value + 0.02}
    journal.table("metrics", [{"detector": n, **number} for n in names])
    bins = np.linspace(0.05, 0.95, 10)
    rows = [
        {"detector": n, "bin": i + 1, "count": 57, "predicted": p, "observed": p * 0.9, "low": p * 0.8, "high": p}
        for n in names for i, p in enumerate(bins.tolist())
    ]  # fmt: skip
    journal.table("calibration", rows)
    journal.table("ece", [{"detector": n, "ece": 0.05, "low": 0.04, "high": 0.09} for n in names])
    for place, name in enumerate(names):
        journal.array(f"errors-{place}", **_errors(name))
    if damaged:
        journal.table("robustness", [row for name in names for row in _damaged(name)])


def _auc(detector: str, family: str, value: float, seen: bool) -> dict[str, Any]:
    counts = {"reals": 286, "fakes": 79, "pictures": 365}
    return {"detector": detector, "seed": 0, "family": family, "seen": seen, **counts, "auc": value,
            "low": value - 0.04, "high": min(1.0, value + 0.03)}  # fmt: skip


def _paired(first: str, second: str, pool: str) -> dict[str, Any]:
    interval = {"difference": -0.12, "low": -0.16, "high": -0.07}
    return {"first": first, "second": second, "families": pool, **interval, "seeds": 1}


def _damaged(name: str) -> list[dict[str, Any]]:
    levels = [("none", 0), *((kind, severity) for kind in KINDS for severity in range(1, 6))]
    values = [(kind, severity, 0.8 - 0.04 * severity) for kind, severity in levels]
    return [
        {"detector": name, "kind": k, "severity": s, "auc": v, "low": v - 0.06, "high": v + 0.06} for k, s, v in values
    ]


def _errors(name: str) -> dict[str, np.ndarray]:
    family = np.array(["real", "real", "swap", "swap", "reenact"])
    pictures = np.random.default_rng(0).integers(0, 255, (5, 72, 72, 3)).astype(np.uint8)
    score = np.array([0.9, 0.7, 0.1, 0.3, 0.2])
    return {"detector": np.array(name), "pictures": pictures, "score": score, "family": family,
            "label": (family != "real").astype(int), "index": np.arange(5)}  # fmt: skip
