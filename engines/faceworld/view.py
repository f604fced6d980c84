"""The vertices of a photograph: turned into camera axes (metres) and projected onto the screen (raster px).

A pinhole camera before the face, aligned so that the eyes lie where face recognition wants them (at 112 px: 35 px
apart, 51 px from the top).
"""

import functools
from collections.abc import Callable

import numpy as np

from engines.faceworld.accessories import NECK
from engines.faceworld.basis import load_basis
from engines.faceworld.compiled import njit
from engines.faceworld.looks import Look
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.raster import rasterise, vertex_normals
from engines.faceworld.shade import Mesh, Shadow
from engines.faceworld.worn import worn_by

SUPERSAMPLING = 2
EYE_DISTANCE, EYE_HEIGHT = 35 / 112, 0.455
"""Framing: distance between the eyes and their height, as shares of the picture's size."""
TEXEL_M = 0.0625 * SUPERSAMPLING / EYE_DISTANCE
"""Metres across the picture, in the plane of eyes of the usual distance, times the raster's factor."""
SHADOW_SIZE, SHADOW_SPAN = 80, 0.34
"""The shadow map: its width in samples and in metres."""

Bend = Callable[[np.ndarray], np.ndarray]
"""Where the head's vertices are drawn (V, 2), in px of the picture -> by how many px each is moved (V, 2)."""


class View:
    """A person before the camera of a photograph.

    `vertices` (N, 3) float32 in camera axes, `screen` (N, 3) float32 x, y in raster px and depth in metres, `mesh` with
    its normals in camera axes, `focus` the distance of the eyes.
    """

    def __init__(self, person: Person, photo: Photo, size_px: int, bend: Bend | None = None):
        self.person, self.photo = person, photo
        self.width = size_px * SUPERSAMPLING
        acted = _acted(person.vertices, photo.expression, load_basis().expression)
        worn = worn_by(person, photo.glasses < person.glasses.habit, photo.occluder, acted)
        head, rigid = len(person.vertices), len(person.vertices) + len(worn.rigid.vertices)
        turn, body = _rotation(photo.yaw, photo.pitch), _rotation(0.3 * photo.yaw, 0.2 * photo.pitch)
        neck, still = (NECK @ turn.T - NECK @ body.T).astype(np.float32), np.zeros(3, np.float32)
        self.vertices, normals = np.empty((2, len(worn.mesh.rest), 3), np.float32)
        _move(acted, turn, still, self.vertices[:head])
        _move(worn.rigid.vertices, turn, still, self.vertices[head:rigid])
        _move(worn.clothes.vertices, body, neck, self.vertices[rigid:])
        normals[:head] = vertex_normals(self.vertices[:head], load_basis().faces)
        _move(worn.rigid.normals, turn, still, normals[head:rigid])
        _move(worn.clothes.normals, body, still, normals[rigid:])
        self.mesh: Mesh = worn.mesh._replace(normals=normals)
        self.screen = self._projected()
        if bend:
            seen = self.screen[:head, :2]
            seen += (bend(seen / SUPERSAMPLING) * SUPERSAMPLING).astype(np.float32)
        self.focus = photo.distance + float(self.vertices[load_basis().eyes[0], 1].min())

    def _projected(self) -> np.ndarray:
        photo = self.photo
        eyes = [_flat(self.vertices[eye], photo.distance).mean(0, dtype=np.float64) for eye in load_basis().eyes]
        between, middle = eyes[0] - eyes[1], (eyes[0] + eyes[1]) / 2
        scale = EYE_DISTANCE * self.width * photo.zoom / max(float(np.hypot(*between)), 0.045)
        angle = photo.roll - np.arctan2(between[1], between[0])
        turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        centre = np.array([0.5, EYE_HEIGHT]) * self.width + np.array(photo.shift) * (self.width / 112)
        screen = np.empty_like(self.vertices)
        _project(self.vertices, photo.distance, turn.astype(np.float32), (centre - middle @ turn), screen)
        return screen

    def look(self) -> Look:
        """Who is drawn, in what."""
        person = self.person
        garment, frame = self.photo.garment, person.glasses.colour
        return Look(
            person.skin, person.features, person.moles, person.offset, _eye(), garment, frame, TEXEL_M / self.width
        )

    def shadow(self) -> Shadow:
        """The head as the key light sees it."""
        x, y, z = self.photo.light.key_direction
        across = np.array([y, -x, 0.0]) / np.linalg.norm([y, -x, 0.0])
        u, v, _ = across
        scale = SHADOW_SIZE / SHADOW_SPAN
        axes = np.array([across * scale, np.array([-z * v, z * u, x * v - y * u]) * scale, [-x, -y, -z]])
        places = np.empty_like(self.vertices)
        _move(
            self.vertices, axes.astype(np.float32), np.array([SHADOW_SIZE / 2, SHADOW_SIZE / 2, 0], np.float32), places
        )
        return Shadow(rasterise(places, self.mesh.faces, len(load_basis().faces), SHADOW_SIZE)[1], places)


@functools.cache
def _eye() -> tuple[float, float, float, float]:
    """Centre and radius of the left eyeball of the mean head."""
    basis = load_basis()
    x, y, z = (float(c) for c in basis.eye_centre)
    return x, y, z, basis.eye_radius


def _rotation(yaw: float, pitch: float) -> np.ndarray:
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    nod = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    return (nod @ np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])).astype(np.float32)


def _flat(vertices: np.ndarray, distance: float) -> np.ndarray:
    """Pinhole projection (N, 2) of vertices, x right and y down, at the scale of the plane through the origin."""
    return vertices[:, ::2] * [1, -1] * (distance / (vertices[:, 1:2] + distance))


@njit()
def _acted(neutral: np.ndarray, strengths: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """A head (V, 3) making a face: strengths (A,) of actions (A, 3 V)."""
    head = neutral.copy()
    flat = head.reshape(-1)
    for action in range(len(strengths)):
        strength = strengths[action]
        if strength != 0:
            for i in range(len(flat)):
                flat[i] += strength * actions[action, i]
    return head


@njit()
def _move(points: np.ndarray, axes: np.ndarray, shift: np.ndarray, moved: np.ndarray) -> None:
    """Points (N, 3) turned (each row of `axes` one new axis) and shifted, into `moved`."""
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for k in range(3):
            moved[i, k] = axes[k, 0] * x + axes[k, 1] * y + axes[k, 2] * z + shift[k]


@njit()
def _project(vertices: np.ndarray, distance: float, turn: np.ndarray, centre: np.ndarray, screen: np.ndarray) -> None:
    for i in range(vertices.shape[0]):
        depth = vertices[i, 1] + distance
        x, y = vertices[i, 0] * distance / depth, -vertices[i, 2] * distance / depth
        screen[i, 0] = x * turn[0, 0] + y * turn[1, 0] + centre[0]
        screen[i, 1] = x * turn[0, 1] + y * turn[1, 1] + centre[1]
        screen[i, 2] = depth
