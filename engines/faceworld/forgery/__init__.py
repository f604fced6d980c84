"""Forgeries: real photographs changed by one family's recipe, with everything known that made them.

`catalogue` lists the families: some are trained on, the others held out for testing. Blending is done on the toned
picture, and then the same camera finishes real and forged. `quality` says how good a forgery is, from its defects.
"""

from engines.faceworld.forgery.base import Family, Layer, Scene
from engines.faceworld.forgery.catalogue import (
    CATALOGUE,
    FAMILIES,
    HELD_OUT_FAMILIES,
    TRAIN_FAMILIES,
    TWO_PEOPLE_FAMILIES,
    Forgery,
    forge,
)
from engines.faceworld.forgery.panel import Panel

__all__ = [
    "CATALOGUE",
    "FAMILIES",
    "HELD_OUT_FAMILIES",
    "TRAIN_FAMILIES",
    "TWO_PEOPLE_FAMILIES",
    "Family",
    "Forgery",
    "Layer",
    "Panel",
    "Scene",
    "forge",
]
