"""A person and a photograph to a picture and its truth.

The head is turned, projected by a pinhole, aligned so that the eyes lie where face recognition wants them (at
112 px: 35 px apart, 51 px from the top), rasterised at twice the size and averaged.
"""

import functools
from dataclasses import dataclass

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.basis import HAIR, SKIN, load_basis
from engines.faceworld.camera import tone
from engines.faceworld.landmarks import FIVE_FROM_68, landmark_vertices
from engines.faceworld.noise import noise_volume
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.places import background
from engines.faceworld.raster import FAR, depth_map, rasterise, vertex_normals
from engines.faceworld.shade import LABELS, Look, Mesh, Shadow, shade

SUPERSAMPLING = 2
EYE_DISTANCE, EYE_HEIGHT = 35 / 112, 0.455
"""Framing: distance between the eyes and their height, as shares of the picture's size."""
SHADOW_SIZE, SHADOW_SPAN = 112, 0.34
SIZES_PX = (32, 512)


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known of a picture; coordinates in px, pixel (0, 0) covering [0, 1) x [0, 1).

    Args:
        places: (H, W, 3) canonical coordinates in metres, NaN where there is no head.
        landmarks: (68, 2) x, y. five: (5, 2) eyes, nose tip, mouth corners.
        masks: name -> (H, W) float32 cover in [0, 1]: face, skin, hair, eyes, lips, mouth, accessory, clothes.
        depth: (H, W) float32 metres from the camera, infinite where nothing is.
        pose: (yaw, pitch, roll) in radians.
    """

    places: np.ndarray
    landmarks: np.ndarray
    five: np.ndarray
    masks: dict[str, np.ndarray]
    depth: np.ndarray
    pose: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Picture:
    """A photograph before the camera's finish: image (H, W, 3) float32 RGB in [0, 1], toned; and its truth."""

    image: np.ndarray
    truth: Truth


def render(person: Person, photo: Photo, size_px: int = 112) -> Picture:
    """Photograph a person.

    Raises:
        BadConfig: a size outside `SIZES_PX`.
    """
    if not SIZES_PX[0] <= size_px <= SIZES_PX[1]:
        raise BadConfig(f"A picture is {SIZES_PX[0]} to {SIZES_PX[1]} px wide, not {size_px}.")
    view = _View(person, photo, size_px)
    width = size_px * SUPERSAMPLING
    mesh = view.mesh()
    index, weights, depth = rasterise(view.screen, mesh.faces, len(load_basis().faces), width)
    image = background(photo.place, width)
    labels = np.zeros((width, width), np.uint8)
    places = np.full((width, width, 3), np.nan, np.float32)
    shade((index, weights), mesh, view.look(), photo.light, view.shadow(mesh), noise_volume(), image, labels, places)
    return Picture(tone(_mean(image), photo.camera), view.truth(labels, places, depth))


class _View:
    """The vertices of a photograph: in camera axes (metres) and on the screen (raster px)."""

    def __init__(self, person: Person, photo: Photo, size_px: int):
        basis = load_basis()
        self.person, self.photo, self.size_px = person, photo, size_px
        head = person.vertices + (photo.expression @ basis.expression).reshape(-1, 3)
        self.rotation = _rotation(photo.yaw, photo.pitch)
        self.head = (head @ self.rotation.T).astype(np.float32)
        hair = person.hair.vertices @ self.rotation.T
        self.vertices = np.concatenate([self.head, hair]).astype(np.float32)
        self.screen = self._project(self.vertices)

    def _project(self, vertices: np.ndarray) -> np.ndarray:
        basis, photo, width = load_basis(), self.photo, self.size_px * SUPERSAMPLING
        depth = vertices[:, 1] + photo.distance
        flat = vertices[:, ::2] * [1, -1] * (photo.distance / depth)[:, None]
        left, right = (flat[eye].mean(0) for eye in basis.eyes)
        between, middle = left - right, (left + right) / 2
        scale = EYE_DISTANCE * width * photo.zoom / max(float(np.hypot(*between)), 0.045)
        angle = photo.roll - np.arctan2(between[1], between[0])
        turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        centre = np.array([0.5, EYE_HEIGHT]) * width + np.array(photo.shift) * (width / 112)
        return np.column_stack([(flat - middle) @ turn + centre, depth]).astype(np.float32)

    def mesh(self) -> Mesh:
        """Everything that is drawn, with its normals (tangents for hair) turned to the camera."""
        normals = vertex_normals(self.head, load_basis().faces)
        tangents = (self.person.hair.tangents @ self.rotation.T).astype(np.float32)
        fixed = _fixed(self.person)
        return fixed._replace(normals=np.concatenate([normals, tangents]))

    def look(self) -> Look:
        """Who is drawn."""
        basis, person = load_basis(), self.person
        eye = (*(float(c) for c in basis.eye_centre), basis.eye_radius)
        return Look(person.skin, person.features, person.moles, person.offset, eye, (0.1, 0.1, 0.1), (0.05, 0.05, 0.05))

    def shadow(self, mesh: Mesh) -> Shadow:
        """The head as the key light sees it."""
        axis = np.array(self.photo.light.key_direction)
        across = np.cross(axis, [0.0, 0.0, 1.0])
        across /= np.linalg.norm(across)
        axes = np.stack([across, np.cross(axis, across), -axis], 1)
        seen = self.vertices @ axes
        middle = (SHADOW_SIZE / 2, SHADOW_SIZE / 2, 0)
        places = (seen * (SHADOW_SIZE / SHADOW_SPAN, SHADOW_SIZE / SHADOW_SPAN, 1) + middle).astype(np.float32)
        return Shadow(depth_map(places, mesh.faces, SHADOW_SIZE), places)

    def truth(self, labels: np.ndarray, places: np.ndarray, depth: np.ndarray) -> Truth:
        """Averages of the raster's labels and the nearest of its depths."""
        points = self.screen[:, :2].astype(np.float64) / SUPERSAMPLING
        landmarks = points[landmark_vertices()]
        eyes = [points[eye].mean(0) for eye in reversed(load_basis().eyes)]
        masks = {name: _cover(labels == number) for number, name in enumerate(LABELS) if number}
        masks["face"] = masks["skin"] + masks["eyes"] + masks["lips"] + masks["mouth"]
        nearest = _blocks(depth).min((1, 3))
        photo = self.photo
        return Truth(
            places=places[::SUPERSAMPLING, ::SUPERSAMPLING],
            landmarks=landmarks,
            five=np.array([*eyes, *landmarks[list(FIVE_FROM_68)]]),
            masks=masks,
            depth=np.where(nearest >= FAR, np.float32(np.inf), nearest),
            pose=(photo.yaw, photo.pitch, photo.roll),
        )


@functools.lru_cache(maxsize=64)
def _fixed(person: Person) -> Mesh:
    """The parts of a person's mesh that no photograph changes."""
    basis, hair = load_basis(), person.hair
    scalars = np.zeros((len(basis.mean) + len(hair.vertices), 3), np.float32)
    scalars[: len(basis.mean)] = np.stack([basis.occlusion, basis.lips, hair.line], 1)
    scalars[len(basis.mean) :, 0] = hair.shade
    return Mesh(
        faces=np.concatenate([basis.faces, hair.faces + len(basis.mean)]).astype(np.int32),
        regions=np.concatenate([basis.regions, np.full(len(hair.faces), HAIR, np.int32)]),
        rest=np.concatenate([basis.mean, hair.rest]),
        normals=np.zeros((0, 3), np.float32),
        scalars=scalars,
    )


def _rotation(yaw: float, pitch: float) -> np.ndarray:
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    nod = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    return nod @ np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])


def _blocks(raster: np.ndarray) -> np.ndarray:
    size = raster.shape[0] // SUPERSAMPLING
    return raster.reshape(size, SUPERSAMPLING, size, SUPERSAMPLING, *raster.shape[2:])


def _mean(raster: np.ndarray) -> np.ndarray:
    return _blocks(raster).mean((1, 3))


def _cover(where: np.ndarray) -> np.ndarray:
    return _blocks(where).mean((1, 3), dtype=np.float32)
