"""A person and a photograph to a picture and its truth.

The head is posed and projected (`view`), rasterised at twice the size (`raster`), lit and averaged (`shade`).
"""

from dataclasses import dataclass

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.basis import load_basis
from engines.faceworld.camera import focused, metered, tone
from engines.faceworld.landmarks import FIVE_FROM_68, landmark_vertices
from engines.faceworld.materials import LABELS
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.places import background, panned
from engines.faceworld.raster import FAR, rasterise
from engines.faceworld.shade import Seen, Shaded, shade
from engines.faceworld.view import SUPERSAMPLING, Bend, View

SIZES_PX = (32, 512)
BEHIND_M = 0.006
"""A landmark that lies farther behind what its pixel shows is hidden."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known of a picture; coordinates in px, pixel (0, 0) covering [0, 1) x [0, 1).

    Args:
        places: (H, W, 3) canonical coordinates in metres, NaN where there is no head.
        landmarks: (68, 2) x, y. five: (5, 2) eyes, nose tip, mouth corners.
        masks: name -> (H, W) float32 cover in [0, 1]: face, skin, hair, eyes, lips, mouth, accessory, clothes,
            occluder.
        depth: (H, W) float32 metres from the camera, infinite where nothing is.
        normals: (H, W, 3) float32 unit normals in camera axes (x to the picture's right, y away from the camera, z
            up), NaN where nothing is.
        pose: (yaw, pitch, roll) in radians.
        visible: (68,) bool, which landmarks nothing hides: neither the head itself, nor hair, nor what is worn.
    """

    places: np.ndarray
    landmarks: np.ndarray
    five: np.ndarray
    masks: dict[str, np.ndarray]
    depth: np.ndarray
    normals: np.ndarray
    pose: tuple[float, float, float]
    visible: np.ndarray


@dataclass(frozen=True, eq=False)
class Picture:
    """A photograph before the camera's finish: image (H, W, 3) float32 RGB in [0, 1], toned; and its truth."""

    image: np.ndarray
    truth: Truth


def render(person: Person, photo: Photo, size_px: int = 112, bend: Bend | None = None) -> Picture:
    """Photograph a person.

    Args:
        bend: moves the head within the picture, see `View`.

    Raises:
        BadConfig: a size outside `SIZES_PX`.
    """
    if not SIZES_PX[0] <= size_px <= SIZES_PX[1]:
        raise BadConfig(f"A picture is {SIZES_PX[0]} to {SIZES_PX[1]} px wide, not {size_px}.")
    view = View(person, photo, size_px, bend)
    face, depth = rasterise(view.screen, view.mesh.faces, len(load_basis().faces), view.width)
    seen = Seen(face, depth, view.screen)
    backdrop = panned(background(photo.place), *photo.pan)
    shaded = shade(seen, view.mesh, view.vertices, view.look(), photo.light, view.shadow(), backdrop, len(LABELS))
    colour = focused(shaded.colour * metered(person.skin.colour), shaded.depth, view.focus, photo.camera)
    return Picture(tone(colour, photo.camera), _truth(view, shaded))


def _truth(view: View, shaded: Shaded) -> Truth:
    """What is known of the picture, from the shaded raster and the projected vertices."""
    points, photo = view.screen[:, :2], view.photo
    landmarks = points[landmark_vertices()].astype(np.float64) / SUPERSAMPLING
    eyes = [points[eye].mean(0, dtype=np.float64) / SUPERSAMPLING for eye in reversed(load_basis().eyes)]
    masks = dict(zip(LABELS[1:], shaded.cover[1:], strict=True))
    masks["face"] = masks["skin"] + masks["eyes"] + masks["lips"] + masks["mouth"]
    hidden = masks["hair"] + masks["accessory"] + masks["occluder"] > 0.5
    return Truth(
        places=shaded.places,
        landmarks=landmarks,
        five=np.array([*eyes, *landmarks[list(FIVE_FROM_68)]]),
        masks=masks,
        depth=np.where(shaded.depth >= FAR, np.float32(np.inf), shaded.depth),
        normals=shaded.normals,
        pose=(photo.yaw, photo.pitch, photo.roll),
        visible=_visible(landmarks, view.screen[landmark_vertices(), 2], shaded.depth, hidden),
    )


def _visible(landmarks: np.ndarray, deep: np.ndarray, depth: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Which landmarks (68, 2) of depths `deep` (68,) lie within the picture, on its nearest surface, unhidden."""
    columns, rows = np.floor(landmarks.T).astype(int)
    inside = (rows >= 0) & (rows < len(depth)) & (columns >= 0) & (columns < len(depth))
    rows, columns = np.where(inside, rows, 0), np.where(inside, columns, 0)
    return inside & (deep < depth[rows, columns] + BEHIND_M) & ~hidden[rows, columns]
