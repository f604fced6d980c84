"""A run of the recipe `tas` with what it leaves, for the Distil page."""

import numpy as np

from engines import recipes
from workbench import runs, state
from workbench.files import to_json, write_atomic
from workbench.journal import FolderJournal
from workbench.processes import Identity
from workbench.runs import Run

METHODS = ("tas", "scratch", "kd", "fitnet", "crd", "dkd", "dist", "ofa", "no-teacher-assistant")
PAIRS = ("resnet-s>vit-xs", "vit-s>resnet-xs")
NAMES = (*(f"teacher {n}" for n in (1, 2, 3, 4)), "assistant", *(f"student {n}" for n in (1, 2, 3, 4)))
SEEDS, PICTURES = 3, 4


def distil_run(target: str = "done", pairs: tuple[str, ...] = PAIRS, methods: tuple[str, ...] = METHODS) -> Run:
    """A run in a state; one that is queued has nothing yet, one that is running only curves."""
    config = recipes.get("tas").configure("demo", {"pairs": pairs, "methods": methods, "seeds": SEEDS})
    run = runs.create("tas", "demo", config.model_dump(mode="json"))
    if target == "queued":
        return run
    state.move(run.folder, {"queued"}, "running", process=Identity.of(), device="cpu", attempt=1)
    journal, rng = FolderJournal(run.folder), np.random.default_rng(0)
    _curves(journal, pairs, methods, rng)
    if target == "done":
        _kept(journal, pairs, methods, rng)
        write_atomic(run.folder / "result.json", to_json({"data": "face world"}))
        state.conclude(run.folder, "done")
    journal.close()
    return run


def _curves(journal: FolderJournal, pairs: tuple[str, ...], methods: tuple[str, ...], rng: np.random.Generator) -> None:
    for pair in pairs:
        for number, method in enumerate(methods):
            for seed in range(SEEDS):
                for step in range(20, 121, 20):
                    value = (0.5 - 0.03 * number) * (1 - np.exp(-step / 50)) + 0.02 * rng.random()
                    journal.metric(step, **{f"val/{pair}/{method}/{seed}": value})


def _kept(journal: FolderJournal, pairs: tuple[str, ...], methods: tuple[str, ...], rng: np.random.Generator) -> None:
    journal.table("networks", [{"pair": pair, "teacher": pair.split(">")[0], "student": pair.split(">")[1],
                                "teacher_accuracy": 0.6} for pair in pairs])  # fmt: skip
    everyone = [("teacher", "best"), ("assistant", "last"), ("assistant of no-teacher-assistant", "last"),
                *((method, epoch) for method in methods for epoch in ("best", "last"))]  # fmt: skip
    journal.table("accuracy", [
        {"pair": pair, "method": method, "epoch": epoch, "accuracy": 0.4 + 0.01 * n, "low": 0.35, "high": 0.6,
         "seeds": SEEDS, "each": "0.4 0.4 0.4", "best_steps": ""}
        for pair in pairs for n, (method, epoch) in enumerate(everyone)
    ])  # fmt: skip
    journal.table("paired", [
        {"pair": pair, "first": "tas", "second": method, "epoch": epoch, "difference": 0.02 * (n - 3),
         "low": 0.02 * (n - 3) - 0.03, "high": 0.02 * (n - 3) + 0.03, "seeds": SEEDS}
        for pair in pairs for n, method in enumerate(methods[1:]) for epoch in ("best", "last")
    ])  # fmt: skip
    for number in range(len(pairs)):
        _looks(journal, number, rng)


def _looks(journal: FolderJournal, number: int, rng: np.random.Generator) -> None:
    layers = len(NAMES)
    kinds = [f"{kind}_{when}" for kind in ("raw", "pooled") for when in ("before", "after")]
    journal.array(f"cka-{number}", names=np.array(NAMES), **{kind: rng.random((layers, layers)) for kind in kinds})
    kept = {"pictures": rng.integers(0, 256, (PICTURES, 56, 56, 3)).astype(np.uint8)}
    kept["front"] = np.array("teacher")
    for name in NAMES:
        kept[f"mean {name}"] = rng.integers(0, 256, (PICTURES, 7, 7)).astype(np.uint8)
        kept[f"colour {name}"] = rng.integers(0, 256, (PICTURES, 7, 7, 3)).astype(np.uint8)
    journal.array(f"maps-{number}", **kept)
    ours = rng.standard_normal((24, 8))
    ours /= np.linalg.norm(ours, axis=1, keepdims=True)
    pairs = ("teacher_student", "teacher_assistant", "assistant_student")
    both = {f"{side} {pair}": ours for pair in pairs for side in ("learner", "guide")}
    journal.array(f"infonce-{number}", **both, **{f"scale {pair}": np.array(14.0) for pair in pairs})
    share = np.linspace(0, 1, 5)
    journal.array(f"shuffle-{number}", share=share, infonce=np.full(5, 1.2), mse=0.5 + share)
