"""Both readers, one after the other, on the same pictures, and what they are worth.

Run it with `mien train readers --preset demo --wait`. It says to the journal: tables `identity` (error rates of the
reader and its rivals, over all pairs, within groups, by group) and `attributes` (errors by group beside those of the
mean), and arrays `embeddings` and `attributes` of the test people.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engines.analysis.identity import all_pairs
from engines.backbones import readers
from engines.backbones.cards import Card
from engines.backbones.device import pick_device
from engines.backbones.irnet import SIZE_PX
from engines.backbones.readers import AttributeReader, IdentityReader, Reader
from engines.errors import Stopped
from engines.recognition.readers import data as pictures
from engines.recognition.readers import measure
from engines.recognition.readers.data import Training, WorldFaces
from engines.recognition.readers.learners import AttributeLearner, IdentityLearner
from engines.recognition.readers.recipe import ReadersConfig, command
from engines.recognition.verification import as_cosine, missed
from engines.training.journal import Journal
from engines.training.loop import Loop

LICENCE = "Apache-2.0"
FALSE_MATCHES = 0.01
"""Share of strangers that the threshold on the card lets through, on the validation people."""


@dataclass
class Outcome:
    """What a run leaves: the readers with their cards, and the tables."""

    readers: list[tuple[Reader, Card]]
    numbers: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The tables of the run, with the label of the data they were measured on."""
        return self.numbers

    def save(self, folder: Path) -> None:
        """Each reader with its card: `engines.backbones.readers.Readers.load(folder)` reads them."""
        for reader, card in self.readers:
            readers.save(reader, card, folder)


def train(config: ReadersConfig, journal: Journal) -> Outcome:
    """Run the recipe; see the module."""
    return _Run(config, journal).run()


class _Run:
    """One run over the same pictures."""

    def __init__(self, config: ReadersConfig, journal: Journal):
        self.config, self.journal = config, journal
        self.device = pick_device(config.device)
        self.made: list[tuple[Reader, Card]] = []
        self.numbers: dict[str, Any] = {}

    def run(self) -> Outcome:
        """Pictures, each reader, its errors."""
        self.data = pictures.load(self.config, self.journal)
        self.numbers |= {"data": self.data.label, "seed": self.config.seed}
        if "identity" in self.config.readers:
            self._identity()
        if "attributes" in self.config.readers:
            self._attributes()
        return Outcome(self.made, self.numbers)

    def _identity(self) -> None:
        config = self.config
        torch.manual_seed(config.seed)
        reader, faces = IdentityReader(config.network), self._training(chips=bool(config.teacher))
        learner = IdentityLearner(reader, faces.classes, config, config.teacher)
        Loop(learner, faces, config, self.journal, stage="identity", prefix="identity/").fit()
        readers.rounded(reader.eval())
        threshold = self._threshold(reader)
        rows = self._identity_rows(reader)
        self.journal.table("identity", rows)
        self.numbers |= {"identity": rows, "threshold": threshold}
        figures = {
            f"EER of the {row['reader']}, {row['pairs']} pairs": _interval(row, "eer")
            for row in rows
            if row["pairs"] in ("all", "same group")
        }
        self._keep(reader, "Who it is: a face as a direction", figures, threshold=threshold)

    def _identity_rows(self, reader: IdentityReader) -> list[dict[str, Any]]:
        test, how = self.data.test, (self.data.test, self.config.draws, self.config.seed)
        found = measure.said(reader, test, self._heard("embeddings"))
        self.journal.array("embeddings", embeddings=found, people=test.people)
        rows = measure.identity_rows("identity", found, *how)
        small = measure.said(reader, test, self._heard("embeddings-small"), measure.SMALL_PX)
        rows += measure.identity_rows(f"identity at {measure.SMALL_PX} px", small, *how)
        if isinstance(test, WorldFaces):
            rivals = measure.photograph_embeddings(test, self._heard("photograph-embeddings"))
            rows += measure.identity_rows("embedder of photographs", rivals, *how)
        return rows + measure.identity_rows("8 x 8 thumbnail", measure.thumbnails(test), *how)

    def _threshold(self, reader: IdentityReader) -> float:
        val = self.data.val
        found = measure.said(reader, val, self._heard("threshold"))
        return as_cosine(missed(all_pairs(found, val.people.tolist()), FALSE_MATCHES)[1])

    def _attributes(self) -> None:
        train, test, config = self.data.train, self.data.test, self.config
        assert isinstance(train, WorldFaces) and isinstance(test, WorldFaces)
        torch.manual_seed(config.seed)
        reader = AttributeReader(config.network)
        reader.centre.copy_(torch.from_numpy(train.targets.mean(0)))
        reader.spread.copy_(torch.from_numpy(train.targets.std(0)))
        steps = {"steps": config.attribute_steps, "warmup": min(config.warmup, config.attribute_steps)}
        learner, loop = AttributeLearner(reader, config), config.replace(**steps)
        Loop(learner, self._training(), loop, self.journal, stage="attributes", prefix="attributes/").fit()
        readers.rounded(reader.eval())
        told, rows = self._attribute_rows(reader, test)
        self.journal.table("attributes", rows)
        self.journal.array("attributes", told=told, truth=test.targets, people=test.people)
        self.numbers["attributes"] = rows
        figures = {
            f"mean error of {row['what']} at {row['px']} px, {row['unit']}": _interval(row, "error")
            for row in rows
            if row["group"] == "all"
        }
        self._keep(reader, "Pose, age and 68 landmarks of a face", figures)

    def _attribute_rows(self, reader: AttributeReader, test: WorldFaces) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """What it says of the test faces, and its errors at full and at small size."""
        centre, how, rows = reader.centre.cpu().numpy(), (self.config.draws, self.config.seed), []
        told = {px: measure.said(reader, test, self._heard(f"read-{px}"), px) for px in (SIZE_PX, measure.SMALL_PX)}
        for px, numbers in told.items():
            rows += measure.attribute_rows(numbers, centre, test, *how, px)
        return told[SIZE_PX], rows

    def _training(self, chips: bool = False) -> Training:
        return Training(self.data.train, self.config.shift_px, self.config.coarse, chips)

    def _keep(self, reader: Reader, title: str, figures: dict[str, Any], **config: Any) -> None:
        card = Card(
            name=reader.name,
            title=title,
            origin="trained by the recipe readers",
            licence=LICENCE,
            command=command(self.config),
            config={"network": reader.net.name, **config, "recipe": self.config.model_dump(mode="json")},
            seed=self.config.seed,
            data=self.data.label,
            held_out=figures,
        )
        self.made.append((reader, card))

    def _heard(self, name: str) -> measure.Heard:
        def heard(part: float) -> None:
            self.journal.phase(name, part)
            if self.journal.stopping():
                raise Stopped(f"Stopped in {name}; resume it to go on. What was trained is kept.")

        return heard


def _interval(row: dict[str, Any], name: str) -> list[float]:
    """Value and interval of a row, to four digits."""
    return [float(np.round(row[key], 4)) for key in (name, "low", "high")]
