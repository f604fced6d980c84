"""What the rendering process would say to the World page: small, and of the right form."""

from typing import Any

import numpy as np

PICTURE = np.full((32, 32, 3), 128, np.uint8)
TRAITS = {
    "years": {"what": "Age", "low": 10.0, "high": 80.0, "unit": "years", "choices": ()},
    "hair_style": {"what": "Style", "low": 0.0, "high": 1.0, "unit": "", "choices": ("none", "short", "long")},
    "dimples": {"what": "A trait in no group", "low": 0.0, "high": 1.0, "unit": "", "choices": ()},
}
CONTROLS = {
    "yaw": {"what": "Turned", "low": -60.0, "high": 60.0, "unit": "degrees", "choices": ()},
    "occluder": {"what": "Before the face", "low": 0.0, "high": 1.0, "unit": "", "choices": ("none", "hat")},
}
KNOBS = {
    "feather": {"low": 1.0, "high": 3.0, "whole": False},
    "hull": {"choices": ["full", "inner"]},
    "flip": {"choices": [False, True]},
    "steps": {"low": 1.0, "high": 5.0, "whole": True},
}
FAMILY = {
    "title": "Face swap",
    "mirrors": "FaceSwap",
    "two_people": True,
    "trained_on": True,
    "ready": True,
    "knobs": KNOBS,
}
RATE = {"eer": 0.03, "low_95": 0.02, "high_95": 0.05, "same": 12, "different": 54, "threshold": 0.6}
PAIR = {"first": 0, "second": 1, "people": [3, 4], "distance": 0.41}


def answers() -> dict[str, Any]:
    """Question -> answer."""
    known = {"group": "asian-female", "years": 42.0, "pose_deg": {"yaw": 1.0, "pitch": 2.0, "roll": 0.0}}
    shot = {"identity": 3, "photo": 0, "number": 12, "group": "asian-female", "years": 31.0, "occluder": "hat"}
    rows = [{"label": "none", "count": 3, "share": 0.75}, {"label": "some", "count": 1, "share": 0.25}]
    tables = ("groups", "years", "skin", "hair", "beard", "glasses", "yaw", "pitch", "occluders", "places")
    apart = {
        "pictures": 12, "people": 4, "found": 11, "pairs": [{"pairs": "all", **RATE}], "closest": [PAIR],
        "by_yaw": [{"low": 0, "high": 10, **RATE}], "farthest": [{**PAIR, "people": [3, 3]}],
        "crops": {0: PICTURE, 1: PICTURE},
    }  # fmt: skip
    motion = [{"time_s": t / 25, "yaw": 1.0, "pitch": 0.0, "roll": 0.5} for t in range(3)]
    return {
        "catalogue": {
            "groups": ["asian-female", "asian-male"], "traits": TRAITS, "controls": CONTROLS, "families": {
                "swap": FAMILY, "selfblend": {**FAMILY, "two_people": False}, "late": {**FAMILY, "ready": False},
            }, "occluders": ["none", "hat"], "clip_families": ["drift-swap"],
        },
        "warm_world": True,
        "bases": {
            "traits": {"years": 42.4, "hair_style": "long", "dimples": 0.5},
            "controls": {"yaw": 3.0, "occluder": "none"},
        },
        "portrait": {"image": PICTURE, "known": known, "truth": truth()},
        "ages": {"images": np.stack([PICTURE] * 5)},
        "twins": {"images": np.stack([PICTURE] * 5)},
        "between": {"images": np.stack([PICTURE] * 3)},
        "grid": {"images": [PICTURE] * 28, "known": [{**shot, "identity": number} for number in range(28)]},
        "forgery": {
            "real": PICTURE, "source": PICTURE, "forged": PICTURE, "mask": np.eye(32, dtype=np.float32),
            "quality": 0.74,
            "defects": {"warp": 0.4, "colour": 0.1}, "knobs": {},
            "drawn": {"feather": 2.0, "hull": "inner", "flip": True, "steps": 3},
        },
        "demographics": dict.fromkeys(tables, rows),
        "told_apart": apart,
        "own_people": {**apart, "missed": ["anna/2.jpg"]},
        "film": {"mp4": b"", "motion": motion, "drift": [{"time_s": 0.0, "nose": 1.0}], "source": 11},
        "export": {"kind": "images", "folder": "/there/faces", "photographs": 6, "people": 3, "bytes": 12_345},
    }  # fmt: skip


def truth() -> dict[str, Any]:
    """All overlays at once."""
    cover = np.zeros((32, 32), np.float32)
    cover[8:24, 8:24] = 1
    return {
        "landmarks": np.linspace(4, 28, 136).reshape(68, 2), "five": np.linspace(8, 24, 10).reshape(5, 2),
        "skin": cover, "hair": 1 - cover, "depth": np.where(cover > 0, 0.6, np.inf).astype(np.float32),
        "normals": np.where(cover[..., None] > 0, np.array([0, -1, 0]), np.nan).astype(np.float32),
    }  # fmt: skip
