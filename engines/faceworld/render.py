"""A person and a photograph to a picture and its truth.

The head is turned, projected by a pinhole, aligned so that the eyes lie where face recognition wants them (at
112 px: 35 px apart, 51 px from the top), rasterised at twice the size and averaged.
"""

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.accessories import NECK, Part, garment, glasses
from engines.faceworld.basis import CLOTH, FRAME, HAIR, load_basis
from engines.faceworld.camera import tone
from engines.faceworld.landmarks import FIVE_FROM_68, landmark_vertices
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.places import background
from engines.faceworld.raster import FAR, depth_map, rasterise, resolve, vertex_normals
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
    image = np.empty((width, width, 3), np.float32)
    labels = np.zeros((width, width), np.uint8)
    places = np.empty((width, width, 3), np.float32)
    seen, backdrop = (index, weights), background(photo.place)
    shade(seen, mesh, view.look(), photo.light, view.shadow(mesh), backdrop, image, labels, places)
    colour, cover, nearest, place = resolve(image, labels, places, depth, len(LABELS))
    return Picture(tone(colour, photo.camera), view.truth(cover, nearest, place))


class _View:
    """The vertices of a photograph: in camera axes (metres) and on the screen (raster px)."""

    def __init__(self, person: Person, photo: Photo, size_px: int):
        basis = load_basis()
        self.person, self.photo, self.size_px = person, photo, size_px
        head = person.vertices.copy()
        for action in np.flatnonzero(photo.expression):
            head += photo.expression[action] * basis.expression[action].reshape(-1, 3)
        self.rotation = _rotation(photo.yaw, photo.pitch)
        self.head = (head @ self.rotation.T).astype(np.float32)
        self.body = _rotation(0.3 * photo.yaw, 0.2 * photo.pitch)
        self.neck = NECK @ self.rotation.T - NECK @ self.body.T
        self.wears = photo.glasses < person.glasses.habit
        worn = _worn(person, self.wears)
        rigid = worn.rigid.vertices @ self.rotation.T
        clothes = worn.clothes.vertices @ self.body.T + self.neck
        self.vertices = np.concatenate([self.head, rigid, clothes]).astype(np.float32)
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
        worn = _worn(self.person, self.wears)
        normals = (
            vertex_normals(self.head, load_basis().faces),
            worn.rigid.normals @ self.rotation.T,
            worn.clothes.normals @ self.body.T,
        )
        return worn.mesh._replace(normals=np.concatenate(normals).astype(np.float32))

    def look(self) -> Look:
        """Who is drawn, in what."""
        basis, person = load_basis(), self.person
        x, y, z = (float(c) for c in basis.eye_centre)
        eye = (x, y, z, basis.eye_radius)
        garment_colour, frame_colour = self.photo.garment, person.glasses.colour
        return Look(person.skin, person.features, person.moles, person.offset, eye, garment_colour, frame_colour)

    def shadow(self, mesh: Mesh) -> Shadow:
        """The head as the key light sees it."""
        axis = np.array(self.photo.light.key_direction)
        across = np.cross(axis, [0.0, 0.0, 1.0])
        across /= np.linalg.norm(across)
        axes = np.stack([across, np.cross(axis, across), -axis], 1)
        seen = self.vertices @ axes
        middle = (SHADOW_SIZE / 2, SHADOW_SIZE / 2, 0)
        places = (seen * (SHADOW_SIZE / SHADOW_SPAN, SHADOW_SIZE / SHADOW_SPAN, 1) + middle).astype(np.float32)
        return Shadow(depth_map(places, mesh.faces, len(load_basis().faces), SHADOW_SIZE), places)

    def truth(self, cover: np.ndarray, depth: np.ndarray, places: np.ndarray) -> Truth:
        """What is known of the picture, from the resolved raster and the projected vertices."""
        points = self.screen[:, :2].astype(np.float64) / SUPERSAMPLING
        landmarks = points[landmark_vertices()]
        eyes = [points[eye].mean(0) for eye in reversed(load_basis().eyes)]
        masks = dict(zip(LABELS[1:], cover[1:], strict=True))
        masks["face"] = masks["skin"] + masks["eyes"] + masks["lips"] + masks["mouth"]
        return Truth(
            places=places,
            landmarks=landmarks,
            five=np.array([*eyes, *landmarks[list(FIVE_FROM_68)]]),
            masks=masks,
            depth=np.where(depth >= FAR, np.float32(np.inf), depth),
            pose=(self.photo.yaw, self.photo.pitch, self.photo.roll),
        )


class _Worn(NamedTuple):
    """What no photograph changes: hair and glasses, which move with the head, clothes, and the whole mesh."""

    rigid: Part
    clothes: Part
    mesh: Mesh


@functools.lru_cache(maxsize=64)
def _worn(person: Person, with_glasses: bool) -> _Worn:
    basis, hair, specs = load_basis(), person.hair, person.glasses
    parts = [(Part(hair.vertices, hair.rest, hair.tangents, hair.faces), HAIR, hair.shade)]
    if with_glasses:
        part = glasses(person.vertices, specs.roundness, specs.size, specs.rim)
        parts.append((part, FRAME, np.ones(len(part.vertices), np.float32)))
    rigid = _joined([part for part, _, _ in parts])
    parts.append((garment(), CLOTH, np.ones(len(garment().vertices), np.float32)))
    whole = _joined([Part(basis.mean, basis.mean, basis.mean, basis.faces), *(part for part, _, _ in parts)])
    scalars = np.zeros((len(whole.vertices), 3), np.float32)
    scalars[: len(basis.mean)] = np.stack([basis.occlusion, basis.lips, hair.line], 1)
    scalars[len(basis.mean) :, 0] = np.concatenate([light for _, _, light in parts])
    regions = np.concatenate([basis.regions, *(np.full(len(part.faces), number) for part, number, _ in parts)])
    mesh = Mesh(whole.faces, regions.astype(np.int32), whole.rest, whole.normals, scalars)
    return _Worn(rigid, garment(), mesh)


def _joined(parts: list[Part]) -> Part:
    starts = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    faces = np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=True)])
    vertices, rest, normals = (np.concatenate([part[field] for part in parts]) for field in range(3))
    return Part(vertices, rest, normals, faces.astype(np.int32))


def _rotation(yaw: float, pitch: float) -> np.ndarray:
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    nod = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    return nod @ np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
