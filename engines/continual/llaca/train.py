"""LLaCA and its rivals, one after the other, over the same tasks: `mien train llaca --preset demo --wait`.

Says the arrays `record-NAME` of each method and seed, growing as it learns (see `record`), and `shown`, the pictures
whose answers are kept; the tables `measures` (every run), `compared` (means with intervals), `differences` (of the
first method to each other), `balance` (how the average was weighed in each task), `likeness` (of instructions, task by
task) and `groups`. A run that was stopped goes on inside the task it was at.
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
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from engines.backbones.device import pick_device
from engines.continual import intervals
from engines.continual.llaca import base, grouping, model
from engines.continual.llaca.learner import fresh, put
from engines.continual.llaca.lessons import Sight, answers, batch, lessons_of
from engines.continual.llaca.model import IGNORED, Vlm
from engines.continual.llaca.recipe import LlacaConfig, file_name
from engines.continual.llaca.record import Record, shown
from engines.continual.llaca.student import Student
from engines.continual.llaca.tasks import coin, world
from engines.continual.llaca.tasks.asked import Part, Task
from engines.continual.measures import measures, overall
from engines.errors import BadInput, Stopped
from engines.training.journal import Journal


@dataclass
class Outcome:
    """The tables, every record, and the weights of every group of the first seed."""

    numbers: dict[str, Any]
    records: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The tables with the label of the data."""
        return self.numbers

    def save(self, folder: Path) -> None:
        """`weights.safetensors`, LoRA and projector by method, group and tensor, with the matrices; `result.json`."""
        matrices = {f"{name}.accuracy": torch.from_numpy(one["accuracy_answer"]) for name, one in self.records.items()}
        save_file(
            matrices | {key: one.contiguous() for key, one in self.tensors.items()}, folder / "weights.safetensors"
        )
        (folder / "result.json").write_text(json.dumps(self.numbers, indent=1), encoding="utf-8")


def train(config: LlacaConfig, journal: Journal) -> Outcome:
    """Run the experiment; see the module."""
    return Experiment(config, journal).run()


def tasks_of(config: LlacaConfig, journal: Journal) -> tuple[list[Task], str]:
    """The tasks in their order, and what to call them.

    Raises:
        BadInput: the folder holds none.
    """
    if config.data == "world":
        made = world.World(config.train_each, config.test_each, journal)
        return [made.task(name) for name in config.tasks or tuple(world.KINDS)], world.LABEL
    folder = Path(config.data).expanduser()
    if not coin.fits(folder):
        raise BadInput(f"{folder} holds no tasks of CoIN: it needs folders as ScienceQA with train.json and test.json.")
    found = coin.read(folder, Path(config.images).expanduser() if config.images else folder, config.tasks)
    return [_cut(task, config) for task in found], f"CoIN: {folder.name}"


class Experiment:
    """All methods and seeds over one sequence of tasks.

    Raises:
        BadConfig, BadInput, BadWeights: said before any training.
    """

    def __init__(self, config: LlacaConfig, journal: Journal):
        self.config, self.journal = config, journal
        for entry in config.methods:
            config.of(entry)
        self.device = pick_device(config.device)
        self.tasks, label = tasks_of(config, journal)
        self.vlm = self._model().to(self.device)
        self.vlm.adapt(config.rank, config.alpha, config.dropout, config.seed)
        self.base = {name: one.detach().clone() for name, one in self.vlm.trained().items()}
        self.sight = Sight(self.vlm)
        self.longest = [_longest(self.vlm, task) for task in self.tasks]
        self.draws: dict[str, list[intervals.Draws]] = {}
        self.rows: list[dict[str, Any]] = []
        self.balance: list[dict[str, Any]] = []
        self.step = 0
        self.outcome = Outcome({"data": label, "model": config.model, "tasks": [task.name for task in self.tasks]})

    def run(self) -> Outcome:
        """Seed by seed, method by method."""
        self._instructions()
        seeds = range(self.config.seed, self.config.seed + self.config.seeds)
        total, done = len(seeds) * len(self.config.methods), 0
        for seed in seeds:
            for entry in self.config.methods:
                self.journal.phase("methods", done / total, f"{entry}, seed {seed}")
                self._one(entry, seed)
                done += 1
        self.outcome.numbers["seeds"] = list(seeds)
        return self.outcome

    def _model(self) -> Vlm:
        if self.config.model == "small":
            return base.prepared(self.config, self.tasks, self.device, self.journal)
        return model.load(self.config.model)

    def _instructions(self) -> None:
        told = [task.instructions for task in self.tasks]
        likeness = grouping.matrix(told, self.config.pairwise)
        names = [task.name for task in self.tasks]
        self.journal.table(
            "likeness",
            [
                {"task": name, **dict(zip(names, row, strict=True))}
                for name, row in zip(names, likeness.tolist(), strict=True)
            ],
        )
        rows = [{"task": task.name, "like": task.like, "instructions": " | ".join(task.instructions[:3])}
                for task in self.tasks]  # fmt: skip
        self.journal.table("instructions", rows)
        pictures = [self.tasks[j].test.pictures.read(self.tasks[j].test.questions[row].picture)
                    for j, row in shown(self.tasks)]  # fmt: skip
        asked = [self.tasks[j].test.questions[row] for j, row in shown(self.tasks)]
        small = [_thumb(picture) for picture in pictures]
        self.journal.array(
            "shown", pictures=np.stack(small), task=np.array([j for j, _ in shown(self.tasks)]),
            turns=np.array([one.turn for one in asked]), right=np.array([one.answers[0] for one in asked]),
        )  # fmt: skip

    def _one(self, entry: str, seed: int) -> None:
        record, name = Record(entry, seed, self.tasks), file_name(entry, seed)
        leading = seed == self.config.seed
        kept = self._kept(name, record)
        if kept is None:
            turn = Turn(self, name, record, entry, leading)
            kept = turn.learn()
            self._keep(name, record, kept)
        self.journal.array(f"record-{name}", **record.arrays())
        self.outcome.records[name] = record.arrays()
        self.outcome.tensors |= {f"{name}.{key}": one for key, one in kept.items() if leading}
        self._compare(entry, seed, record)

    def _kept(self, name: str, record: Record) -> dict[str, Tensor] | None:
        folder = self.journal.checkpoints.stage(f"done-{name}").latest()
        if folder is None:
            return None
        with np.load(folder / "record.npz", allow_pickle=False) as arrays:
            record.take(dict(arrays))
        self.journal.log(f"{name}: resumed after step {len(self.tasks)}, its last task")
        return load_file(folder / "weights.safetensors")

    def _keep(self, name: str, record: Record, tensors: dict[str, Tensor]) -> None:
        def write(folder: Path) -> None:
            content = io.BytesIO()
            np.savez(content, **record.arrays())  # type: ignore[arg-type]
            (folder / "record.npz").write_bytes(content.getvalue())
            save_file({key: one.cpu().contiguous() for key, one in tensors.items()}, folder / "weights.safetensors")

        self.journal.checkpoints.stage(f"done-{name}").save(len(self.tasks), write)
        for number in range(len(self.tasks)):
            shutil.rmtree(self.journal.checkpoints.stage(f"{name}-{number}").root, ignore_errors=True)

    def _compare(self, entry: str, seed: int, record: Record) -> None:
        self.draws.setdefault(entry, []).append(intervals.drawn(record))
        self.rows.append({"method": entry, "seed": seed, **measures(record.matrix())})
        for number, task in enumerate(self.tasks):
            if found := record.balance(number):
                self.balance.append({"method": entry, "seed": seed, "task": task.name, **found})
        first = self.config.methods[0]
        tables = {
            "measures": self.rows, "compared": intervals.rows(self.draws),
            "differences": intervals.differences(self.draws, first), "balance": self.balance,
        }  # fmt: skip
        for name, rows in tables.items():
            self.journal.table(name, rows)
            self.outcome.numbers[name] = rows


class Turn:
    """One method's way through the tasks, said as it goes."""

    def __init__(self, experiment: Experiment, name: str, record: Record, entry: str, leading: bool):
        self.experiment, self.name, self.record = experiment, name, record
        self.journal, self.vlm, self.tasks = experiment.journal, experiment.vlm, experiment.tasks
        method, _, settings = experiment.config.of(entry)
        self.vlm.split(settings.experts if method == "moelora" else 0)
        first = fresh(self.vlm, experiment.base, record.seed)
        put(self.vlm, first)
        self.asked_of: dict[int, int] = {}  # task -> the group that answered it last
        heard = _Heard(self.journal, self, leading)
        self.student = Student(entry, experiment.config, experiment.sight, record, name, heard, first)

    def learn(self) -> dict[str, Tensor]:
        """Every task; the weights of every group."""
        if self.experiment.config.ahead:
            self.record.chance = np.array([self._score(j).mean() for j in range(len(self.tasks))])
        last = len(self.tasks) - 1
        if self.student.method == "multitask":
            self.student.learn_all(self.tasks, self._probe)
            self._ask(last, range(len(self.tasks)))
        for number, task in enumerate(self.tasks if self.student.method != "multitask" else ()):
            began = time.monotonic()
            self._heed()
            self.student.learn(number, task, self._probe)
            asked = len(self.tasks) if self.experiment.config.ahead else number + 1
            self._ask(number, range(asked))
            self.record.seconds[number] = time.monotonic() - began
            self._said(number)
        return {f"{g}.{name}": one for g, weights in enumerate(self.student.groups) for name, one in weights.items()}

    def _ask(self, after: int, tasks: range) -> None:
        """Test the tasks, each with its group's weights; what cannot have changed is not asked again."""
        columns = np.array([j for j, _ in shown(self.tasks)])
        for j in tasks:
            self._heed()
            mine, group = self.record.session_of == j, self.student.weights_for(self.tasks[j])
            if after and group != self.record.groups[after] and self._same_before(after, j, group):
                self.record.right[after, mine] = self.record.right[after - 1, mine]
                self.record.said[after, columns == j] = self.record.said[after - 1, columns == j]
                continue
            put(self.vlm, self.student.groups[group])
            scores, said = self._answered(j)
            self.record.scored(after, j, scores)
            self.record.said[after, columns == j] = said[: int((columns == j).sum())]
            self.asked_of[j] = group

    def _same_before(self, after: int, j: int, group: int) -> bool:
        known = np.isfinite(self.record.right[after - 1, self.record.session_of == j]).all()
        return bool(known) and self.asked_of.get(j) == group

    def _answered(self, j: int) -> tuple[np.ndarray, list[str]]:
        task = self.tasks[j]
        rows = np.arange(len(task.test.questions))
        said = answers(self.experiment.sight, task.test, rows, self.experiment.longest[j])
        return task.score(said), said

    def _score(self, j: int) -> np.ndarray:
        return self._answered(j)[0]

    def _probe(self, number: int, part: float) -> None:
        """A few test questions of each task so far, read answer token by answer token with the right beginning."""
        row = [number, part, np.nan, *[np.nan] * len(self.tasks)]
        for j in range(number + 1):
            row[3 + j] = guessed(self.experiment.sight, self.tasks[j], self.experiment.config.probe_each)
        self.record.probes = [one for one in self.record.probes if one[:2] != row[:2]] + [[float(one) for one in row]]
        self.experiment.step += 1
        value = float(np.nanmean(row[3:]))
        self.journal.metric(self.experiment.step, **{f"probe/{self.name}": value})
        self._say()

    def _said(self, number: int) -> None:
        value = overall(self.record.matrix(), number)
        if value is not None:
            self.experiment.step += 1
            self.journal.metric(self.experiment.step, **{f"accuracy/{self.name}": value})
        self._say()

    def _say(self) -> None:
        self.journal.array(f"record-{self.name}", **self.record.arrays())

    def _heed(self) -> None:
        if self.journal.stopping():
            raise Stopped(f"Stopped in {self.name}; resume it to go on. What was trained is kept.")


class _Heard:
    """A journal whose steps go on from task to task; losses of all but the first seed are not said."""

    def __init__(self, journal: Journal, turn: Turn, leading: bool):
        self._journal, self._turn, self._leading = journal, turn, leading

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def metric(self, step: int, **values: float) -> None:
        """See `Journal.metric`."""
        self._turn.experiment.step += 1
        if self._leading:
            self._journal.metric(self._turn.experiment.step, **values)


@torch.no_grad()
def guessed(sight: Sight, task: Task, each: int) -> float:
    """Mean score of the first test questions, each token guessed with the right ones before it: an upper estimate of
    what greedy answers score, at the cost of one pass."""
    device = next(sight.vlm.parameters()).device
    lessons = lessons_of(task.test)[:each]
    one = {key: value.to(device) for key, value in batch(sight, lessons).items()}
    chosen = sight.vlm.logits(one["tokens"], one["seen"])[:, :-1].argmax(-1)
    here = one["labels"][:, 1:] != IGNORED
    said = [sight.vlm.text(row[mine].tolist()) for row, mine in zip(chosen, here, strict=True)]
    return float(np.mean([task.scorer(text, one.question.answers) for text, one in zip(said, lessons, strict=True)]))


def _longest(vlm: Vlm, task: Task) -> int:
    return max(len(vlm.answer_tokens(one.answers[0])) for one in task.train.questions) + 1


def _cut(task: Task, config: LlacaConfig) -> Task:
    parts = [
        Part(part.pictures, part.questions[:count])
        for part, count in ((task.train, config.train_each), (task.test, config.test_each))
    ]
    return Task(task.name, task.like, parts[0], parts[1], task.instructions, task.scorer)


def _thumb(picture: np.ndarray, side: int = 112) -> np.ndarray:
    return np.array(Image.fromarray(np.asarray(picture)).resize((side, side)))
