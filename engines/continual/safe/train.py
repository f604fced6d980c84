"""SAFE and its rivals, one after the other, over the same stream: `mien train safe --preset demo --wait`.

Says the arrays `record-NAME` of each method, seed and order, growing as it learns (see `continual.record`); of SAFE's
first run also `cached-NAME-t`, from which pages answer anew; and the tables `measures` (every run), `compared` (means
with intervals) and `differences` (of the first method to each other). A run that was stopped goes on inside the
session: finished sessions are read from their checkpoints, and their answers computed again from the same weights.
"""

import io
import json
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from engines.backbones import towers
from engines.backbones.device import pick_device
from engines.continual import intervals
from engines.continual.bench import Bench, Method
from engines.continual.data import streams
from engines.continual.heads import CosineHead
from engines.continual.inputs import Inputs
from engines.continual.measures import measures, overall
from engines.continual.network import Network
from engines.continual.record import HEADLINE, Record, Watch
from engines.continual.rivals.analytic_heads import ClassMeans, LinearProbe, RanPac
from engines.continual.rivals.finetuning import Ewc, FineTuning, Joint, Lwf
from engines.continual.rivals.prompt_pool import PromptPool
from engines.continual.rivals.subspaces import Subspaces
from engines.continual.safe.recipe import SafeConfig, file_name
from engines.continual.safe.slow_fast import SlowFast
from engines.continual.sessions import Plan, plan
from engines.training.journal import Journal

METHODS: dict[str, Any] = {
    "safe": SlowFast, "ranpac": RanPac, "ranpac-frozen": lambda bench: RanPac(bench, tuned=False), "ncm": ClassMeans,
    "linear": LinearProbe, "joint": Joint, "sequential": FineTuning, "ewc": Ewc, "lwf": Lwf, "l2p": PromptPool,
    "ease": Subspaces,
}  # fmt: skip


@dataclass
class Outcome:
    """The tables, every record, and the learners of SAFE's first run where there is one."""

    numbers: dict[str, Any]
    records: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The tables with the label of the data."""
        return self.numbers

    def save(self, folder: Path) -> None:
        """`learners.safetensors`, the matrices of every record and the learners of SAFE's first run; `result.json`."""
        matrices = {
            f"{name}.{key}": torch.from_numpy(np.ascontiguousarray(value)) for name, record in self.records.items()
            for key, value in record.items() if key.startswith("accuracy_")
        }  # fmt: skip
        learners = {key: value.contiguous() for key, value in self.tensors.items()}
        save_file(matrices | learners, folder / "learners.safetensors")
        (folder / "result.json").write_text(json.dumps(self.numbers, indent=1), encoding="utf-8")


def train(config: SafeConfig, journal: Journal) -> Outcome:
    """Run the experiment; see the module."""
    return Experiment(config, journal).run()


class Experiment:
    """All methods, orders and seeds over one stream.

    Raises:
        BadConfig, BadInput: settings contradict each other, or the data cannot be used; said before any training.
    """

    def __init__(self, config: SafeConfig, journal: Journal):
        self.config, self.journal = config, journal
        self.entries = config.entries()
        self.device = pick_device(config.device)
        self.stream = streams.load(config, journal)
        orders = range(config.order, config.order + config.orders)
        self.plans = {order: plan(self.stream, config.first, config.increment, order) for order in orders}
        tower = towers.build(config.tower)
        if not config.normalise:
            tower.mean.zero_()
            tower.std.fill_(1)
        self.network = Network(tower, config.tuned_blocks).to(self.device)
        self.inputs = Inputs(self.network, config, self.device)
        self.draws: dict[str, list[intervals.Draws]] = {}
        self.outcome = Outcome({"data": self.stream.label, "seeds": [], "orders": list(orders)})
        self.rows: list[dict[str, Any]] = []
        self.step = 0

    def run(self) -> Outcome:
        """Order by order, seed by seed, method by method."""
        total = len(self.plans) * self.config.seeds * len(self.entries)
        for order, planned in self.plans.items():
            for seed in range(self.config.seed, self.config.seed + self.config.seeds):
                for entry in self.entries:
                    done = sum(map(len, self.draws.values()))
                    self.journal.phase("methods", done / total, f"{entry}, seed {seed}, order {order}")
                    self._one(entry, seed, order, planned)
        self.outcome.numbers["seeds"] = list(range(self.config.seed, self.config.seed + self.config.seeds))
        return self.outcome

    def _one(self, entry: str, seed: int, order: int, planned: Plan) -> None:
        method, settings = self.entries[entry]
        name = file_name(entry, seed, order)
        leading = seed == self.config.seed and order == self.config.order
        factory = METHODS[method]
        curves = getattr(factory, "curves", (HEADLINE,))
        record = Record(entry, seed, order, planned, settings.gamma, curves)
        if planned.by_domain:
            record.chance = self._untrained(planned, record, seed)
        turn = Turn(self, name, record, leading)
        watch = Watch(record, self.config.probe_each, turn.probed)
        bench = Bench(settings, _Heard(self.journal, turn), self.network, self.inputs, planned, seed, name, watch)
        tensors = self._kept(name, record)
        if tensors is None:
            tensors = turn.learn(factory(bench), bench)
            self._keep(name, record, tensors)
        turn.say()
        self.outcome.records[name] = record.arrays()
        self.outcome.tensors |= {f"{name}.{key}": value for key, value in tensors.items() if leading}
        self._compare(entry, seed, order, record)

    def _untrained(self, planned: Plan, record: Record, seed: int) -> np.ndarray:
        """Accuracy (J,) of a head that was never trained, on frozen features: where forward transfer begins."""
        bench = Bench(self.config, self.journal, self.network, self.inputs, planned, seed, "untrained", None)  # type: ignore[arg-type]
        head = CosineHead(len(self.stream.classes), self.network.feature_width, seed=seed)
        with torch.no_grad():
            chosen = head(bench.features(self.stream.test, np.arange(len(self.stream.test)))).argmax(1).numpy()
        hits = chosen == record.labels
        return np.array([hits[record.session_of == session.number].mean() for session in planned.sessions])

    def _kept(self, name: str, record: Record) -> dict[str, Tensor] | None:
        """What a finished method left; None if it is not finished."""
        folder = self.journal.checkpoints.stage(f"done-{name}").latest()
        if folder is None:
            return None
        with np.load(folder / "record.npz", allow_pickle=False) as arrays:
            record.take(dict(arrays))
        self.journal.log(f"{name}: resumed after step {len(record.plan.sessions)}, its last session")
        return load_file(folder / "learner.safetensors")

    def _keep(self, name: str, record: Record, tensors: dict[str, Tensor]) -> None:
        def write(folder: Path) -> None:
            content = io.BytesIO()
            np.savez(content, **record.arrays())  # type: ignore[arg-type]
            (folder / "record.npz").write_bytes(content.getvalue())
            save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "learner.safetensors")

        self.journal.checkpoints.stage(f"done-{name}").save(len(record.plan.sessions), write)
        for session in record.plan.sessions:
            shutil.rmtree(self.journal.checkpoints.stage(f"{name}-{session.number}").root, ignore_errors=True)

    def _compare(self, entry: str, seed: int, order: int, record: Record) -> None:
        self.draws.setdefault(entry, []).append(intervals.drawn(record))
        curves = [*record.right, *(["released"] if "fast" in record.right else [])]
        for curve in curves:
            found = measures(record.matrix(curve))
            self.rows.append({"method": entry, "curve": curve, "seed": seed, "order": order, **found})
        tables = {
            "measures": self.rows, "compared": intervals.rows(self.draws),
            "differences": intervals.differences(self.draws, next(iter(self.entries))),
        }  # fmt: skip
        for name, rows in tables.items():
            self.journal.table(name, rows)
            self.outcome.numbers[name] = rows


class Turn:
    """One method's way through the sessions, said as it goes."""

    def __init__(self, experiment: Experiment, name: str, record: Record, leading: bool):
        self.experiment, self.name, self.record, self.leading = experiment, name, record, leading
        self.journal = experiment.journal

    def learn(self, method: Method, bench: Bench) -> dict[str, Tensor]:
        """Every session; the tensors of a method that leaves some."""
        for session in self.record.plan.sessions:
            began = time.monotonic()
            bench.heard()
            method.learn(session)
            found = method.logits(self.record.asked(session))
            if found is not None:
                self.record.answered(session, found)
                self.record.followed(session, method.features(np.flatnonzero(self.record.session_of == 0)))
            self.record.seconds[session.number] = time.monotonic() - began
            if isinstance(method, SlowFast):
                self.record.alike[session.number] = method.alike[-1]
                if self.leading:
                    rows = self.record.asked(session)
                    self.journal.array(f"cached-{self.name}-{session.number}", rows=rows, **method.cached(rows))
            self.experiment.step += 1
            self._metric(session.number)
            self.say()
        return method.tensors() if isinstance(method, SlowFast) else {}

    def probed(self, found: np.ndarray) -> None:
        """A probe was taken."""
        self.experiment.step += 1
        self.journal.metric(self.experiment.step, **{f"probe/{self.name}": float(np.nanmean(found))})
        self.say()

    def say(self) -> None:
        """Say the record as it stands."""
        self.journal.array(f"record-{self.name}", **self.record.arrays())

    def _metric(self, t: int) -> None:
        value = overall(self.record.matrix(), t)
        if value is not None:
            self.journal.metric(self.experiment.step, **{f"accuracy/{self.name}": value})


class _Heard:
    """A journal whose steps go on from session to session; losses of all but the first order and seed are not said."""

    def __init__(self, journal: Journal, turn: Turn):
        self._journal, self._turn = journal, turn

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def metric(self, step: int, **values: float) -> None:
        """See `Journal.metric`."""
        self._turn.experiment.step += 1
        if self._turn.leading:
            self._journal.metric(self._turn.experiment.step, **values)
