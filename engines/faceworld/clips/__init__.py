"""Clips of the face world: people who move, blink, look about and speak before a camera, and forgeries of them.

`Clip.sample(seed, person_seed)` is a clip to be taken, `film(clip)` its frames, `forge_clip(family, clip, source)` a
forged one, `ClipSet.build(ClipSpec(...))` many, and `write_mp4(film, path)` a file to look at. 25 frames a second.
"""

from engines.faceworld.clips.clip import FPS, Clip
from engines.faceworld.clips.dataset import ClipSet, ClipSpec
from engines.faceworld.clips.film import Film, film
from engines.faceworld.clips.forge import FAMILIES, HELD_OUT_FAMILIES, TRAIN_FAMILIES, ForgedClip, forge_clip
from engines.faceworld.clips.mp4 import write_mp4
from engines.faceworld.clips.organs import ORGANS

__all__ = [
    "FAMILIES",
    "FPS",
    "HELD_OUT_FAMILIES",
    "ORGANS",
    "TRAIN_FAMILIES",
    "Clip",
    "ClipSet",
    "ClipSpec",
    "Film",
    "ForgedClip",
    "film",
    "forge_clip",
    "write_mp4",
]
