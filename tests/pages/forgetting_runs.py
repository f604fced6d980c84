"""A run of the recipe `safe`, written through the application's own journal from a model of forgetting."""

import numpy as np

from engines import recipes
from workbench import runs, state
from workbench.files import to_json, write_atomic
from workbench.journal import FolderJournal
from workbench.processes import Identity
from workbench.runs import Run

METHODS = ("safe", "ranpac", "sequential")
SESSIONS, EACH = 4, 30
LOSS = {"safe": 0.03, "ranpac": 0.05, "sequential": 0.35}


def forgetting_run(target: str = "done", methods: int = 3, sessions: int = SESSIONS, seeds: int = 1) -> Run:
    """A run in a state, of whose methods some have learned some sessions."""
    config = recipes.get("safe").configure("demo", {"methods": METHODS, "seeds": seeds})
    run = runs.create("safe", "demo", config.model_dump(mode="json"))
    state.move(run.folder, {"queued"}, "running", process=Identity.of(), device="cpu", attempt=1)
    journal = FolderJournal(run.folder)
    journal.phase("methods", 0.2, "safe, seed 0, order 0")
    for method in METHODS[:methods]:
        for seed in range(seeds):
            journal.array(f"record-{method}-{seed}-0", **record(method, seed, sessions))
            if method == "safe" and seed == 0:
                for t in range(sessions):
                    journal.array(f"cached-safe-0-0-{t}", **cached(t))
    if target == "done":
        _tables(journal, seeds)
        write_atomic(run.folder / "result.json", to_json({"data": "face world: identities"}))
    journal.close()
    if target != "running":
        state.conclude(run.folder, target)
    return run


def record(method: str, seed: int, done: int = SESSIONS) -> dict[str, np.ndarray]:
    """What a method leaves; accuracy falls by `LOSS` at each later session."""
    rng = np.random.default_rng((seed, len(method)))
    t, j = np.indices((SESSIONS, SESSIONS))
    accuracy = np.clip(0.9 - LOSS[method] * (t - j) + rng.normal(0, 0.01, t.shape), 0, 1)
    accuracy[(t < j) | (t >= done)] = np.nan
    probes = []
    for number in range(min(done + 1, SESSIONS)):
        for step in range(6):
            here = np.where(np.arange(SESSIONS) <= number, 0.9 - 0.1 * step * (j[0] < number), np.nan)
            probes.append([number, (step + 1) / 6, 1.4, *here])
    session_of = np.repeat(np.arange(SESSIONS), EACH)
    slow = {"accuracy_slow": accuracy - 0.02, "accuracy_fast": accuracy - 0.01, "accuracy_released": accuracy}
    weight = np.where(np.isfinite(accuracy) & (t > 0), 0.5 + 0.03 * (t - j), np.nan)
    alike = np.where(np.arange(SESSIONS) < done, 1 - 0.02 * np.arange(SESSIONS), np.nan)
    return {
        "accuracy_answer": accuracy, **(slow if method == "safe" else {}), "probes": np.array(probes),
        "sessions": np.array([f"person {3 * n + 1} … person {3 * n + 3}" for n in range(SESSIONS)]),
        "session_of": session_of, "labels": np.tile(np.arange(3), len(session_of) // 3) + 3 * session_of,
        "counts": np.full(SESSIONS, EACH), "slow_weight": weight if method == "safe" else np.full_like(weight, np.nan),
        "drift": alike, "angle": 90 * (1 - alike), "alike": alike if method == "safe" else np.full(SESSIONS, np.nan),
        "seconds": np.full(SESSIONS, 1.0), "method": np.array(method), "seed": np.array(seed), "order": np.array(0),
    }  # fmt: skip


def cached(t: int) -> dict[str, np.ndarray]:
    """What is kept after session t to answer anew."""
    rng, count, classes = np.random.default_rng(t), (t + 1) * EACH, 3 * (t + 1)
    kept: dict[str, np.ndarray] = {"rows": np.arange(count)}
    for name in ("slow", "fast"):
        kept |= {
            f"{name}_rotated": rng.normal(size=(count, 20)), f"{name}_values": np.linspace(1, 50, 20),
            f"{name}_target": rng.normal(size=(20, classes)), f"{name}_sigma": np.array(10.0),
            f"{name}_ridge": np.array(10.0), f"{name}_class_mean": rng.normal(size=(count, classes)),
            f"{name}_cosine": rng.normal(size=(count, classes)),
        }  # fmt: skip
    return kept


def _tables(journal: FolderJournal, seeds: int) -> None:
    numbers = {"safe": 0.82, "ranpac": 0.8, "sequential": 0.4}
    rows = [
        {"method": method, "measure": measure, "value": value, "low": value - 0.03, "high": value + 0.03, "runs": seeds}
        for measure in ("final", "forgetting_from_best") for method, value in numbers.items()
    ]  # fmt: skip
    journal.table("compared", rows)
    journal.table("differences", [
        {"first": "safe", "second": method, "measure": "final", "value": 0.82 - value, "low": 0.78 - value,
         "high": 0.86 - value, "runs": seeds}
        for method, value in numbers.items() if method != "safe"
    ])  # fmt: skip
    journal.table("measures", [{"method": "safe", "curve": "answer", "seed": 0, "order": 0, "final": 0.82}])
