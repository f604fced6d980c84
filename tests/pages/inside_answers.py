"""What the inference process would say to the Attention, Embeddings and Compare pages."""

from typing import Any

import numpy as np

COUNT = 30
FAMILY = np.array(["real"] * 10 + ["swap"] * 10 + ["edit"] * 10)


def answers() -> dict[str, Any]:
    """Question -> answer."""
    rng = np.random.default_rng(0)
    picture = np.full((112, 112, 3), 128, np.uint8)
    label = (FAMILY != "real").astype(int)
    known = {"label": label, "family": FAMILY, "person": np.arange(COUNT) // 3, "quality": rng.random(COUNT)}
    thumbs = np.full((COUNT, 16, 16, 3), 90, np.uint8)
    square = rng.random((98, 98)).astype(np.float32) - 0.5
    return {
        "subject": {"forged": picture, "real": picture + 1, "source": picture + 2, "known": 0.6},
        "attend": {
            "face": picture, "maps": rng.random((6, 4, 7, 7)), "entropy": rng.random((6, 4)) * 5, "bits": 5.6,
            "rollout": rng.random((7, 7)), "weighted": rng.random((7, 7)), "logit": 1.25, "projections": ["blocks.0.q"],
        },
        "attribute": {
            "face": picture[:98, :98], "map": square, "control": -square, "covered": np.linspace(0, 1, 5),
            "deletion": np.linspace(2, 0, 5), "insertion": np.linspace(0, 2, 5), "control_deletion": np.ones(5),
            "random": np.ones((3, 5)), "significant": True, "words": "Covering it lowers the score.", "value": 1.5,
            "method": "occlusion",
        },
        "embed": {
            "points": rng.random((COUNT, 2)).astype(np.float32), "explained": [0.4, 0.2], "shown": np.arange(COUNT),
            "words": f"all {COUNT} pictures", "fitted": FAMILY != "edit", "seen": FAMILY != "edit",
            "logit": rng.normal(size=COUNT), "thumbs": thumbs, "trained": ["swap"],
            "neighbours": np.tile(np.arange(1, 9), (COUNT, 1)), "similarity": np.full((COUNT, 8), 0.9), **known,
        },
        "erase": [
            {"removed": n, "kept": 1 - n / 60, "auc": 0.9 - n / 100, "low": 0.8 - n / 100, "high": 0.95 - n / 100}
            for n in (0, 1, 5, 30)
        ],
        "compare": {
            "first": rng.random(COUNT), "second": rng.random(COUNT), "thumbs": thumbs, **known,
            "rows": [
                {"family": name, "first": 0.8, "second": 0.7, "difference": d, "low": d - 0.05, "high": d + 0.05,
                 "fakes": 10}
                for name, d in (("all families", 0.1), ("edit", 0.02), ("swap", -0.2))
            ],
            "angles": [
                {"projection": f"blocks.{block}.{part}", "largest_deg": 3.0 * block, "mean_deg": 1.0, "moved": 0.01}
                for block in range(3) for part in "qkv"
            ],
        },
        "difference": {
            "face": picture[:98, :98], "first": square, "second": square[::-1], "significant": [True, False],
            "words": ["It says something.", "No better than chance."],
        },
    }  # fmt: skip
