"""Detectors against forgery families, said as it is found: `mien train arena --preset demo --wait`.

The pictures are made or listed once. Each detector scores them in batches, of which only logits are kept; then these
grow by it: the tables `matrix` (AUC by family, with the pools), `metrics` (of pictures and of videos),
`paired` (differences of AUC on the same pictures), `calibration` (bins of the reliability diagram) and `ece` (the
expected calibration error), the array `errors-N` (the pictures it is most wrongly sure of, see `errors`), and, damage
by damage, `robustness`. `detectors` says where each comes from. One detector at a time is in memory.

Calibration is measured on as many reals as forgeries, the odds at which `Calibration` speaks; its intervals are
Wilson's for the bins and a bootstrap over groups for the error, which is above zero on any finite sample.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from engines.backbones.device import pick_device
from engines.detection import compare, robustness
from engines.detection.arena.errors import even_odds, evenly, gallery
from engines.detection.arena.recipe import ArenaConfig
from engines.detection.arena.roster import Contestant, roster
from engines.detection.arena.testset import build
from engines.detection.detector import Detector, score
from engines.errors import Stopped
from engines.training.bootstrap import bootstrap
from engines.training.calibration import Calibration, calibration_error, reliability
from engines.training.journal import Journal
from engines.training.metrics import auc

BASELINE = "sharpness"
Rows = list[dict[str, Any]]
Load = Callable[[], Detector]


@dataclass
class Outcome:
    """What the arena leaves: its tables, and every logit with the labels, so that other numbers can be had of them."""

    tables: dict[str, Rows]
    data: str
    seed: int
    arrays: dict[str, np.ndarray]

    def summary(self) -> dict[str, Any]:
        """The tables but for the bins, and what they were measured on."""
        return {"data": self.data, "seed": self.seed, **{n: t for n, t in self.tables.items() if n != "calibration"}}

    def save(self, folder: Path) -> None:
        """`scores.safetensors` and `arena.json`."""
        save_file(self.arrays, folder / "scores.safetensors")
        (folder / "arena.json").write_text(json.dumps({"data": self.data, "seed": self.seed, **self.tables}, indent=1))


def run(config: ArenaConfig, journal: Journal) -> Outcome:
    """Run the arena; see the module."""
    return Arena(config, journal).run()


class Arena:
    """One comparison; what was scored is kept after each detector, and a resumed run goes on from there."""

    def __init__(self, config: ArenaConfig, journal: Journal):
        self.config, self.journal = config, journal
        self.contestants = roster(config.detectors)
        self.test = build(config, journal)
        for one in self.contestants:
            self.test.seen_by(one.card)  # who does not fit is told so before anything is scored
        self.device = pick_device(config.device)
        self.tables: dict[str, Rows] = {name: [] for name in ("matrix", "metrics", "calibration", "ece", "robustness")}
        self.logits: dict[str, np.ndarray] = {}
        self.scores: dict[tuple[str, int], np.ndarray] = {}
        self.step = 0

    def run(self) -> Outcome:
        """The baseline, then every detector, on the pictures as they are and damaged."""
        self._say("detectors", [one.to_row(self.test.label) for one in self.contestants])
        self._resume()
        self._baseline()
        places = evenly(self.test.plain, self.config.damaged_pictures, self.config.seed)
        for number, one in enumerate(self.contestants):
            load = cache(partial(one.load, self.device))  # once, and only if something is left to be scored
            self._meet(number, one, load)
            if self.config.damages:
                self._damage(number, one, load, places)
        arrays = {"labels": self.test.plain.labels, **self.logits}
        return Outcome(self.tables, self.test.label, self.config.seed, arrays)

    def _baseline(self) -> None:
        self._heard(f"scores-{BASELINE}", 0.0)
        if BASELINE not in self.logits:
            found = self.test.sharpness()
            if found is None:
                return self.journal.log("No sharpness baseline: it is fitted on the face world's training pictures.")
            self.logits[BASELINE] = found.astype(np.float32)
        self._matrix((BASELINE, 0), self.logits[BASELINE], self.test.sharpness_seen())
        return self._done()

    def _meet(self, number: int, one: Contestant, load: Load) -> None:
        self._heard(f"scores-{number}", 0.0, one.name)
        view = self.test.seen_by(one.card)
        if one.name not in self.logits:
            hear = partial(self._heard, f"scores-{number}", note=one.name)
            self.logits[one.name] = score(load(), view, self.config.precision, hear)
        logits, calibration = self.logits[one.name], Calibration.from_dict(one.card["calibration"])
        self._matrix(one.key, logits, one.seen(self.test.label))
        self._measure(one, logits, calibration)
        kept = gallery(calibration(logits), calibration.threshold, view, self.config.shown)
        self.journal.array(f"errors-{number}", detector=np.array(one.name), **kept)
        self._done()

    def _matrix(self, key: tuple[str, int], logits: np.ndarray, seen: list[str]) -> None:
        self.scores[key] = logits
        rows = compare.auc_rows({key: logits}, self.test.plain, seen, self.config.draws, self.config.seed)
        named = [{"detector": r.pop("method"), "pictures": r["reals"] + r["fakes"], **r} for r in rows]
        self._say("matrix", self.tables["matrix"] + named)
        everyone = sorted({family for one in self.contestants for family in one.seen(self.test.label)})
        if len(self.scores) > 1:
            paired = (self.scores, self.test.plain, everyone, self.config.draws, self.config.seed)
            self._say("paired", compare.paired_rows(*paired))

    def _measure(self, one: Contestant, logits: np.ndarray, calibration: Calibration) -> None:
        keyed, draws, seed = {one.key: logits}, self.config.draws, self.config.seed
        rows = compare.metric_rows(keyed, {one.key: calibration}, self.test.plain, draws, seed)
        self._say("metrics", self.tables["metrics"] + [{"detector": row.pop("method"), **row} for row in rows])
        places = even_odds(self.test.plain, seed)
        probability, labels = calibration(logits[places]), self.test.plain.labels[places]
        bins = min(self.config.bins, len(places))
        found = reliability(probability, labels, bins)
        rows = [{"detector": one.name, "bin": number, **row} for number, row in enumerate(found, start=1)]
        self._say("calibration", self.tables["calibration"] + rows)
        groups = self.test.plain.group[places].tolist()
        error = bootstrap(
            lambda p, y: calibration_error(p, y, bins), probability, labels, groups, draws=draws, seed=seed
        )
        row = {"detector": one.name, "ece": error.value, "low": error.low, "high": error.high}
        self._say("ece", [*self.tables["ece"], {**row, "pictures": len(places), "bins": bins}])

    def _damage(self, number: int, one: Contestant, load: Load, places: np.ndarray) -> None:
        name, before = f"damage-{number}", self.tables["robustness"]
        note = f"{one.name} on damaged pictures"
        self._heard(name, 0.0, note)
        if any(row["detector"] == one.name for row in before):
            return self._done()
        plain, asked = self.test.plain, {one.name: load()}
        pictures = self.test.pictures(one.card, places.tolist())
        found = robustness.rows(
            asked, pictures, plain.labels[places], plain.group[places], self.config.damages, self.config.draws,
            partial(self._heard, name, note=note), range(1, self.config.severities + 1), self.config.seed,
        )  # fmt: skip
        rows: Rows = []
        for row in found:
            rows.append({"detector": row.pop("method"), **row, "pictures": len(places)})
            self._say("robustness", before + rows)
        return self._done()

    def _say(self, name: str, rows: Rows) -> None:
        self.tables[name] = rows
        self.journal.table(name, rows)

    def _done(self) -> None:
        """Keep what was found up to here, and say one number of the newest scores."""
        self.step += 1
        self.journal.checkpoints.save(self.step, self._write)
        newest = list(self.scores.values())[-1]
        self.journal.metric(self.step, **{"arena/auc": auc(newest, self.test.plain.labels)})

    def _write(self, folder: Path) -> None:
        save_file(self.logits, folder / "scores.safetensors")
        (folder / "robustness.json").write_text(json.dumps(self.tables["robustness"]))

    def _resume(self) -> None:
        latest = self.journal.checkpoints.latest()
        if latest is None:
            return
        kept: Mapping[str, np.ndarray] = load_file(latest / "scores.safetensors")
        if any(len(logits) != len(self.test.plain) for logits in kept.values()):
            return self.journal.log("The pictures have changed since the last checkpoint; everything is scored anew.")
        self.logits = dict(kept)
        self._say("robustness", json.loads((latest / "robustness.json").read_text()))
        self.journal.log(f"The arena resumed after step {int(latest.name.removeprefix('step-'))}.")

    def _heard(self, name: str, part: float, note: str = "") -> None:
        self.journal.phase(name, part, note)
        if self.journal.stopping():
            raise Stopped(f"Stopped in {name}; resume it to go on. What was scored is kept.")
