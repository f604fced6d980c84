"""A method's way through the tasks: which weights it begins a task with, what is averaged, what is left for later.

LLaCA's procedure. A task whose instructions are like a group's goes on from that group's weights, and a moving average
is kept while it is learned and put in their place at its end. Another task opens a group: it begins from the weights of
the task before it, and is learned without an average. When asked, a task is answered by the group its instructions are
most like. Without groups (all methods but `llaca`) all tasks are one.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from engines.continual.llaca import grouping
from engines.continual.llaca.ema import DynamicEma, FixedEma
from engines.continual.llaca.learner import FISHER_LESSONS, Tuner, Weights, copied, fisher, put
from engines.continual.llaca.lessons import Lesson, Lessons, Sight, lessons_of
from engines.continual.llaca.recipe import LlacaConfig
from engines.continual.llaca.record import Record
from engines.continual.llaca.tasks.asked import Task
from engines.training.journal import Journal
from engines.training.loop import Loop
from engines.training.loop_config import LoopConfig

AVERAGED = ("llaca", "dema", "ema")
Probe = Callable[[int, float], None]
"""Task and share of its steps -> takes a probe of the weights as they are."""


class Averager:
    """The loop's observer: keeps the average, tells the record, and probes with the average in place."""

    def __init__(self, student: "Student", task: int, ema: DynamicEma | None, steps: int, probe: Probe):
        self.student, self.task, self.ema, self.steps, self.probe = student, task, ema, steps, probe

    def stepped(self, step: int, learner: nn.Module) -> None:
        """While the gradients are there."""
        if self.ema:
            self.ema.update()
            self.student.record.stepped(self.task, step, self.ema.last)

    def __call__(self, step: int, learner: nn.Module) -> None:
        """See `loop.Observer`."""
        if step % self.student.config.probe_every and step != self.steps:
            return
        learner.eval()
        if self.ema:
            with self.ema.applied():
                self.probe(self.task, step / self.steps)
        else:
            self.probe(self.task, step / self.steps)
        learner.train()

    def state_dict(self) -> dict[str, Any]:
        """See `loop.Observer`."""
        record, task = self.student.record, self.task
        rows = [number for number, (at, _) in enumerate(record.steps) if at == task]
        return {
            "ema": self.ema.state_dict() if self.ema else {},
            "probes": [one for one in record.probes if one[0] == task],
            "steps": [record.steps[row] for row in rows], "keep": [record.keep[row] for row in rows],
            "branch": [record.branch[row] for row in rows], "tensors": list(record.tensors),
        }  # fmt: skip

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `loop.Observer`."""
        record = self.student.record
        if self.ema:
            self.ema.load_state_dict(state["ema"])
        record.probes = [one for one in record.probes if one[0] != self.task] + state["probes"]
        record.steps, record.keep, record.branch = (
            [*getattr(record, name), *state[name]] for name in ("steps", "keep", "branch")
        )
        record.tensors = tuple(state["tensors"])


class Student:
    """One method with one seed."""

    def __init__(
        self, entry: str, config: LlacaConfig, sight: Sight, record: Record, name: str, journal: Journal, first: Weights
    ):
        self.method, self.decay, self.config = config.of(entry)
        self.sight, self.record, self.name, self.journal = sight, record, name, journal
        self.groups: list[Weights] = []
        self.codebook: list[list[str]] = []
        self.last = first
        self.earlier: list[Task] = []
        self.important: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}

    def learn(self, number: int, task: Task, probe: Probe) -> None:
        """Learn a task.

        Raises:
            Stopped: the journal asked to stop; the checkpoint is saved.
        """
        found = self._matched(task)
        self.record.groups[number] = found.group
        self.record.likeness[number, : len(found.likeness)] = found.likeness
        before = self.last if found.new else self.groups[found.group]
        put(self.sight.vlm, before)
        averaged = self.method in AVERAGED and not found.new
        self.record.averaged[number] = averaged
        after = self._train(number, task, before, averaged, probe)
        self.groups[found.group :] = [after, *self.groups[found.group + 1 :]]
        self.codebook = grouping.joined(task.instructions, self.codebook, found)
        self.last = after
        self.earlier.append(task)

    def learn_all(self, tasks: list[Task], probe: Probe) -> None:
        """All tasks at once: the upper bound."""
        put(self.sight.vlm, self.last)
        lessons = [lesson for task in tasks for lesson in lessons_of(task.train)]
        self.last = self._fit(len(tasks) - 1, lessons, None, Tuner(self.sight.vlm, self.config.projector_lr), probe)
        self.groups, self.codebook = [self.last], [[text for task in tasks for text in task.instructions]]

    def weights_for(self, task: Task) -> int:
        """The group that answers a task: the one most like it, or the last where none is alike enough."""
        if len(self.groups) == 1:
            return 0
        found = grouping.match(task.instructions, self.codebook, self.config.threshold, self.config.pairwise)
        return len(self.groups) - 1 if found.new else found.group

    def _matched(self, task: Task) -> grouping.Match:
        if self.method == "llaca":
            return grouping.match(task.instructions, self.codebook, self.config.threshold, self.config.pairwise)
        return grouping.Match(0, not self.codebook, ())

    def _train(self, number: int, task: Task, before: Weights, averaged: bool, probe: Probe) -> Weights:
        config = self.config
        tuner = Tuner(self.sight.vlm, config.projector_lr)
        tuner.ewc_weight, tuner.lwf_weight = config.ewc_weight, config.lwf_weight
        tuner.important = self.important
        if self.method == "lwf" and self.earlier:
            tuner.old = before
        lessons = lessons_of(task.train)
        if self.method == "replay":
            lessons += [lesson for old in self.earlier for lesson in lessons_of(old.train)[: config.replay_each]]
        ema = self._average() if averaged else None
        after = self._fit(number, lessons, ema, tuner, probe)
        if self.method == "ewc":
            found = fisher(tuner, self.sight, lessons[:FISHER_LESSONS])
            old = {name: weight for name, (weight, _) in self.important.items()}
            self.important = {name: (one + old.get(name, 0), after[name]) for name, one in found.items()}
        return after

    def _average(self) -> DynamicEma:
        config, named = self.config, self.sight.vlm.trained().items()
        if self.method == "ema":
            return FixedEma(named, self.decay, precise=config.precise)
        return DynamicEma(
            named, config.form, k=config.k or None, fallback=None if config.fallback < 0 else config.fallback,
            granularity=config.granularity, precise=config.precise,  # type: ignore[arg-type]
        )  # fmt: skip

    def _fit(self, number: int, lessons: list[Lesson], ema: DynamicEma | None, tuner: Tuner, probe: Probe) -> Weights:
        config = self.config
        steps = max(2, round(config.epochs * len(lessons) / config.batch))
        loop = LoopConfig(
            seed=self.record.seed, steps=steps, batch=config.batch, lr=config.lr, schedule="cosine",
            warmup=round(config.warmup * steps), precision=config.precision, device=config.device,
            checkpoint_s=config.checkpoint_s,
        )  # fmt: skip
        observer = Averager(self, number, ema, steps, probe)
        samples = Lessons(self.sight, lessons)
        Loop(tuner, samples, loop, self.journal, f"{self.name}-{number}", f"{self.name}/", observer).fit()
        tuner.eval()
        if ema:
            ema.write()
        return copied(self.sight.vlm)
