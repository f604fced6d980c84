"""Train the same classifier under each method, setting and seed, and compare: `mien train deda --preset demo --wait`.

For each setting vanilla comes first, since it judges which variants are kept. Tables grow as trainings end:
`accuracy` (last and best epoch of each training), `methods` (means over seeds with intervals, and the paired difference
to vanilla), `groups`, `scatter` (fidelity against diversity), `cost` and `counter`. Arrays: `cams`, what vanilla and
De-DA look at, and `shown`, samples of each method. The best epoch is chosen on validation, never on the test.
"""

import json
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from engines.augmentation import classifier, measure
from engines.augmentation.classifier import Classifier, Learner, Watcher
from engines.augmentation.deda import looks, methods
from engines.augmentation.deda.data import Setting, settings
from engines.augmentation.deda.filters import Judge
from engines.augmentation.deda.layers import resized
from engines.augmentation.deda.recipe import DEDA, VANILLA, DedaConfig, require_data
from engines.augmentation.deda.workshop import Workshop, editor_of
from engines.augmentation.stream import Parts, Pictures, Stream, centre
from engines.training.journal import Journal
from engines.training.loop import Loop

Row = dict[str, Any]
EPOCHS = ("last", "best")
TABLES = ("accuracy", "methods", "groups", "scatter", "cost", "counter")
KEPT = (VANILLA, DEDA)
"""Methods whose classifiers are kept, of the first seed."""


@dataclass
class Outcome:
    """The tables, and classifiers of the first seed by "setting-method"."""

    tables: dict[str, list[Row]]
    numbers: Row
    classifiers: dict[str, Classifier]

    def summary(self) -> dict[str, Any]:
        """Every table, and what it was measured on."""
        return {**self.numbers, **self.tables}

    def save(self, folder: Path) -> None:
        """A safetensors file for each classifier, and `deda.json`."""
        for name, model in self.classifiers.items():
            save_file({k: v.cpu().contiguous() for k, v in model.state_dict().items()}, folder / f"{name}.safetensors")
        (folder / "deda.json").write_text(json.dumps(self.summary(), indent=1))


@dataclass(frozen=True, eq=False)
class Trained:
    """What is known of one training: guesses (N,) on the test at its last and best epoch, that epoch's step and its
    accuracy in validation; weights of the best epoch, where they are kept."""

    guesses: dict[str, np.ndarray]
    best_step: int
    validation: float
    weights: dict[str, torch.Tensor]


def train(config: DedaConfig, journal: Journal) -> Outcome:
    """See the module."""
    require_data(config)
    return Comparison(config, journal).run()


class Comparison:
    """One run; every training is kept when it ends, and a resumed run goes on after it."""

    def __init__(self, config: DedaConfig, journal: Journal):
        self.config, self.journal = config, journal
        self.tables: dict[str, list[Row]] = {name: [] for name in TABLES}
        self.classifiers: dict[str, Classifier] = {}
        self.total = len(config.settings) * config.seeds * len(config.methods)
        self.done = 0

    def run(self) -> Outcome:
        """Every setting in turn."""
        for setting in settings(self.config, self.journal):
            self._setting(setting)
        numbers = {
            "data": "face world" if self.config.data == "world" else self.config.data,
            "seeds": list(range(self.config.seed, self.config.seed + self.config.seeds)),
            "editor": editor_of(self.config),
            "best_epoch": "chosen on validation pictures",
        }
        return Outcome(self.tables, numbers, self.classifiers)

    def _setting(self, setting: Setting) -> None:
        config, workshop = self.config, Workshop(setting, self.config, self.journal)
        pictures = {name: Pictures(getattr(setting, name), config.canvas_px) for name in ("train", "val", "test")}
        found: dict[str, list[Trained]] = {}
        judge: Judge | None = None
        for name in config.methods:
            parts = methods.parts(name, workshop, judge)
            stream = Stream(pictures["train"], len(setting.train.classes), config.size_px, parts)
            found[name] = [self._trained(setting.name, name, n, stream, pictures) for n in range(config.seeds)]
            self._keep(setting, name, found[name][0])
            if name == VANILLA:
                judge = self._judge(setting)
            self._say(setting, found)
            self._look(setting, name, parts, stream, judge, workshop)
        looks.cams(self.journal, setting, pictures["test"], self.classifiers, config)

    def _trained(self, setting: str, name: str, number: int, stream: Stream, pictures: dict[str, Pictures]) -> Trained:
        """Train once, or read what that training left."""
        seed = self.config.seed + number
        stage = f"{setting}-{name.replace('+', '_')}-{seed}"
        folder = self.journal.checkpoints.stage(f"{stage}-result")
        if (kept := folder.latest()) is None:
            said = stage if number else stage.removesuffix(f"-{seed}")
            found = self._train(stage, said, seed, stream, pictures)
            folder.save(1, partial(_write, found))
            shutil.rmtree(self.journal.checkpoints.stage(stage).root, ignore_errors=True)
        else:
            found = _read(kept)
        self.done += 1
        self.journal.phase("trainings", self.done / self.total, f"{self.done} of {self.total}: {setting}, {name}")
        for epoch in EPOCHS:
            right = float((found.guesses[epoch] == pictures["test"].labels).mean())
            self.tables["accuracy"].append({
                "setting": setting, "method": name, "seed": seed, "epoch": epoch, "accuracy": right,
                "step": found.best_step if epoch == "best" else self.config.steps,
                "validation": found.validation if epoch == "best" else None, "pictures": len(pictures["test"]),
            })  # fmt: skip
        self.journal.table("accuracy", self.tables["accuracy"])
        return found

    def _train(self, stage: str, said: str, seed: int, stream: Stream, pictures: dict[str, Pictures]) -> Trained:
        config = self.config.replace(seed=seed)
        torch.manual_seed(seed)
        learner = Learner(Classifier(config.network, stream.classes), config)
        watch = Watcher(
            pictures["val"], config, lambda step, value: self.journal.metric(step, **{f"val/{said}": value})
        )
        Loop(learner, stream, config, self.journal, stage=stage, prefix=f"{said}/", observer=watch).fit()
        models = {"last": learner.model, "best": watch.model(learner.model)}
        guesses = {epoch: classifier.guessed(model, pictures["test"], config) for epoch, model in models.items()}
        return Trained(guesses, watch.best_step, watch.best, watch.weights)

    def _keep(self, setting: Setting, name: str, first: Trained) -> None:
        if name in KEPT:
            model = Classifier(self.config.network, len(setting.train.classes))
            model.load_state_dict(first.weights)
            self.classifiers[f"{setting.name}-{name}"] = model.eval()

    def _judge(self, setting: Setting) -> Judge:
        """Vanilla's first training: which variants are still of their class, and fidelity."""
        model, config = self.classifiers[f"{setting.name}-{VANILLA}"], self.config

        def judge(pictures: np.ndarray) -> np.ndarray:
            side = (config.canvas_px, config.canvas_px)
            return classifier.logits(model, np.stack([centre(resized(p, side), config.size_px) for p in pictures]))

        return judge

    def _say(self, setting: Setting, found: dict[str, list[Trained]]) -> None:
        """Methods so far, on the same resamples."""
        labels, groups = setting.test.labels, setting.test.groups
        drawn = measure.Resamples.draw(self.config.seeds, len(labels), self.config.draws, self.config.seed)
        rows, by_group = [], []
        for epoch in EPOCHS:
            right = {name: np.stack([t.guesses[epoch] == labels for t in each]) for name, each in found.items()}
            base = drawn.means(right[VANILLA]), drawn.worst(right[VANILLA], groups)
            for name, mine in right.items():
                rows.append({"setting": setting.name, "method": name, "epoch": epoch, "seeds": len(mine),
                             **_compared(drawn, mine, right[VANILLA], groups, base)})  # fmt: skip
                by_group += [
                    {"setting": setting.name, "method": name, "epoch": epoch, "group": str(group),
                     "pictures": int((groups == group).sum()),
                     **_named("accuracy", measure.interval(float(mine[:, groups == group].mean()),
                                                           drawn.means(mine, groups == group)))}
                    for group in np.unique(groups) if group
                ]  # fmt: skip
        for table, new in (("methods", rows), ("groups", by_group)):
            self.tables[table] = [row for row in self.tables[table] if row["setting"] != setting.name] + new
            self.journal.table(table, self.tables[table])

    def _look(
        self, setting: Setting, name: str, parts: Parts, stream: Stream, judge: Judge | None, workshop: Workshop
    ) -> None:
        """Fidelity and diversity of what the method shows, and what it costs."""
        assert judge is not None
        row, shown = looks.scattered(stream, judge, self.config)
        mean = next(r for r in self.tables["methods"]
                    if (r["setting"], r["method"], r["epoch"]) == (setting.name, name, "best"))  # fmt: skip
        self.tables["scatter"].append({"setting": setting.name, "method": name, **row, "accuracy": mean["accuracy"]})
        spent = workshop.costs.get(name.split("+", maxsplit=1)[0], {"offline_s": 0.0, "passes": 0.0})
        online = looks.online_ms(stream, self.config)
        self.tables["cost"].append({"setting": setting.name, "method": name, **spent, "online_ms": online})
        if name == DEDA and isinstance(parts.replace, methods.Combiner):
            counted = {**parts.replace.bank.counted(), "passes": int(spent["passes"])}
            self.tables["counter"].append({"setting": setting.name, **counted})
        for table in ("scatter", "cost", "counter"):
            self.journal.table(table, self.tables[table])
        self.journal.array(f"shown-{setting.name}-{name.replace('+', '_')}", pictures=shown)


def _compared(
    drawn: measure.Resamples, mine: np.ndarray, base: np.ndarray, groups: np.ndarray,
    of_base: tuple[np.ndarray, np.ndarray],
) -> Row:  # fmt: skip
    means, worsts = drawn.means(mine), drawn.worst(mine, groups)
    value, worst = float(mine.mean()), measure.worst(mine, groups)
    gain = measure.interval(value - float(base.mean()), means - of_base[0])
    lifted = measure.interval(worst - measure.worst(base, groups), worsts - of_base[1])
    return {
        **_named("accuracy", measure.interval(value, means)),
        **_named("worst", measure.interval(worst, worsts)),
        **_named("gain", gain),
        **_named("worst_gain", lifted),
    }


def _named(name: str, found: measure.Interval) -> Row:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _write(found: Trained, folder: Path) -> None:
    guesses = {f"guesses.{epoch}": torch.from_numpy(values) for epoch, values in found.guesses.items()}
    save_file(
        {**guesses, **{f"weights.{k}": v.contiguous() for k, v in found.weights.items()}}, folder / "t.safetensors"
    )
    (folder / "t.json").write_text(json.dumps({"best_step": found.best_step, "validation": found.validation}))


def _read(folder: Path) -> Trained:
    kept, said = load_file(folder / "t.safetensors"), json.loads((folder / "t.json").read_text())
    weights = {k.removeprefix("weights."): v for k, v in kept.items() if k.startswith("weights.")}
    return Trained({e: kept[f"guesses.{e}"].numpy() for e in EPOCHS}, said["best_step"], said["validation"], weights)
