"""A run of the recipe `llaca`, written through the application's own journal from a model of forgetting."""

import numpy as np

from engines import recipes
from engines.continual.llaca.ema import BRANCHES
from workbench import runs, state
from workbench.files import to_json, write_atomic
from workbench.journal import FolderJournal
from workbench.processes import Identity
from workbench.runs import Run

METHODS = ("llaca", "ema:0.99", "lora")
TASKS = ("reading", "classes", "comparison", "yesno")
TENSORS = (*(f"layers.{n}.q.lora_{part}" for n in range(3) for part in "AB"), "projector.linear_1.weight")
EACH, STEPS = 20, 12
LOSS = {"llaca": 0.03, "ema:0.99": 0.1, "lora": 0.25}


def instruct_run(target: str = "done", methods: int = 3, tasks: int = len(TASKS)) -> Run:
    """A run in a state, of whose methods some have learned some tasks."""
    config = recipes.get("llaca").configure("demo", {"methods": METHODS})
    run = runs.create("llaca", "demo", config.model_dump(mode="json"))
    state.move(run.folder, {"queued"}, "running", process=Identity.of(), device="cpu", attempt=1)
    journal = FolderJournal(run.folder)
    journal.phase("methods", 0.2, "llaca, seed 0")
    _instructions(journal)
    for method in METHODS[:methods]:
        journal.array(f"record-{method.replace(':', '-')}-0", **record(method, tasks))
    if target == "done":
        _tables(journal)
        write_atomic(run.folder / "result.json", to_json({"data": "face world: questions"}))
    journal.close()
    if target != "running":
        state.conclude(run.folder, target)
    return run


def record(method: str, done: int) -> dict[str, np.ndarray]:
    """What a method leaves; scores fall by `LOSS` at each later task."""
    rng = np.random.default_rng(len(method))
    count = len(TASKS)
    t, j = np.indices((count, count))
    accuracy = np.clip(0.8 - LOSS[method] * (t - j), 0, 1)
    accuracy[(t < j) | (t >= done)] = np.nan
    probes = [
        [number, (step + 1) / 4, np.nan, *np.where(np.arange(count) <= number, 0.7, np.nan)]
        for number in range(min(done + 1, count)) for step in range(4)
    ]  # fmt: skip
    averaged = [number for number in range(2, done) if method != "lora"]
    steps = np.array([[number, step + 1] for number in averaged for step in range(STEPS)], int).reshape(-1, 2)
    branch = rng.choice([0, 0, 0, 1], (len(steps), len(TENSORS)))
    said = np.where(np.arange(count)[:, None] >= np.arange(2 * count) // 2, "yes", "").astype("<U64")
    return {
        "accuracy_answer": accuracy, "probes": np.array(probes), "said": said, "steps": steps, "branch": branch,
        "keep": np.where(branch == 0, rng.uniform(0.2, 1, branch.shape), 0.99), "tensors": np.array(TENSORS),
        "branches": np.array(BRANCHES), "sessions": np.array(TASKS), "session_of": np.repeat(np.arange(count), EACH),
        "counts": np.full(count, EACH), "method": np.array(method), "seed": np.array(0), "order": np.array(0),
    }  # fmt: skip


def _instructions(journal: FolderJournal) -> None:
    alike = np.where(np.isin(np.arange(4), [1])[:, None] ^ np.isin(np.arange(4), [1])[None], 0.1, 1.0)
    rows = [
        {"task": name, **dict(zip(TASKS, map(float, row), strict=True))} for name, row in zip(TASKS, alike, strict=True)
    ]
    journal.table("likeness", rows)
    journal.table("instructions", [{"task": name, "like": "GQA", "instructions": "Answer."} for name in TASKS])
    pictures = np.random.default_rng(0).integers(0, 255, (2 * len(TASKS), 112, 112, 3)).astype(np.uint8)
    journal.array("shown", pictures=pictures, task=np.repeat(np.arange(len(TASKS)), 2),
                  turns=np.array(["Is this a man?\nAnswer."] * 8), right=np.array(["yes"] * 8))  # fmt: skip


def _tables(journal: FolderJournal) -> None:
    numbers = {"llaca": 0.7, "ema:0.99": 0.6, "lora": 0.3}
    pair = lambda value: {"measure": "final", "value": value, "low": value - 0.05, "high": value + 0.05, "runs": 1}  # noqa: E731
    journal.table("compared", [{"method": method, **pair(value)} for method, value in numbers.items()])
    journal.table("differences", [{"first": "llaca", "second": method, **pair(0.7 - value)}
                                  for method, value in numbers.items() if method != "llaca"])  # fmt: skip
