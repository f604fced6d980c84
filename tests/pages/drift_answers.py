"""What the inference process would say to the Drift page, and of a clip on Detect."""

from typing import Any

import numpy as np

ORGANS = ("brows", "eyes", "nose", "mouth", "jaw")


def answers() -> dict[str, Any]:
    """Question -> answer."""
    crops = np.full((30, 112, 112, 3), 128, np.uint8)
    five = told(ORGANS[1:4])
    world = {"drift": {"true landmarks": told(), "68 read": told(), "5 found": five}, "crops": crops}
    own = {"drift": {"68 read": told(), "5 found": five}, "crops": crops, "mp4": b"", "from_s": 0.0, "to_s": 1.2}
    kinds = ("drift-swap", "video-level blending")
    apart = [{"kind": kind, "auc": 0.8, "low": 0.6, "high": 0.95} for kind in kinds]
    both = {"all": apart, "fast": apart}
    picture = np.full((32, 32, 3), 128, np.uint8)
    return {
        "drift_film": {"mp4": b"", "faces": [world]},
        "drift_clip": {"faces": [own, {**own, "from_s": 1.2, "to_s": 2.4}]},
        "drift_features": {"pooled": np.full(29, 0.1), "patches": np.random.default_rng(0).random((29, 7, 7))},
        "drift_set": {"rows": rows(), "apart": {"true landmarks": both, "68 read": both}},
        "drift_blend": {
            **dict.fromkeys(("original", "warp", "blend", "difference"), picture), "mp4": b"",
            "drift": {"original": told(), "blend": told()},
        },
        "clip": clip(),
    }  # fmt: skip


def told(organs: tuple[str, ...] = ORGANS) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    by_organ = dict.fromkeys(organs, 0.02)
    return {
        "organs": list(organs), "times": np.arange(30) / 25, "size": rng.random((30, len(organs))) / 50,
        "frequencies": np.arange(16) / 1.2, "power": rng.random((16, len(organs))) / 1e5, "rms": by_organ,
        "rms_fast": by_organ, "peak_hz": by_organ, "number": 0.0213, "number_fast": 0.0087,
    }  # fmt: skip


def rows() -> list[dict[str, Any]]:
    numbers = {"all": 0.02, "fast": 0.01}
    return [
        {"kind": kind, "clip": clip, "source": source, **numbers}
        for kind in ("real", "drift-swap", "video-level blending")
        for clip in range(4)
        for source in ("true landmarks", "68 read")
    ]


def clip(progress: float = 1.0, faces: int = 2, damaged: float | None = None) -> dict[str, Any]:
    """Twelve frames with a cut in their middle; the second face is seen in half of them."""
    frames = [
        {
            "time_s": number / 4, "shot": int(number > 5), "box": [0, 0, 9, 9], "scores": {"effort": 0.4},
            "faces": [
                {"track": track, "box": [0, 0, 9, 9], "scores": {"effort": 0.3 + track / 2}}
                for track in range(faces)
                if track == 0 or number > 5
            ],
        }
        for number in range(12)
    ]  # fmt: skip
    moments = [{"time_s": 0.5, "score": 0.3, "against": False}, {"time_s": 1.5, "score": 0.8, "against": True}]
    tracks = [
        {
            "track": track, "start_s": 0.0, "end_s": 2.75, "frames": 12, "judged": 11 - track,
            "means": {"effort": 0.3 + track / 2}, "verdict": ("likely real", "likely fake")[track], "novelty": 0.1,
            "words": [f"Words about face {track + 1}."], "moments": moments,
            "worst_second": {"start_s": 1.0, "end_s": 2.0, "score": 0.6, "frames": 4},
        }
        for track in range(faces)
    ]  # fmt: skip
    answer = {
        "kind": "clip", "frames": frames, "tracks": tracks, "means": {"effort": 0.4}, "verdict": "unsure",
        "words": ["12 of 12 frames could be judged."], "unsure": [0.3, 0.7], "cuts": 1, "progress": progress,
        "damaged_after_s": damaged, "worst_second": tracks[0]["worst_second"] if tracks else None, "faces": [],
    }  # fmt: skip
    crops = {track: np.zeros((2, 112, 112, 3), np.uint8) for track in range(faces)}
    return {
        "answer": answer,
        "crops": crops,
        "known": ["effort was trained on rendered faces."],
        "caution": "No proof.",
    }
