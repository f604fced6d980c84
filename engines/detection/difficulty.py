"""How hard the face world's forgeries are: neither saturated nor hopeless, and harder where they are better made.

    python -m engines.detection.difficulty FOLDER [--people 60 --reals 600 --fakes 300]

writes `difficulty.md` and `difficulty.json` into a folder: AUC of linear probes on the bundled networks and of the
sharpness baseline, family by family; AUC by decile of the constructed quality Q*; rank correlations of Q* with a
detector's score and with the identity that survives; and what trivial features know, which should be nothing. Probes
are trained on the families that may be trained on. Intervals resample the people of the test set.

The face embedder here is asked what it knows of forgery; of identity, its cosine between a forgery and a plain
photograph of the source is the measured quality q of the quality-centric framework (arXiv 2411.05335).
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor

from engines.backbones import towers
from engines.backbones.aligned import chips
from engines.backbones.embedder import FaceEmbedder
from engines.data.pixels import to_unit
from engines.detection import baselines
from engines.detection.probe import fit_probe
from engines.detection.samples import centre_crop
from engines.faceworld.camera import finish
from engines.faceworld.dataset import FAMILIES, TRAIN_FAMILIES, ForgerySet, ForgerySpec
from engines.faceworld.forgery import TWO_PEOPLE_FAMILIES
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render
from engines.training.bootstrap import auc_by_family, bootstrap
from engines.training.metrics import auc

Row = dict[str, Any]
EMBEDDER = "face-embedder"
NETWORKS = ("dinov2-s6", EMBEDDER, "vit-tiny-random")
BATCH = 64
DECILES = 10
PLAIN_PHOTO = 77
"""Number of the near-frontal photograph in which every source is also shown, for the identity cosine."""


class Sets(NamedTuple):
    """Pictures of disjoint people: train and val hold the families that may be trained on, test all."""

    train: ForgerySet
    val: ForgerySet
    test: ForgerySet

    @classmethod
    def build(cls, people: int = 60, reals: int = 600, fakes: int = 300, seed: int = 0) -> "Sets":
        """People, real photographs, and fakes of each family in test; train has twice, val a third as many."""

        def spec(split: str, families: tuple[str, ...], share: float) -> ForgerySpec:
            counts = [max(4, round(share * count)) for count in (people, reals, fakes)]
            return ForgerySpec(split, families, counts[0], counts[1], counts[2], seed)

        return cls(
            ForgerySet.build(spec("train", TRAIN_FAMILIES, 2)),
            ForgerySet.build(spec("val", TRAIN_FAMILIES, 1 / 3)),
            ForgerySet.build(spec("test", FAMILIES, 1)),
        )


@dataclass(frozen=True)
class Measured:
    """What `measure` found, as rows for tables: see the functions of the same names."""

    families: list[Row]
    deciles: list[Row]
    correlations: list[Row]
    leaks: list[Row]


def measure(sets: Sets, networks: Sequence[str] = NETWORKS, draws: int = 200) -> Measured:
    """Everything; the first network's probe is the detector that Q* is held against."""
    scores = {name: probe_scores(sets, name) for name in networks}
    scores["sharpness"] = baselines.scores_of("sharpness", sets.train, sets.test)
    detector = scores[networks[0]]
    return Measured(
        [row for name, values in scores.items() for row in by_family(name, values, sets.test, draws)],
        by_decile(detector, sets.test, draws),
        correlations(detector, sets.test, draws),
        leaks(sets, draws),
    )


def probe_scores(sets: Sets, network: str) -> np.ndarray:
    """Logits (N,) of the test set under a linear probe on a frozen network, fitted on train and val."""
    feature = embeddings if network == EMBEDDER else _tower(network)
    x = {name: feature(np.asarray(pictures.images)) for name, pictures in sets._asdict().items()}
    return fit_probe(x["train"], sets.train.labels, x["val"], sets.val.labels)(x["test"])


def by_family(name: str, scores: np.ndarray, test: ForgerySet, draws: int = 200) -> list[Row]:
    """AUC of each family and of the pools "seen" and "unseen" under one method: `{method, family, seen, auc, …}`."""
    known = set(test.spec.families)
    pools = {"seen": sorted(known & set(TRAIN_FAMILIES)), "unseen": sorted(known - set(TRAIN_FAMILIES))}
    pools = {pool: members for pool, members in pools.items() if members}
    rows = auc_by_family(scores, test.labels, test.family, test.target_id, pools, draws=draws)
    return [{"method": name, "seen": row["family"] in (*TRAIN_FAMILIES, "seen"), **row} for row in rows]


def by_decile(scores: np.ndarray, test: ForgerySet, draws: int = 200, deciles: int = DECILES) -> list[Row]:
    """AUC of the fakes in each decile of Q*, all families together, against all reals; it should fall."""
    fake = np.flatnonzero(test.labels == 1)
    parts = np.array_split(fake[np.argsort(test.quality[fake], kind="stable")], deciles)
    rows = []
    for number, part in enumerate(parts, 1):
        use = np.concatenate([np.flatnonzero(test.labels == 0), part])
        found = bootstrap(auc, scores[use], test.labels[use], test.target_id[use].tolist(), draws=draws)
        low, high = test.quality[part].min(), test.quality[part].max()
        rows.append(
            {"decile": number, "from": float(low), "to": float(high), "fakes": len(part)}
            | {"auc": found.value, "low": found.low, "high": found.high}
        )
    return rows


def correlations(scores: np.ndarray, test: ForgerySet, draws: int = 200) -> list[Row]:
    """Spearman's rank correlations of Q*, over fakes, with the detector's score (a better forgery scores lower), and
    with the cosine of the face embedder to the source, where there is another person."""
    fake = np.flatnonzero(test.labels == 1)
    pairs = np.flatnonzero(np.isin(test.family, TWO_PEOPLE_FAMILIES))
    rows = [_ranked("detector's score, all families", test, fake, scores[fake], draws)]
    for family in test.spec.families:
        use = np.flatnonzero(test.family == family)
        rows.append(_ranked(f"detector's score, {family}", test, use, scores[use], draws))
    cosines = identity_cosines(test, pairs)
    for name in ("source", "target"):
        rows.append(_ranked(f"identity cosine to the {name}", test, pairs, cosines[name], draws))
    return rows


def identity_cosines(test: ForgerySet, which: np.ndarray) -> dict[str, np.ndarray]:
    """Cosine (N,) between each forgery and a plain photograph of its source and of its target."""
    shown = sorted({*test.source_id[which].tolist(), *test.target_id[which].tolist()})
    photo = Photo.sample(PLAIN_PHOTO, frontal=True, occluder="none")
    plain = np.stack([finish(render(Person.sample(one), photo).image, photo.camera) for one in shown])
    known = dict(zip(shown, _unit(embeddings(plain)), strict=True))
    found = _unit(embeddings(np.asarray(test.images)[which]))
    return {
        name: (found * np.stack([known[one] for one in people[which].tolist()])).sum(1)
        for name, people in (("source", test.source_id), ("target", test.target_id))
    }


def leaks(sets: Sets, draws: int = 200) -> list[Row]:
    """AUC, over all families, of what must tell nothing: file size, colours, border pixels, a thumbnail."""
    rows = []
    for name in (name for name in baselines.FEATURES if name != "sharpness"):
        scores = baselines.scores_of(name, sets.train, sets.test)
        found = bootstrap(auc, scores, sets.test.labels, sets.test.target_id.tolist(), draws=draws)
        rows.append({"feature": name, "auc": found.value, "low": found.low, "high": found.high})
    return rows


@torch.inference_mode()
def embeddings(images: np.ndarray) -> np.ndarray:
    """The face embedder's (N, 128) of the world's pictures (N, H, W, 3): their eyes are where the framing puts them."""
    embedder = FaceEmbedder()
    return _in_batches(images, lambda batch: embedder(chips(to_unit(batch))))


def _tower(name: str) -> Callable[[np.ndarray], np.ndarray]:
    tower = towers.build(name)

    @torch.inference_mode()
    def feature(images: np.ndarray) -> np.ndarray:
        side = min(images.shape[1] // tower.patch_px * tower.patch_px, tower.size_px)
        return _in_batches(images, lambda batch: tower(to_unit(centre_crop(batch, side))).pooled)

    return feature


def _in_batches(images: np.ndarray, of: Callable[[np.ndarray], Tensor]) -> np.ndarray:
    with torch.autocast("cpu", torch.bfloat16):
        parts = [of(images[start : start + BATCH]).float() for start in range(0, len(images), BATCH)]
    return torch.cat(parts).numpy()


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _ranked(name: str, test: ForgerySet, use: np.ndarray, values: np.ndarray, draws: int) -> Row:
    """Spearman's correlation of Q* with some values, resampling the people shown."""
    quality, people = test.quality[use], test.target_id[use]
    members = [np.flatnonzero(people == person) for person in np.unique(people)]
    rng, found = np.random.default_rng(0), []
    for _ in range(draws):
        drawn = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        found.append(spearmanr(quality[drawn], values[drawn]).statistic)
    low, high = np.nanquantile(found, [0.025, 0.975])
    value = float(spearmanr(quality, values).statistic)
    return {"with": name, "fakes": len(use), "spearman": value, "low": float(low), "high": float(high)}


LOWEST, HIGHEST = 0.60, 0.95
"""A family is fair where some method reaches the first and not every one the second."""


def unfair(rows: Sequence[Row]) -> dict[str, str]:
    """Families that no method gets hold of ("hopeless"), or that every one does ("saturated")."""
    found = {}
    for family in dict.fromkeys(row["family"] for row in rows):
        areas = [row["auc"] for row in rows if row["family"] == family]
        if max(areas) < LOWEST:
            found[family] = "hopeless"
        elif min(areas) > HIGHEST:
            found[family] = "saturated"
    return found


def markdown(found: Measured, sets: Sets) -> str:
    """The tables as a page."""
    test = sets.test.spec
    wrong = ", ".join(f"{family} ({why})" for family, why in unfair(found.families).items())
    return "\n".join(
        [
            "# How hard the forgeries of the face world are",
            "",
            f"Made pictures of the face world, {test.size_px} px, seed {test.seed}. Probes: logistic regression on a "
            f"frozen network, trained on {len(sets.train):,} pictures of {sets.train.spec.identities} people "
            f"({', '.join(sets.train.spec.families)}); tested on {test.reals:,} reals and {test.fakes_per_family:,} "
            f"fakes of each family, of {test.identities} other people. Intervals: 95 %, people resampled.",
            "",
            "## AUC by method and family",
            "",
            *_families_table(found.families),
            "",
            f"Families below {LOWEST} or above {HIGHEST} for every method: {wrong or 'none'}.",
            "",
            f"## Q* and the detector ({found.families[0]['method']})",
            "",
            *_table(found.deciles, {"decile": "decile of Q*", "from": "from", "to": "to", "auc": "AUC"}),
            "",
            *_table(found.correlations, {"with": "Q* against", "fakes": "fakes", "spearman": "Spearman"}),
            "",
            "## What must tell nothing",
            "",
            *_table(found.leaks, {"feature": "feature", "auc": "AUC, all families"}),
            "",
        ]
    )


def _families_table(rows: Sequence[Row]) -> list[str]:
    """One line a family, pools last; one column a method."""
    methods = list(dict.fromkeys(row["method"] for row in rows))
    cells = {(row["family"], row["method"]): _interval(row["auc"], row) for row in rows}
    seen = {row["family"]: row["seen"] for row in rows}
    lines = [f"| family | trained on | {' | '.join(methods)} |", "|---" * (len(methods) + 2) + "|"]
    for family in sorted(seen, key=lambda name: (name in ("seen", "unseen"), not seen[name])):
        values = " | ".join(cells[family, method] for method in methods)
        lines.append(f"| {family} | {'yes' if seen[family] else 'no'} | {values} |")
    return lines


def _table(rows: Sequence[Row], columns: dict[str, str]) -> list[str]:
    """A Markdown table; the last column carries the row's interval."""
    *plain, last = columns
    lines = [f"| {' | '.join(columns.values())} |", "|---" * len(columns) + "|"]
    for row in rows:
        cells = [f"{row[name]:.2f}" if isinstance(row[name], float) else str(row[name]) for name in plain]
        lines.append(f"| {' | '.join([*cells, _interval(row[last], row)])} |")
    return lines


def _interval(value: float, row: Row) -> str:
    return f"{value:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def main(folder: Path, people: int, reals: int, fakes: int) -> None:
    """Measure, and write the page and its numbers."""
    sets = Sets.build(people, reals, fakes)
    found = measure(sets)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "difficulty.md").write_text(markdown(found, sets), encoding="utf-8")
    (folder / "difficulty.json").write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How hard the forgeries of the face world are, as tables.")
    parser.add_argument("folder", type=Path, help="where to write difficulty.md and difficulty.json")
    parser.add_argument("--people", type=int, default=60, help="people in the test set; training has twice as many")
    parser.add_argument("--reals", type=int, default=600, help="real photographs in the test set")
    parser.add_argument("--fakes", type=int, default=300, help="forgeries of each family in the test set")
    main(**vars(parser.parse_args()))
