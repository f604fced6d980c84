"""Forgeries: real photographs changed by one family's recipe, with everything known that made them.

`swap` and `selfblend` are trained on; `reenact`, `upsample` and `autoencoder` are held out for testing. Each module
has `sample_knobs(rng)` and `make(scene, knobs, rng)`; blending is done on the toned picture, and then the same
camera finishes real and forged.
"""

from engines.faceworld.forgery.base import (
    FAMILIES,
    HELD_OUT_FAMILIES,
    TRAIN_FAMILIES,
    Forgery,
    Scene,
    forge,
)

__all__ = ["FAMILIES", "HELD_OUT_FAMILIES", "TRAIN_FAMILIES", "Forgery", "Scene", "forge"]
