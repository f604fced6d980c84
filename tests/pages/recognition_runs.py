"""A run of FRCSyn, written through the application's own journal."""

from typing import Any

import numpy as np

from engines import recipes
from engines.data.packed import pack
from engines.recognition.frcsyn.lists import PairList
from engines.recognition.frcsyn.report import Scored
from engines.recognition.frcsyn.tables import Tables
from engines.recognition.frcsyn.tasks import DATABASES
from engines.recognition.frcsyn.world import BenchmarkSpec, pair
from workbench import runs, state
from workbench.files import to_json, write_atomic
from workbench.journal import FolderJournal
from workbench.processes import Identity
from workbench.runs import Run

PEOPLE = 24


class System:
    """What the tables ask of a system."""

    def __init__(self, name: str, subtasks: tuple[str, ...], share: float, level: float):
        self.name, self.subtasks, self.share, self.level = name, subtasks, share, level


SYSTEMS = (
    System("real", (), 0.0, 0.55), System("rendered", ("1.1", "1.2", "2.1", "2.2"), 1.0, 0.35),
    System("real + rendered", ("1.3", "2.3"), 0.5, 0.6),
)  # fmt: skip


def frcsyn_run(target: str = "done", systems: int = 3) -> Run:
    """A run that stands in state `target` and has trained so many systems."""
    config = recipes.get("frcsyn").configure("demo")
    run = runs.create("frcsyn", "demo", config.model_dump(mode="json"))
    state.move(run.folder, {"queued"}, "running", process=Identity.of(), device="cpu", attempt=1)
    journal = FolderJournal(run.folder)
    journal.phase("system-0-0", 0.5)
    lists = {name: pair(BenchmarkSpec(name, PEOPLE)) for name in DATABASES}
    rng = np.random.default_rng(0)
    for name, pairs in lists.items():
        _pairs(journal, name, pairs, rng)
    tables = Tables(40, 0)
    rows = [{"system": s.name, "subtasks": ", ".join(s.subtasks), "synthetic": s.share} for s in SYSTEMS]
    journal.table("systems", rows)
    for number, system in enumerate(SYSTEMS[:systems]):
        cosines = {name: _cosines(pairs, system.level, rng) for name, pairs in lists.items()}
        kept: dict[str, Any] = {"system": np.array(system.name), "seed": np.array(0), "threshold": np.array(0.35)}
        journal.array(f"scores-{number}", **kept, **cosines)
        scored = {name: Scored(lists[name], found, found >= 0.35) for name, found in cosines.items()}
        tables.add(system, 0, 0.35, scored)
        for name, table in tables.tables().items():
            journal.table(name, table)
    journal.close()
    if target == "done":
        write_atomic(run.folder / "result.json", to_json({"data": "face world", **tables.summary()}))
    if target != "running":
        state.conclude(run.folder, target)
    return run


def _pairs(journal: FolderJournal, name: str, pairs: PairList, rng: np.random.Generator) -> None:
    one, other = pairs.people
    kept = {"first": pairs.first, "second": pairs.second, "same": pairs.same, "one": one, "other": other}
    journal.array(f"pairs-{name}", group=pairs.group, kind=pairs.kind, **kept)
    tints = rng.integers(60, 220, (len(pairs.paths), 1, 1, 3))
    pictures = np.broadcast_to(tints, (len(pairs.paths), 16, 16, 3)).astype(np.uint8)
    journal.array(f"faces-{name}", **pack(pictures))


def _cosines(pairs: PairList, level: float, rng: np.random.Generator) -> np.ndarray:
    return np.clip(rng.normal(np.where(pairs.same, level, 0.1), 0.18), -1, 1).astype(np.float32)
