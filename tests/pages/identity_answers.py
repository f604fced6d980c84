"""What the inference process would say to the Identities page, and a run of the recipe with what it leaves."""

from pathlib import Path
from typing import Any

import numpy as np

from engines import recipes
from workbench import runs, state
from workbench.files import to_json, write_atomic
from workbench.journal import FolderJournal
from workbench.processes import Identity
from workbench.runs import Run

METHODS, PEOPLE, EACH, SIDE_PX = ("id3", "unguided", "render"), 4, 3, 32


def pictures(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*shape, SIDE_PX, SIDE_PX, 3)).astype(np.uint8)


def answers() -> dict[str, Any]:
    """Question -> answer."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(2, 60, 3))
    start, apart = points / np.linalg.norm(points, axis=2, keepdims=True)
    wanted = np.array([[yaw, 0, 0, years] for years in (20, 40, 60) for yaw in (-30, -15, 0, 15, 30)], float)
    line = np.linspace(0.1, 0.7, 8)
    steps = {"t": np.arange(8)[::-1] * 100, "noisy": pictures(8), "clean": pictures(8), "cosine": line, "push": line,
             "final": pictures()[()], "reached": 0.71, "seconds": 1.5}  # fmt: skip
    return {
        "spread": {"start": start, "points": apart, "largest": np.geomspace(0.4, 0.1, 50),
                   "before": rng.uniform(0.2, 0.4, 200), "after": rng.uniform(0.05, 0.1, 200)},
        "person_grid": {"images": pictures(15), "wanted": wanted, "read": wanted + 2, "cosine": np.full(15, 0.6),
                        "off": np.full(15, 0.3), "threshold": 0.52},
        "face_steps": {"on": steps, "off": {**steps, "cosine": line / 2, "reached": 0.31}},
        "face_leaks": {"images": pictures(8), "nearest": pictures(8, 3), "cosine": np.sort(rng.random((8, 3)))[:, ::-1],
                       "who": rng.integers(0, 99, (8, 3)), "to_centre": rng.random(8), "centres": rng.random(8),
                       "control": rng.random(50), "threshold": 0.52},
        "write_identities": {"folder": "/exports/identities-people-0", "pictures": 80, "identities": 10, "cosine": 0.6,
                             "attempts": 1.2, "failed": 3, "failing": {"cosine": 3}},
    }  # fmt: skip


def identity_run(target: str = "done", model: bool = True) -> Run:
    """A run in a state; one that is queued has nothing yet. `model`: whether it left a generator."""
    config = recipes.get("id3").configure("tiny", {"methods": METHODS, "seeds": 2})
    run = runs.create("id3", "tiny", config.model_dump(mode="json"))
    if target == "queued":
        return run
    state.move(run.folder, {"queued"}, "running", process=Identity.of(), device="cpu", attempt=1)
    journal = FolderJournal(run.folder)
    for number, name in enumerate(METHODS):
        journal.array(f"judged-{name}", **_judged(number))
        journal.image(f"drawn-{name}", np.concatenate(list(pictures(PEOPLE)), 0), name)
    journal.table("identities", [_row(name, seed) for name in METHODS for seed in range(1 if name == "render" else 2)])
    journal.table("guided", [{"first": "id3", "second": "unguided", "measure": "cosine", "difference": 0.21,
                              "low": 0.15, "high": 0.27, "seeds": 2, "identities": PEOPLE}])  # fmt: skip
    journal.table("trade", [{"scale": scale, "seed": 0, "cosine": 0.3 + scale / 200, "recall": 0.8 - scale / 200}
                            for scale in (0.0, 20.0, 40.0, 80.0)])  # fmt: skip
    write_atomic(run.folder / "result.json", to_json({"data": "face world"}))
    if model:
        leave_model(run.folder / "artifacts" / "model")
    state.conclude(run.folder, "done")
    journal.close()
    return run


def leave_model(folder: Path) -> None:
    """A card as a generator has beside it; the stand-in for the inference process reads no weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "id3.json").write_text("{}")


def _row(method: str, seed: int) -> dict[str, Any]:
    row: dict[str, Any] = {"method": method, "seed": seed, "judge": "photographs", "uniqueness": 0.9}
    if method != "render":
        value = {"id3": 0.55, "unguided": 0.34}[method] + seed / 50
        row |= {"cosine": value, "cosine_low": value - 0.04, "cosine_high": value + 0.04}
    return row


def _judged(seed: int) -> dict[str, np.ndarray]:
    rng, count = np.random.default_rng(seed), PEOPLE * EACH
    wanted = rng.normal(size=(count, 4)) * 20
    return {
        "cosine": rng.random(count), "identity": np.repeat(np.arange(PEOPLE), EACH), "wanted": wanted,
        "read": wanted + rng.normal(size=wanted.shape), "genuine": rng.uniform(0.3, 0.9, 30),
        "impostor": rng.uniform(-0.3, 0.4, 60), "nearest": rng.integers(0, 9, (count, 5)),
        "nearest_cosine": rng.random((count, 5)), "unique": np.array([1, 2, 2, 3]), "steps": rng.random((3, count)),
    }  # fmt: skip
