"""Train the denoisers, draw the same identities with each method, and judge them.

`mien train id3 --preset full --wait`. It says the tables `identities` (a row a method and seed), `guided` (mean cosine
of the first method less each other's, with intervals) and `trade` (what more guidance costs); the arrays
`judged-METHOD`, with the cosine of each sampling step, and `sheet-METHOD`; pictures `drawn-METHOD`. It leaves the first
training as one file.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engines.backbones.cards import Card
from engines.backbones.device import pick_device
from engines.backbones.readers import Readers
from engines.errors import BadConfig
from engines.faceworld.photographs import WorldDataset, WorldSpec
from engines.faceworld.sheets import sheet
from engines.synthesis.id3 import anchors as spheres
from engines.synthesis.id3 import autoencoder, data, judging, kept, model
from engines.synthesis.id3.attributes import encode
from engines.synthesis.id3.dataset import Asked, Order, asked
from engines.synthesis.id3.losses import Autoencoder, IdentityLoss
from engines.synthesis.id3.recipe import TRAINED, Id3Config
from engines.synthesis.id3.sampling import Generator, Guidance, Pace, draw_many
from engines.synthesis.latent import learners
from engines.training.journal import Journal
from engines.training.loop import Loop
from engines.training.sampling import hash_seed

SCALES = (0.0, 0.5, 1.0, 2.0)
"""Guidance of the trade, in the run's own scale."""
SHOWN = 8


@dataclass
class Outcome:
    """The first denoiser and the tables."""

    model: kept.Model
    config: Id3Config
    numbers: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The tables of the run, with the label of the data they were measured on."""
        return self.numbers

    def save(self, folder: Path) -> None:
        """`id3.safetensors` and its card."""
        rows = [row for row in self.numbers["identities"] if row["method"] == self.config.methods[0]]
        held = {f"{name}, {self.config.methods[0]}": rows[0][name] for name in
                ("cosine", "uniqueness", "consistency", "recall", "eer", "fid", "yaw_error_deg", "age_error_years")
                if rows and name in rows[0]}  # fmt: skip
        card = Card(
            name=kept.NAME, title="ID³: a denoiser of identity and attributes", origin="trained by the recipe id3",
            licence="Apache-2.0", command=kept.COMMAND, seed=self.config.seed, data=self.numbers["data"],
            config={"recipe": self.config.model_dump(mode="json")}, held_out=held,
        )  # fmt: skip
        kept.save(self.model, card, folder)


class Run:
    """What the methods of a run share: readers, faces, latents, and whom they draw."""

    def __init__(self, config: Id3Config, journal: Journal):
        self.config, self.journal = config, journal
        self.device = pick_device(config.device)
        self.readers: Readers = data.load_readers(config)
        self.train = data.training(config, self.readers, journal)
        self.held = data.held_out(config, self.readers, journal)
        self.autoencoder: Autoencoder = autoencoder.ready(config, self.train, journal)
        latents = autoencoder.encoded(self.autoencoder, self.train, config, journal)
        self.batches = data.Conditioned(latents, self.train)
        self.schedule: Any = learners.schedule(autoencoder.latent_settings(config))
        self.generators: dict[tuple[str, int], Generator] = {}
        self.seconds: dict[str, float] = {}

    @property
    def seeds(self) -> range:
        """Seeds of the trainings."""
        return range(self.config.seed, self.config.seed + self.config.seeds)

    def fit(self, training: str, seed: int) -> None:
        """Train one denoiser."""
        config, began = self.config.replace(seed=seed), time.monotonic()
        torch.manual_seed(seed)
        net = model.build(config, self.train.embedding.shape[1], self.batches.latents.shape[-1])
        learner = IdentityLoss(
            net, self.autoencoder, self.readers.identity, self.schedule.alphas_cumprod, config, training
        )
        name = f"{training}-{seed}"
        several = len(self.config.trainings) * self.config.seeds > 1
        Loop(learner, self.batches, config, self.journal, stage=name, prefix=f"{name}/" if several else "").fit()
        self.generators[training, seed] = Generator(
            net.to(self.device), self.autoencoder, self.readers.identity, self.schedule
        )
        self.seconds[name] = time.monotonic() - began

    def centres(self) -> Tensor:
        """Embeddings (C, D) of people never trained on, means of their pictures."""
        from engines.synthesis.judge import centres

        return torch.from_numpy(centres(self.held.embedding, self.held.person).astype(np.float32))

    def wishes(self, method: str) -> Asked:
        """What is asked of a method: IDiff-Face draws its contexts evenly from the sphere."""
        config, width, space = self.config, self.train.embedding.shape[1], None
        order = Order(config.identities, config.images, config.seed, config.closest, config.farthest, config.attributes)
        if method == "idiff" or config.anchors == "random":
            anchors = spheres.random_directions(config.identities, width, config.seed)
        elif config.anchors == "tammes":
            anchors = spheres.tammes(config.identities, width, config.seed).points
        else:
            space = spheres.filled(torch.from_numpy(self.train.embedding))
            spread = config.anchors == "spread"
            anchors = spheres.spread_within(space, config.identities, config.seed) if spread else self.centres()
        return asked(order, anchors, self.train.attributes, space)

    def drawn(self, method: str, seed: int, scale: float = 1.0) -> tuple[judging.DrawnSet, np.ndarray]:
        """A method's set and the cosine of each step (S, N)."""
        if method == "render":
            return self._rendered(), np.empty((0, 0))
        config, began, wishes = self.config, time.monotonic(), self.wishes(method)
        pull = guidance(config, scale if method == "id3" else 0.0)
        noises = [hash_seed(config.seed, 7, index) for index in range(len(wishes.identity))]
        said = encode(wishes.attributes) * (0.0 if method == "idiff" else 1.0)
        tell = lambda share: self.journal.phase(f"draw-{method}-{seed}", share)  # noqa: E731
        images, _, steps = draw_many(
            self.generators[TRAINED[method], seed], wishes.embedding, said, noises, pull, pace(config), tell,
            self.journal.stopping,
        )  # fmt: skip
        spent = (time.monotonic() - began) / len(images)
        who = self._names(wishes.identity, method)
        return judging.DrawnSet(images, who, wishes.embedding.numpy(), wishes.attributes, spent), steps

    def _names(self, who: np.ndarray, method: str) -> np.ndarray:
        """Identities by the number of the real person they are asked to be, where they are."""
        if self.config.anchors == "people" and method != "idiff":
            return np.unique(self.held.person)[who]
        return -1 - who

    def _rendered(self) -> judging.DrawnSet:
        """People rendered anew; what is asked for is what is true of them."""
        config, began = self.config, time.monotonic()
        spec = WorldSpec("test", config.identities, config.images, size_px=data.WORLD_PX, seed=config.seed + 1)
        rows = [WorldDataset(spec)[index] for index in range(len(spec))]
        images = data.shrunk(np.stack([row["image"] for row in rows]), config.size_px)
        true = np.array([[row[name] for name in ("yaw", "pitch", "roll", "years")] for row in rows], np.float32)
        who = np.array([row["identity"] for row in rows])
        return judging.DrawnSet(images, who, None, true, (time.monotonic() - began) / len(rows))


def train(config: Id3Config, journal: Journal) -> Outcome:
    """See the module."""
    if not config.trainings:
        raise BadConfig("Name a method that is trained, such as id3; render alone trains nothing.")
    run = Run(config, journal)
    for training in config.trainings:
        for seed in run.seeds:
            run.fit(training, seed)
    journal.phase("judge", 0.0, "embedding what was trained on")
    judges = judging.Judges(config, run.readers, run.train, run.held)
    rows, cosines = _judged(run, judges)
    journal.table("identities", rows)
    paired = _paired(config, cosines)
    journal.table("guided", paired)
    trade = _trade(run, judges) if "id3" in config.methods else []
    journal.table("trade", trade)
    first = run.generators[config.trainings[0], config.seed]
    whole = kept.Model(
        first, run.readers, run.train.embedding, run.train.person, run.train.attributes, run.centres().numpy(),
        guidance(config), pace(config), run.train.origin,
    )  # fmt: skip
    numbers = {
        "data": config.folder or "face world", "seed": config.seed, "seeds": config.seeds, "identities": rows,
        "guided": paired, "trade": trade, "training_s": run.seconds, "peak_memory_mb": _peak_mb(),
        "parameters": sum(p.numel() for p in first.model.parameters()),
    }  # fmt: skip
    return Outcome(whole, config, numbers)


def guidance(config: Id3Config, scale: float = 1.0) -> Guidance:
    """The settings' guidance, `scale` times as strong."""
    return Guidance(
        config.guidance * scale, "falling" if config.weight == "none" else config.weight, config.guide,
        config.guide_every, config.guide_from, config.guide_to,
    )  # fmt: skip


def pace(config: Id3Config) -> Pace:
    """The settings' solver."""
    return Pace(config.sampler, config.sample_steps, config.precision)


def _judged(run: Run, judges: judging.Judges) -> tuple[list[dict[str, Any]], dict[str, list[np.ndarray]]]:
    """Rows of all methods and seeds, and each method's mean cosines by identity, a list over seeds."""
    config, rows, cosines = run.config, list[dict[str, Any]](), dict[str, list[np.ndarray]]()
    for method in config.methods:
        for seed in run.seeds if method != "render" else [config.seed]:
            drawn, steps = run.drawn(method, seed)
            numbers, arrays = judges.row(drawn)
            if drawn.embedding is not None:
                means = judging.by_identity(arrays["cosine"], drawn.identity)
                cosines.setdefault(method, []).append(means)
                found = judging.mean_interval(means[None])
                numbers |= {"cosine_low": found.low, "cosine_high": found.high}
            rows.append({"method": method, "seed": seed, "judge": config.judge, **numbers})
            if seed == config.seed:
                _keep(run.journal, method, drawn, arrays, steps, config)
    return rows, cosines


def _keep(
    journal: Journal, method: str, drawn: judging.DrawnSet, arrays: dict[str, np.ndarray], steps: np.ndarray,
    config: Id3Config,
) -> None:  # fmt: skip
    shown = list(range(min(len(drawn.images), SHOWN * config.images)))
    journal.array(f"judged-{method}", **arrays, steps=steps)
    journal.array(f"sheet-{method}", images=drawn.images[shown], identity=drawn.identity[shown])
    journal.image(f"drawn-{method}", sheet(list(drawn.images[shown]), config.images), f"{method}: a row a person")


def _paired(config: Id3Config, cosines: dict[str, list[np.ndarray]]) -> list[dict[str, Any]]:
    """Mean cosine of the first method less that of each other, same identities, noises and seeds."""
    named = [name for name in config.methods if name in cosines and name != "idiff"]
    rows = []
    for other in named[1:]:
        apart = np.stack(cosines[named[0]]) - np.stack(cosines[other])
        found = judging.mean_interval(apart)
        rows.append({"first": named[0], "second": other, "measure": "cosine to the identity asked for",
                     "difference": found.value, "low": found.low, "high": found.high, "seeds": config.seeds,
                     "identities": apart.shape[1]})  # fmt: skip
    return rows


def _trade(run: Run, judges: judging.Judges) -> list[dict[str, Any]]:
    """What the first denoiser of ID³ gives at several scales of guidance."""
    rows = []
    names = ("cosine", "consistency", "uniqueness", "recall", "diversity", "yaw_spread_deg", "age_spread_years",
             "fid", "eer", "seconds_a_picture")  # fmt: skip
    for scale in SCALES:
        numbers, _ = judges.row(run.drawn("id3", run.config.seed, scale)[0])
        rows.append({"scale": run.config.guidance * scale, "seed": run.config.seed,
                     **{name: numbers[name] for name in names if name in numbers}})  # fmt: skip
        run.journal.phase("trade", len(rows) / len(SCALES))
    return rows


def _peak_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
