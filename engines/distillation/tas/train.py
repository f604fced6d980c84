"""TAS beside its rivals and ablations, over the same pictures, teachers and seeds.

`mien train tas --preset demo --wait`. It says the metrics `val/PAIR/METHOD/SEED` while it trains, the tables `networks`
(what teaches, what learns), `accuracy` (of the best and the last epoch, with intervals), `paired` (TAS less each
other), and for the first seed of TAS in each pair what `looks` sees, as arrays `cka-N`, `maps-N`, `infonce-N`,
`shuffle-N`, N being the pair's number.
"""

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from engines.backbones import weights
from engines.backbones.device import pick_device
from engines.data.labelled.people import PeopleSpec
from engines.distillation import compare, data, methods, zoo
from engines.distillation.cut import Cut
from engines.distillation.judge import Exam, Watch
from engines.distillation.learner import Distiller
from engines.distillation.tas.looks import NAMES, Looks
from engines.distillation.tas.method import Switches, Tas
from engines.distillation.tas.recipe import VARIANTS, TasConfig, require_data
from engines.distillation.views import Training
from engines.errors import BadWeights, Stopped
from engines.training.journal import Journal
from engines.training.loop import Loop

BEST, LAST = "best", "last"
Key = tuple[str, str, str]
"""Pair, method ("teacher" and "assistant" among them), epoch."""


@dataclass
class Outcome:
    """What a run leaves: the students of the first seed, with timm's keys, their cards, and the tables."""

    students: dict[str, tuple[dict[str, Tensor], dict[str, Any]]]
    numbers: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The tables of the run, with the label of the data they were measured on."""
        return self.numbers

    def save(self, folder: Path) -> None:
        """`NAME.safetensors` that `timm.create_model` loads strictly, with `NAME.json` beside."""
        import json

        for name, (state, card) in self.students.items():
            save_file({key: each.contiguous() for key, each in state.items()}, folder / f"{name}.safetensors")
            (folder / f"{name}.json").write_text(json.dumps(card, indent=1), encoding="utf-8")


def train(config: TasConfig, journal: Journal) -> Outcome:
    """Run the experiment; see the module.

    Raises:
        BadConfig: a network is unknown, or a pair has no common grid.
        BadInput: the folder cannot be used.
    """
    return Experiment(config, journal).run()


class Experiment:
    """One run set."""

    def __init__(self, config: TasConfig, journal: Journal):
        require_data(config)
        self.config, self.journal = config, journal
        self.device = pick_device(config.device)
        self.pairs = [(pair.split(">")[0], pair.split(">")[1]) for pair in config.pairs]
        for pair in self.pairs:  # what does not fit is said before pictures are made
            with torch.device("cpu" if set(pair) & set(zoo.HEAD_ONLY) else "meta"):  # without memory, where it may be
                Tas(zoo.build(pair[0], 2), zoo.build(pair[1], 2), switches(config))
        self.data = self._data()
        self.classes = len(self.data.train.classes)
        self.right: dict[Key, list[np.ndarray]] = {}
        self.steps: dict[Key, list[int]] = {}
        self.students: dict[str, tuple[dict[str, Tensor], dict[str, Any]]] = {}
        self.scratch: dict[tuple[str, int], tuple[dict[str, Tensor], int, np.ndarray, np.ndarray]] = {}
        self.networks: list[dict[str, Any]] = []

    def run(self) -> Outcome:
        """Teachers, then each training, then the tables."""
        for number, pair in enumerate(self.pairs):
            teacher = self._teacher(pair[0])
            self._tell_network(pair, teacher)
            for seed in range(self.config.seed, self.config.seed + self.config.seeds):
                for method in self.config.methods:
                    self._train(number, pair, teacher, method, seed)
        numbers = {
            "data": self.data.label, "seeds": list(range(self.config.seed, self.config.seed + self.config.seeds)),
            "classes": self.classes, "test_pictures": len(self.data.test), "networks": self.networks,
            "accuracy": self._accuracy_rows(), "paired": self._paired_rows(),
        }  # fmt: skip
        return Outcome(self.students, numbers)

    def _data(self) -> data.Data:
        c = self.config
        if c.data == "world":
            return data.world(PeopleSpec(c.people, c.photos, c.val_photos, c.test_photos, zoo.SIZE_PX), self.journal)
        return data.folder(c.data, c.val_share)

    def _teacher(self, name: str) -> Cut:
        torch.manual_seed(self.config.seed)
        teacher = zoo.build(name, self.classes)
        files = dict(text.split("=", 1) for text in self.config.teachers)
        if name in files:
            _fill(teacher, Path(files[name]))
        else:
            changes = {"steps": self.config.teacher_steps, "lr": self.config.teacher_lr, "schedule": "cosine"}
            config = self.config.replace(**changes, warmup=min(20, self.config.teacher_steps))
            if name in zoo.HEAD_ONLY:
                teacher.requires_grad_(False).model.get_classifier().requires_grad_(True)
            watch = self._fit(Distiller(teacher, smoothing=config.smoothing), config, f"teacher-{slug(name)}",
                              f"val/{name}/teacher/{config.seed}")  # fmt: skip
            teacher.model.load_state_dict(watch.weights)
        return teacher.to(self.device).eval()

    def _fit(self, learner: Distiller, config: TasConfig, stage: str, metric: str) -> Watch:
        size_px = learner.student.size_px
        exam, every = Exam(self.data.val, size_px), config.evaluate_every
        watch = Watch(learner.student, exam, every, config.steps,
                      lambda step, value: self.journal.metric(step, **{metric: value}))  # fmt: skip
        views = Training(self.data.train, size_px, config.views)
        Loop(learner, views, config, self.journal, stage=stage, prefix=f"{stage}/", observer=watch).fit()
        learner.eval()
        return watch

    def _train(self, number: int, pair: tuple[str, str], teacher: Cut, method: str, seed: int) -> None:
        if method == "scratch" and (pair[1], seed) in self.scratch:
            return self._keep(pair, method, seed, *self.scratch[pair[1], seed])
        torch.manual_seed(seed)
        student = zoo.build(pair[1], self.classes)
        config = self.config.variant(method).of_student(student.kind, len(self.data.train)).replace(seed=seed)
        added = self._method(method, teacher, student, config)
        learner = Distiller(
            student.to(self.device), None if added is None else teacher, added, smoothing=config.smoothing,
            momentum=config.momentum if config.optimiser == "sgd" else None,
        ).to(self.device)  # fmt: skip
        looks = self._looks(method, seed, teacher, student, added)
        before = looks.cka() if looks else {}
        stage = f"{slug(pair[0])}-to-{slug(pair[1])}-{method}-{seed}"
        watch = self._fit(learner, config, stage, f"val/{'>'.join(pair)}/{method}/{seed}")
        if isinstance(added, Tas):
            self._judge_assistant(pair, method, learner, added)
        if looks:
            self._show(number, looks, before)
        self._judge(pair, method, seed, student, watch)

    def _method(self, name: str, teacher: Cut, student: Cut, config: TasConfig) -> nn.Module | None:
        weight, t = config.kd_weight, config.kd_temperature
        if name in VARIANTS:
            return Tas(teacher, student, switches(config))
        if name in ("kd", "dkd", "dist"):
            return methods.Logits(name, weight, temperature=t)
        if name == "fitnet":
            return methods.FitNet(teacher, student, config.feature_weight)
        if name == "ofa":
            return methods.Ofa(teacher, student, config.gamma, config.ofa_form, weight)
        if name == "crd":
            labels = torch.from_numpy(self.data.train.labels)
            return methods.Crd(teacher, student, labels, negatives=config.crd_negatives, weight=config.feature_weight)
        return None

    def _judge(self, pair: tuple[str, str], method: str, seed: int, student: Cut, watch: Watch) -> None:
        exam = Exam(self.data.test, student.size_px)
        self._heard(f"test-{slug(pair[1])}-{method}-{seed}")
        last = exam.right(student, self.device)
        student.model.load_state_dict(watch.weights)
        found = (watch.weights, watch.best_step, exam.right(student, self.device), last)
        if method == "scratch":
            self.scratch[pair[1], seed] = found
        self._keep(pair, method, seed, *found)

    def _keep(
        self, pair: tuple[str, str], method: str, seed: int, state: dict[str, Tensor], step: int, best: np.ndarray,
        last: np.ndarray,
    ) -> None:  # fmt: skip
        text = ">".join(pair)
        for epoch, right in ((BEST, best), (LAST, last)):
            self.right.setdefault((text, method, epoch), []).append(right)
        self.steps.setdefault((text, method, BEST), []).append(step)
        if seed == self.config.seed:
            card = {
                "student": pair[1], "teacher": pair[0], "method": method, "seed": seed, "best_step": step,
                "classes": list(self.data.train.classes), "data": self.data.label,
                "held_out": float(best.mean()), "config": self.config.model_dump(mode="json"),
            }  # fmt: skip
            self.students[f"{slug(pair[0])}-to-{slug(pair[1])}-{method}"] = (state, card)
        self.journal.table("accuracy", self._accuracy_rows())
        self.journal.table("paired", self._paired_rows())

    def _judge_assistant(self, pair: tuple[str, str], method: str, learner: Distiller, tas: Tas) -> None:
        teacher, student = learner.teacher, learner.student
        assert teacher is not None

        def said(images: Tensor) -> Tensor:
            front = student if tas.assistant.student_first else teacher
            return tas.assistant(front.front(images)[-1], teacher, student)[1]

        name = "assistant" if method == "tas" else f"assistant of {method}"
        right = Exam(self.data.test, student.size_px).right(said, self.device)
        self.right.setdefault((">".join(pair), name, LAST), []).append(right)

    def _looks(self, method: str, seed: int, teacher: Cut, student: Cut, added: nn.Module | None) -> Looks | None:
        if method != "tas" or seed != self.config.seed or not isinstance(added, Tas):
            return None
        return Looks(teacher, student, added.eval(), Exam(self.data.test, student.size_px))

    def _show(self, number: int, looks: Looks, before: dict[str, np.ndarray]) -> None:
        after = looks.cka()
        maps = {f"{name}_{when}": each for when, found in (("before", before), ("after", after))
                for name, each in found.items()}  # fmt: skip
        self.journal.array(f"cka-{number}", names=np.array(NAMES), **maps)
        self.journal.array(f"maps-{number}", **looks.maps())
        self.journal.array(f"infonce-{number}", **looks.matrix())
        self.journal.array(f"shuffle-{number}", **looks.shuffle())

    def _tell_network(self, pair: tuple[str, str], teacher: Cut) -> None:
        student = zoo.build(pair[1], self.classes)
        added = Tas(teacher, student, switches(self.config)).assistant
        text = ">".join(pair)
        right = Exam(self.data.test, student.size_px).right(teacher, self.device)
        self.right[text, "teacher", BEST] = [right]
        self.networks.append({
            "pair": text, "teacher": pair[0], "student": pair[1], "teacher_kind": teacher.kind,
            "student_kind": student.kind, "teacher_parameters": _count(teacher), "student_parameters": _count(student),
            "bridge_parameters": _count(added), "front": "student" if added.student_first else "teacher",
            "teacher_accuracy": float(right.mean()),
        })  # fmt: skip
        self.journal.table("networks", self.networks)

    def _accuracy_rows(self) -> list[dict[str, Any]]:
        rows = []
        for (pair, method, epoch), right in self.right.items():
            found = compare.accuracy(right, self.config.draws)
            rows.append({
                "pair": pair, "method": method, "epoch": epoch, "accuracy": found.value, "low": found.low,
                "high": found.high, "seeds": len(right), "each": " ".join(f"{each.mean():.4f}" for each in right),
                "best_steps": " ".join(map(str, self.steps.get((pair, method, epoch), []))),
            })  # fmt: skip
        return rows

    def _paired_rows(self) -> list[dict[str, Any]]:
        rows = []
        for (pair, method, epoch), right in self.right.items():
            mine = self.right.get((pair, "tas", epoch))
            if mine is None or method not in self.config.methods or method == "tas":
                continue
            found = compare.difference(mine, right, self.config.draws)
            rows.append({"pair": pair, "first": "tas", "second": method, "epoch": epoch, "difference": found.value,
                         "low": found.low, "high": found.high, "seeds": max(len(mine), len(right))})  # fmt: skip
        return rows

    def _heard(self, name: str) -> None:
        self.journal.phase(name, 0.0)
        if self.journal.stopping():
            raise Stopped(f"Stopped in {name}; resume it to go on. What was trained is kept.")


def switches(config: TasConfig) -> Switches:
    """The part of the settings that TAS itself reads."""
    return Switches(**{each.name: getattr(config, each.name) for each in fields(Switches)})


def slug(name: str) -> str:
    """A network's name as a file may be named."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)


def _count(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


def _fill(teacher: Cut, path: Path) -> None:
    if not path.is_file():
        raise BadWeights(f"There is no file {path} with the weights of the teacher {teacher.name}.")
    try:
        teacher.model.load_state_dict(weights.read(path))
    except RuntimeError as error:
        raise BadWeights(f"The weights in {path} do not fit the teacher {teacher.name}: {error}") from None
