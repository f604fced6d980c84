"""What the inference process would say to the Augment page, and a run of the recipe with what it leaves."""

from typing import Any

import numpy as np

from engines import recipes
from workbench import runs, state
from workbench.files import to_json, write_atomic
from workbench.journal import FolderJournal
from workbench.processes import Identity
from workbench.runs import Run

SIDE_PX = 32
METHODS = ("vanilla", "cutmix", "diff-mix", "de-da", "synthetic", "pairing", "inter-class")
GROUPS = ("park, at home", "park, away", "room, at home", "room, away")


def answers() -> dict[str, Any]:
    """Question -> answer."""
    picture = np.full((SIDE_PX, SIDE_PX, 3), 128, np.uint8)
    names = (
        "original",
        "mixup",
        "cutmix",
        "saliencymix",
        "guidedmixup",
        "randaugment",
        "real-guidance",
        "diff-mix",
        "de-da",
    )
    layers = dict.fromkeys(("picture", "object", "holed", "filled", "behind", "together"), picture)
    curves = {f"{n}_{w}": np.arange(6.0) for n in ("whole", "isolated") for w in ("object", "around")}
    stack = np.stack([picture] * 6)
    return {
        "augmented": {"pictures": dict.fromkeys(names, picture), "editor": "jitter"},
        "apart": {**layers, "mask": picture[..., 0], "source": "known mask", "area": 0.4},
        "edited": {"strengths": np.linspace(0.1, 0.75, 6), "whole": stack, "isolated": stack, **curves,
                   "editor": "sdedit"},
    }  # fmt: skip


def deda_run(target: str = "done", settings: tuple[str, ...] = ("full", "spurious"), methods: Any = METHODS) -> Run:
    """A run in a state; one that is queued has nothing yet."""
    config = recipes.get("deda").configure("tiny", {"methods": methods, "settings": settings})
    run = runs.create("deda", "tiny", config.model_dump(mode="json"))
    if target == "queued":
        return run
    state.move(run.folder, {"queued"}, "running", process=Identity.of(), device="cpu", attempt=1)
    journal, rng = FolderJournal(run.folder), np.random.default_rng(0)
    for name, rows in tables(settings, methods, rng).items():
        journal.table(name, rows)
    for setting in settings:
        journal.array(f"cams-{setting}", **cams(rng))
    write_atomic(run.folder / "result.json", to_json({"data": "face world"}))
    state.conclude(run.folder, "done")
    journal.close()
    return run


def tables(settings: tuple[str, ...], methods: Any, rng: np.random.Generator) -> dict[str, list[dict[str, Any]]]:
    """Every table that the page reads."""
    cells = [(setting, method, epoch) for setting in settings for method in methods for epoch in ("last", "best")]
    named = [{"setting": s, "method": m, "epoch": e} for s, m, e in cells]
    values = ("accuracy", "worst", "gain", "worst_gain")
    return {
        "methods": [{**row, "seeds": 3, **_values(values, rng)} for row in named],
        "groups": [{**row, "group": group, "pictures": 30, **_values(("accuracy",), rng)}
                   for row in named for group in GROUPS],
        "scatter": [{"setting": s, "method": m, "fidelity": rng.random(), "diversity": 1 + 4 * rng.random(),
                     "psnr_db": 14.0, "samples": 64, "accuracy": rng.random()} for s in settings for m in methods],
        "cost": [{"setting": s, "method": m, "offline_s": 20 * rng.random(), "passes": 10.0, "online_ms": rng.random()}
                 for s in settings for m in methods],
        "counter": [{"setting": s, "objects": 192, "variants": 380, "places": 190, "pairs": 572 * 190, "passes": 5000}
                    for s in settings],
    }  # fmt: skip


def cams(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Pictures and maps of two methods."""
    count = 4
    maps = {f"map-{name}": rng.normal(size=(count, 2, 2)) for name in ("vanilla", "de-da")}
    guesses = {f"guess-{name}": np.arange(count) % 2 for name in ("vanilla", "de-da")}
    pictures = rng.integers(0, 256, (count, SIDE_PX, SIDE_PX, 3)).astype(np.uint8)
    return {"pictures": pictures, "labels": np.zeros(count, np.int64), "groups": np.array(GROUPS), **maps, **guesses}


def _values(names: tuple[str, ...], rng: np.random.Generator) -> dict[str, float]:
    found = {}
    for name in names:
        value = float(rng.uniform(0.2, 0.9)) - (0.5 if "gain" in name else 0)
        found |= {name: value, f"{name}_low": value - 0.06, f"{name}_high": value + 0.05}
    return found
