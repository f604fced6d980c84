"""A run of the recipe `diffusionfake` with what it leaves, for the Reconstruction page."""

from typing import Any

import numpy as np

from engines import recipes
from workbench import runs, state
from workbench.files import to_json, write_atomic
from workbench.journal import FolderJournal
from workbench.processes import Identity
from workbench.runs import Run

FAMILIES, SEEDS, SIDE_PX = ("mouth", "real", "swap"), 2, 32
BRANCHES = ("source", "target")


def guided_run(methods: tuple[str, ...] = ("diffusionfake", "plain", "shuffled"), target: str = "done") -> Run:
    """A run in a state; one that is queued has nothing yet."""
    config = recipes.get("diffusionfake").configure("tiny", {"methods": methods})
    run = runs.create("diffusionfake", "tiny", config.model_dump(mode="json"))
    if target == "queued":
        return run
    state.move(run.folder, {"queued"}, "running", process=Identity.of(), device="cpu", attempt=1)
    journal, guided = FolderJournal(run.folder), [name for name in methods if name != "plain"]
    for number, name in enumerate(guided):
        for kind, arrays in (("leaning", _leaning(number)), ("rebuilt", _rebuilt(number))):
            journal.array(f"{kind}-{name}" if number else kind, **arrays)
    journal.table("leaning", [_row(name, family) for name in guided for family in FAMILIES])
    journal.table("rebuilt", [
        {"method": name, "seed": seed, "branch": branch, "pictures": 3, "psnr_db": 15.0, "psnr_other_db": 12.0,
         "psnr_unguided_db": 11.0}
        for name in guided for seed in range(SEEDS) for branch in BRANCHES
    ])  # fmt: skip
    pairs = [(a, b) for i, a in enumerate(methods) for b in methods[i + 1 :]]
    journal.table("paired", [
        {"first": a, "second": b, "families": pool, "difference": 0.01, "low": -0.01, "high": 0.03, "seeds": 1}
        for a, b in pairs for pool in ("seen families", "unseen families")
    ])  # fmt: skip
    journal.table("followed", [
        {"method": name, "branch": branch, "pictures": 6, "r": 0.5, "low": 0.3, "high": 0.6}
        for name in guided for branch in BRANCHES
    ])  # fmt: skip
    journal.table("apart", [
        {"method": name, "kind": kind, "pictures": 3, "median": 0.5, "low": 0.3, "high": 0.6}
        for name in guided for kind in ("real", "forged")
    ])  # fmt: skip
    (run.folder / "artifacts" / "model").mkdir(parents=True)
    (run.folder / "artifacts" / "model" / "guides.safetensors").touch()
    write_atomic(run.folder / "result.json", to_json({"data": "face world"}))
    state.conclude(run.folder, "done")
    journal.close()
    return run


def answers() -> dict[str, Any]:
    """What the inference process would say to the page."""
    rng, square = np.random.default_rng(0), (SIDE_PX, SIDE_PX, 3)
    steps = np.array([1, 5, 9, 12, 16, 20])
    return {
        "reconstruct": {
            "picture": rng.integers(0, 256, square).astype(np.uint8), "steps": steps,
            "drawn": rng.integers(0, 256, (3, len(steps), *square)).astype(np.uint8),
            "behind": rng.integers(0, 256, (2, *square)).astype(np.uint8),
            "psnr_db": np.linspace(8, 20, 3 * len(steps)).reshape(3, len(steps)),
            "weight": np.array([0.4, 0.8]), "score": 0.73,
        }
    }  # fmt: skip


def _row(name: str, family: str) -> dict[str, object]:
    kinds = [f"{kind}_{branch}" for kind in ("weight", "alike") for branch in BRANCHES]
    row: dict[str, object] = {"method": name, "family": family, "pictures": 2}
    for kind in (*kinds, "distance"):
        row |= {kind: 0.5, f"{kind}_low": 0.4, f"{kind}_high": 0.6}
    return row


def _leaning(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    family = np.repeat(FAMILIES, 2)
    return {"family": family, "weight": rng.random((6, 2)), "alike": rng.random((6, 2)), "distance": rng.random(6),
            "quality": rng.random(6)}  # fmt: skip


def _rebuilt(seed: int) -> dict[str, np.ndarray]:
    rng, square = np.random.default_rng(seed), (SIDE_PX, SIDE_PX, 3)

    def pictures(*shape: int) -> np.ndarray:
        return rng.integers(0, 256, (*shape, *square)).astype(np.uint8)

    count = len(FAMILIES)
    return {"family": np.array(FAMILIES), "shown": pictures(count, 3), "drawn": pictures(count, 2, SEEDS),
            "unguided": pictures(SEEDS), "psnr_db": rng.uniform(10, 20, (count, 2, SEEDS))}  # fmt: skip
