"""Detectors of forged clips, one after the other, over the same films and the same test.

`mien train video --preset demo --wait`. Tables: `auc` (by method, seed and family, of whole films), `frames` (the same
of single frames, where a detector scores them), `means` (over seeds, with intervals over people and seeds), `paired`
(differences on the same films), `streams` (AUC of the first adapter with a stream switched off, or its frames out of
order), `balance` (what each stream adds, by layer), `baselines` (trivial measures of a clip), `bodies` (what each
method is and how much of it is trained). The array `streams` holds where its streams look; the picture `blend` shows
video-level blending on a training film.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from engines.backbones.device import pick_device
from engines.data.pixels import to_bytes
from engines.detection import compare
from engines.detection.probe import Probe, fit_probe
from engines.detection.runset import file_name
from engines.detection.sta import baselines, data, detector, inside
from engines.detection.sta.clips import Blending, Mix
from engines.detection.sta.detector import ClipDetector, ClipLearner, each_view
from engines.detection.sta.recipe import Entry, VideoConfig
from engines.errors import Stopped
from engines.training.calibration import Calibration, fit_calibration
from engines.training.journal import Journal
from engines.training.loop import Loop
from engines.training.sampling import hash_seed

Rows = list[dict[str, Any]]


@dataclass
class Outcome:
    """What a run leaves: a detector of each method (of the first seed) and the tables."""

    detectors: dict[str, ClipDetector]
    numbers: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The tables of the run, with the label of the data they were measured on."""
        return self.numbers

    def save(self, folder: Path) -> None:
        """The first method at the top, the others in `rivals/NAME`, the tables in `video.json`."""
        for number, (name, kept) in enumerate(self.detectors.items()):
            place = folder / "rivals" / file_name(name) if number else folder
            place.mkdir(parents=True, exist_ok=True)
            kept.save(place)
        (folder / "video.json").write_text(json.dumps(self.numbers, indent=1))


def train(config: VideoConfig, journal: Journal) -> Outcome:
    """Run the experiment; see the module."""
    return Experiment(config, journal).run()


class Experiment:
    """One run: the same films for every method and seed.

    Raises:
        BadConfig: see `VideoConfig.entries`; said before any film is made.
    """

    def __init__(self, config: VideoConfig, journal: Journal):
        self.config, self.journal, self.entries = config, journal, config.entries()
        self.device = pick_device(config.device)
        self.sets = data.load(config, journal)
        self.blending = Blending((config.alpha_low, config.alpha_high), config.memory)
        self.scores: dict[tuple[str, int], np.ndarray] = {}
        self.frame_scores: dict[tuple[str, int], np.ndarray] = {}
        self.conditions: dict[tuple[str, int], np.ndarray] = {}
        self.detectors: dict[str, ClipDetector] = {}
        self.tables: dict[str, Rows] = {"bodies": [], "balance": []}
        self._features = cache(self._extracted)

    def run(self) -> Outcome:
        """The floor, then each training, then what the streams carry."""
        config = self.config
        self._say("baselines", baselines.rows(self.sets.train, self.sets.test, self.sets.seen, config.draws))
        self._show_blend()
        for seed in range(config.seed, config.seed + config.seeds):
            for entry in self.entries:
                if entry.kind != "average" or seed == config.seed:  # fitted, not drawn: one is enough
                    self._train(entry, seed)
        for name, kept in self.detectors.items():
            kept.card["held_out"] = [row for row in self.tables["means"] if row["method"] == name]
        numbers = {"data": self.sets.label, "seeds": [config.seed + i for i in range(config.seeds)], **self.tables}
        return Outcome(self.detectors, numbers)

    def _train(self, entry: Entry, seed: int) -> None:
        stage = f"{file_name(entry.text)}-{seed}"
        model = self.started(entry, seed)
        if entry.kind != "average":
            films = Mix(self.sets.train, entry.vb, self.blending)
            prefix = f"{stage}/" if self.detectors else ""
            config = self.config.replace(seed=seed, lr=entry.lr)
            Loop(ClipLearner(model), films, config, self.journal, stage=stage, prefix=prefix).fit()
        self._keep(entry, seed, model.eval(), stage)

    def started(self, entry: Entry, seed: int) -> ClipDetector:
        """A detector about to be trained; its head is the probe's where there is one."""
        torch.manual_seed(seed)
        model = detector.build(self._card(entry, seed)).to(self.device)
        if (
            entry.kind in ("sta", "average", "full") and entry.pretrained and self.config.start == "probe"
        ) or entry.kind == "average":
            self.probe(entry).write_into(model.head)
        return model

    def _card(self, entry: Entry, seed: int) -> dict[str, Any]:
        config = self.config
        return {
            "name": entry.text, "kind": entry.kind, "tower": entry.tower, "pretrained": entry.pretrained,
            "layers": entry.layers, "frames": config.clip_frames, "stride": config.stride, "crop_px": config.crop_px,
            "bottleneck": config.bottleneck, "kernels": list(config.kernels), "heads": config.heads,
            "streams": list(entry.streams), "cross": entry.cross, "dropout": config.dropout, "width": config.width,
            "scale": config.thumb_scale, "vb": entry.vb, "seed": seed, "data": self.sets.label,
            "calibration": Calibration().to_dict(), "config": config.model_dump(mode="json"),
        }  # fmt: skip

    def probe(self, entry: Entry) -> Probe:
        """The converged head on the untrained tower's mean features, on the same mixture as the entry's training."""
        parts = self._features(entry.tower, entry.layers, entry.pretrained)
        rng, reals = np.random.default_rng(self.config.seed), parts["reals"]
        blends = round(entry.vb * len(reals))
        fakes = parts["fakes"][rng.permutation(len(parts["fakes"]))][: len(reals) - blends]
        forged = np.concatenate([parts["blends"][rng.permutation(len(reals))][:blends], fakes]) if blends else fakes
        labels = np.repeat([0, 1], [len(reals), len(forged)])
        return fit_probe(np.concatenate([reals, forged]), labels, parts["val"], self.sets.val.labels)

    def _extracted(self, tower: str, layers: int, pretrained: bool) -> dict[str, np.ndarray]:
        """Mean features (N, F) of real, forged and blended training clips, and of the validation films."""
        entry = Entry("average", "average", 0.0, False, (), layers, tower, pretrained, 1.0)
        model = detector.build(self._card(entry, 0)).to(self.device).eval()
        labels = self.sets.train.labels
        blending = self.blending if any(entry.vb > 0 for entry in self.entries) else None
        found = {
            "reals": self._training_features(model, np.flatnonzero(labels == 0), None, "reals"),
            "fakes": self._training_features(model, np.flatnonzero(labels == 1), None, "fakes"),
            "val": self._mean_features(model, self.sets.val.views, len(self.sets.val), "val"),
        }
        if blending:
            found["blends"] = self._training_features(model, np.flatnonzero(labels == 0), blending, "blends")
        return found

    def _training_features(
        self, model: ClipDetector, which: np.ndarray, blending: Blending | None, name: str
    ) -> np.ndarray:
        def clips(rows: list[int]) -> torch.Tensor:
            chosen = which[rows].tolist()
            return torch.stack([self.sets.train.training(i, hash_seed(0, i), blending)[None] for i in chosen])

        if not len(which):
            return np.zeros((0, model.head.in_features), np.float32)
        return self._mean_features(model, clips, len(which), name)

    def _mean_features(self, model: ClipDetector, clips: Any, count: int, name: str) -> np.ndarray:
        said = each_view(model, model.body, clips, count, self.config.precision, self._hear(f"features-{name}"))
        return said.mean((1, 2))

    def _keep(self, entry: Entry, seed: int, model: ClipDetector, stage: str) -> None:
        test, key = self.sets.test, (entry.text, seed)
        said = self._frames_said(model, "test", stage)
        self.scores[key] = said.mean((1, 2))
        if said.shape[2] > 1:
            self.frame_scores[key] = said.reshape(len(said), -1)
        val = self._frames_said(model, "val", stage).mean((1, 2))
        model.card["calibration"] = fit_calibration(val, self.sets.val.labels).to_dict()
        if entry.text not in self.detectors:
            self.detectors[entry.text] = model
            self._tell(entry, model)
        if self._leads(entry):
            self._look(entry, seed, model)
        seen, draws = self.sets.seen, self.config.draws
        self._say("auc", compare.auc_rows(self.scores, test, seen, draws))
        self._say("means", compare.mean_rows(self.scores, test, seen, draws))
        self._say("paired", compare.paired_rows(self.scores, test, seen, draws))
        self._say("frames", self._frame_rows())

    def _frames_said(self, model: ClipDetector, split: str, stage: str) -> np.ndarray:
        films = getattr(self.sets, split)
        hear = self._hear(f"scores-{split}-{stage}")
        return each_view(model, model.frame_logits, films.views, len(films), self.config.precision, hear)

    def _frame_rows(self) -> Rows:
        rows: Rows = []
        for key, values in self.frame_scores.items():
            single = _Frames(self.sets.test, values.shape[1])
            rows += compare.auc_rows({key: values.ravel()}, single, self.sets.seen, self.config.draws)
        return rows

    def _leads(self, entry: Entry) -> bool:
        """Whether it is the first method with two streams."""
        both = [one.text for one in self.entries if one.kind == "sta" and len(one.streams) == 2]
        return entry.text == next(iter(both), None)

    def _look(self, entry: Entry, seed: int, model: ClipDetector) -> None:
        def hear(name: str, part: float) -> None:
            self._hear(f"streams-{seed}")(part)

        test = self.sets.test
        self.conditions["whole", seed] = self.scores[entry.text, seed]
        for name, values in inside.conditions(model, test, self.config.precision, hear).items():
            self.conditions[name, seed] = values
        rows = compare.mean_rows(self.conditions, test, self.sets.seen, self.config.draws)
        self._say("streams", [{"condition": row.pop("method"), "of": entry.text, **row} for row in rows])
        balance, arrays = inside.looked_into(model, test)
        self._say("balance", self.tables["balance"] + [{"method": entry.text, "seed": seed, **row} for row in balance])
        if seed == self.config.seed:
            self.journal.array("streams", **arrays)

    def _tell(self, entry: Entry, model: ClipDetector) -> None:
        numbers = {
            "trained_parameters": _count(model, True) if entry.kind != "average" else _count(model.head, True),
            "parameters": _count(model, False),
        }
        tower = "" if entry.kind == "r2plus1d" else entry.tower
        row = {"method": entry.text, "kind": entry.kind, "tower": tower, "layers": entry.layers, "vb": entry.vb}
        self._say("bodies", [*self.tables["bodies"], {**row, "lr": entry.lr, **numbers}])

    def _show_blend(self) -> None:
        """The same clip as filmed (above) and blended with itself."""
        if all(entry.vb == 0 for entry in self.entries):
            return
        train = self.sets.train
        real = int(np.flatnonzero(train.labels == 0)[0])
        rows = [
            np.concatenate(list(to_bytes(train.training(real, 0, blending))), 1) for blending in (None, self.blending)
        ]
        self.journal.image("blend", np.concatenate(rows, 0), "A training clip, and its video-level blend below it")

    def _say(self, name: str, rows: Rows) -> None:
        self.tables[name] = rows
        self.journal.table(name, rows)

    def _hear(self, name: str) -> Any:
        def heard(part: float) -> None:
            self.journal.phase(name, part)
            if self.journal.stopping():
                raise Stopped(f"Stopped in {name}; resume it to go on. What was trained is kept.")

        return heard


class _Frames:
    """The labels of test films, repeated for each of their frames."""

    def __init__(self, films: Any, frames: int):
        self.labels, self.family, self.group = (
            np.repeat(getattr(films, name), frames) for name in ("labels", "family", "group")
        )


def _count(module: nn.Module, trained: bool) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trained)
