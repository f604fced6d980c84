"""Every system of the challenge trained and tested, said as it is found: `mien train frcsyn --preset demo --wait`.

Tables: `systems` (what each is trained on), `results` (sub-task by system by seed), `ranking` (over seeds), `parts`
(accuracy by group and by database), `mix` (the share of synthetic data against AVG, TO and GAP), and `verification`
(ten-fold accuracy, where sets are named). Arrays: `pairs-DATABASE` and `faces-DATABASE` (who is compared, and what they
look like), and `scores-N` (cosines of each trained system, with its threshold).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engines.backbones import readers
from engines.backbones.cards import Card, save_bundled
from engines.backbones.device import pick_device
from engines.backbones.readers import IdentityReader
from engines.data.containers.pairs_bin import read_bin
from engines.data.packed import pack
from engines.errors import BadInput, Stopped
from engines.recognition.augment import parted
from engines.recognition.frcsyn import sets, submission, tables
from engines.recognition.frcsyn.recipe import DRAWN, REAL, RENDERED, WORLD, FrcsynConfig, require_data
from engines.recognition.frcsyn.report import Scored
from engines.recognition.frcsyn.tasks import DATABASES
from engines.recognition.frcsyn.world import Benchmark, BenchmarkSpec, build
from engines.recognition.readers.data import view
from engines.recognition.readers.learners import IdentityLearner
from engines.recognition.verification import mirrored_embeddings, verify_set
from engines.training.journal import Journal
from engines.training.loop import Loop
from engines.training.metrics import best_threshold
from engines.training.sampling import Item

THUMB_PX = 56
THRESHOLD_PAIRS = 20_000
Rows = list[dict[str, Any]]


@dataclass
class Outcome:
    """What a run leaves: embedders with their cards, tables, and the first source's submission."""

    numbers: dict[str, Any]
    embedders: list[tuple[IdentityReader, Card]] = field(default_factory=list)
    files: dict[tuple[str, str, str], submission.File] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The tables of the run, with the label of the data they were measured on."""
        return self.numbers

    def save(self, folder: Path) -> None:
        """Each system's first embedder with its card, `frcsyn.json`, and `submission.zip`."""
        for embedder, card in self.embedders:
            tensors = {k: v for k, v in embedder.state_dict().items() if not k.endswith("num_batches_tracked")}
            save_bundled(tensors, card, folder)
        (folder / "frcsyn.json").write_text(json.dumps(self.numbers, indent=1))
        if self.files:
            submission.write(folder / "submission.zip", self.files)


class Training:
    """Faces as the loop wants them: {"images": (B, 3, 112, 112) in [0, 1], "people": (B,) from 0}."""

    def __init__(self, faces: sets.Faces, config: FrcsynConfig):
        self.faces, self.config = faces, config
        names, self.labels = np.unique(faces.people, return_inverse=True)
        self.classes = len(names)

    def __len__(self) -> int:
        return len(self.faces)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, torch.Tensor]:
        """The batch of some `(index, seed)`."""
        how = self.config
        views = [view(self.faces.picture(index), seed, how.shift_px, how.coarse) for index, seed in items]
        images = [parted(image, seed, how.crop, how.erase) for image, (_, seed) in zip(views, items, strict=True)]
        people = torch.from_numpy(self.labels[[index for index, _ in items]])
        return {"images": torch.stack(images), "people": people}


def train(config: FrcsynConfig, journal: Journal) -> Outcome:
    """Run the recipe; see the module."""
    require_data(config)
    return _Run(config, journal).run()


class _Run:
    """One run: sets, tests, then system by system, seed by seed."""

    def __init__(self, config: FrcsynConfig, journal: Journal):
        self.config, self.journal = config, journal
        self.device = pick_device(config.device)
        self.found = tables.Tables(config.draws, config.seed)
        self.verification: Rows = []
        self.kept: list[tuple[IdentityReader, Card]] = []
        self.files: dict[tuple[str, str, str], submission.File] = {}

    def run(self) -> Outcome:
        """Everything."""
        real = self._open(self.config.real)
        systems = sets.systems(self.config, real, {name: self._open(name) for name in self.config.sources})
        rows = [system.row() for system in systems]
        self.journal.table("systems", rows)
        self.tests = {name: self._test(name) for name in DATABASES}
        number = 0
        for index, system in enumerate(systems):
            for seed in range(self.config.seed, self.config.seed + self.config.seeds):
                self._one(number, index, system, seed)
                number += 1
        label = "face world" if self.config.real == WORLD else self.config.real
        numbers = {"data": label, "seeds": self.config.seeds, "systems": rows, **self.found.summary()}
        return Outcome(numbers | {"verification": self.verification}, self.kept, self.files)

    def _open(self, name: str) -> sets.Faces:
        stem = name if name in (WORLD, RENDERED, DRAWN) else "folder"
        return sets.open_set(name, self.config, self._heard(f"pictures-{stem}"), self.journal.stopping)

    def _test(self, name: str) -> Benchmark:
        made = build(
            BenchmarkSpec(name, self.config.test_people), self._heard(f"pictures-{name}"), self.journal.stopping
        )
        one, other = made.pairs.people
        kept = {"first": made.pairs.first, "second": made.pairs.second, "same": made.pairs.same}
        kept |= {"group": made.pairs.group, "kind": made.pairs.kind, "one": one, "other": other}
        self.journal.array(f"pairs-{name}", **kept)
        places = np.linspace(0, made.pictures.shape[1] - 1, THUMB_PX).round().astype(int)
        self.journal.array(f"faces-{name}", **pack(made.pictures[:, places[:, None], places[None]]))
        return made

    def _one(self, number: int, index: int, system: sets.System, seed: int) -> None:
        torch.manual_seed(seed)
        stage, config = f"system-{index}-{seed}", self.config.replace(seed=seed)
        embedder, faces = IdentityReader(config.network), Training(system.train, config)
        learner = IdentityLearner(embedder, faces.classes, config)
        Loop(learner, faces, config, self.journal, stage=stage, prefix=f"{stage}/").fit()
        readers.rounded(embedder.eval())
        threshold = self._threshold(embedder, system.held, f"threshold-{index}-{seed}", seed)
        scored = {name: self._score(embedder, name, threshold, f"{stage}-{name}") for name in DATABASES}
        cosines = {name: one.scores.astype(np.float32) for name, one in scored.items()}
        self.journal.array(
            f"scores-{number}",
            system=np.array(system.name),
            seed=np.array(seed),
            threshold=np.array(threshold),
            **cosines,
        )
        self._measure(embedder, system, seed, threshold, scored)
        if seed == self.config.seed:
            self.kept.append((embedder, self._card(index, system, threshold)))
            self._submit(system, scored)

    def _measure(
        self, embedder: IdentityReader, system: sets.System, seed: int, threshold: float, scored: dict[str, Scored]
    ) -> None:
        self.found.add(system, seed, threshold, scored)
        for name, rows in self.found.tables().items():
            self.journal.table(name, rows)
        for place in self.config.sets:
            pictures, same = read_bin(Path(place)).arrays()
            ten = verify_set(lambda part: self._embed(embedder, part), pictures, same)
            row = {"system": system.name, "seed": seed, "set": Path(place).stem}
            self.verification.append({**row, "accuracy": 100 * ten.mean, "std": 100 * ten.std, "pairs": len(same)})
            self.journal.table("verification", self.verification)

    def _threshold(self, embedder: IdentityReader, held: sets.Subset, name: str, seed: int) -> float:
        """The cosine that divides mated pairs from as many strangers best, among people kept out of the training."""
        pictures = np.stack([held.picture(index) for index in range(len(held))])
        points = self._points(embedder, pictures, name)
        codes = np.unique(held.people, return_inverse=True)[1]
        one, other = np.triu_indices(len(codes), 1)
        same = codes[one] == codes[other]
        rng = np.random.default_rng((seed, 0x7E))
        count = min(int(same.sum()), int((~same).sum()), THRESHOLD_PAIRS)
        if not count:
            raise BadInput(
                "None of the people kept out for the threshold has two pictures. Raise held_out, or give every person "
                "of the training set at least two."
            )
        chosen = np.concatenate([rng.choice(np.flatnonzero(kind), count, replace=False) for kind in (same, ~same)])
        cosines = (points[one[chosen]] * points[other[chosen]]).sum(1)
        return best_threshold(cosines, same[chosen].astype(int))

    def _score(self, embedder: IdentityReader, name: str, threshold: float, said: str) -> Scored:
        test = self.tests[name]
        points = self._points(embedder, test.pictures, f"scores-{said}")
        cosines = (points[test.pairs.first] * points[test.pairs.second]).sum(1).clip(-1, 1)
        cosines = cosines.astype(np.float32).astype(np.float64)  # as they are kept
        return Scored(test.pairs, cosines, cosines >= threshold)

    def _points(self, embedder: IdentityReader, pictures: np.ndarray, name: str) -> np.ndarray:
        heard = self._heard(name)
        return mirrored_embeddings(lambda images: self._embed(embedder, images), pictures, heard)

    @torch.inference_mode()
    def _embed(self, embedder: IdentityReader, pictures: np.ndarray) -> np.ndarray:
        embedder.to(self.device)
        images = torch.from_numpy(np.ascontiguousarray(pictures)).to(self.device)
        return embedder(images.permute(0, 3, 1, 2).float().div_(255)).cpu().numpy()

    def _submit(self, system: sets.System, scored: dict[str, Scored]) -> None:
        """Files of the first source's systems, and of the baseline in every sub-task."""
        names = tuple(tables.SUBTASKS) if system.name == REAL else system.subtasks
        kind = "baseline" if system.name == REAL else "proposed"
        for subtask in names:
            for database in tables.SUBTASKS[subtask].databases:
                one = scored[database]
                self.files.setdefault((subtask, database, kind), ((1 + one.scores) / 2, one.decisions))

    def _card(self, index: int, system: sets.System, threshold: float) -> Card:
        known = {RENDERED: "none, it renders", DRAWN: WORLD}
        made = "none" if system.share == 0 else known.get(system.source, "not known")
        told = {"teacher": "none", "generator_training_data": made, "id_encoder_training_data": made}
        return Card(
            name=f"embedder-{index}",
            title=f"Face embedder trained on {system.name}",
            origin="trained by the recipe frcsyn",
            licence="Apache-2.0",
            command="mien train frcsyn",
            config={
                "network": self.config.network,
                "threshold": threshold,
                "system": system.name,
                **told,
                "recipe": self.config.model_dump(mode="json"),
            },
            seed=self.config.seed,
            data="face world" if self.config.real == WORLD else system.name,
        )

    def _heard(self, name: str) -> Callable[[float], None]:
        def heard(part: float) -> None:
            self.journal.phase(name.replace(" ", "-"), part)
            if self.journal.stopping():
                raise Stopped(f"Stopped in {name}; resume it to go on. What was trained is kept.")

        return heard
