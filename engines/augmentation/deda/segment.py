"""Masks of photographs: SAM prompted by a box, and rembg's saliency; both only where they are on this machine.

SAM's weights are read from a folder that transformers saved; rembg is a package of its own with its own weights.
"""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engines.augmentation.deda.decouple import Segment
from engines.data.labelled.base import Box
from engines.errors import BadWeights, MissingWeights

LEAST_SCORE = 0.3


def segments(sam: str = "", rembg: bool = True) -> list[tuple[str, Segment]]:
    """What there is to find masks with, by name, in the order in which it is asked.

    Args:
        sam: folder of a SAM model as transformers saves it; none if empty. rembg: whether to use it where installed.

    Raises:
        MissingWeights, BadWeights: SAM is asked for and its folder is absent or damaged.
    """
    found: list[tuple[str, Segment]] = [("SAM", _Sam(sam))] if sam else []
    if rembg and importlib.util.find_spec("rembg") is not None:
        found.append(("rembg", _rembg()))
    return found


class _Sam:
    """SAM's best mask of three for a box; without a box, for a point in the middle."""

    def __init__(self, folder: str):
        if not (Path(folder) / "config.json").is_file():
            raise MissingWeights(
                f"{folder} holds no SAM. Save facebook/sam-vit-base there with transformers (config.json, "
                "model.safetensors, preprocessor_config.json), or leave sam empty: boxes are then used."
            )
        from transformers import SamModel, SamProcessor

        try:
            self.model: Any = SamModel.from_pretrained(folder).eval()
            self.processor: Any = SamProcessor.from_pretrained(folder)
        except (OSError, ValueError, RuntimeError) as error:
            raise BadWeights(f"{folder} cannot be read as a SAM model: {error}") from error

    @torch.inference_mode()
    def __call__(self, picture: np.ndarray, box: Box | None) -> np.ndarray | None:
        """See `Segment`; a mask that SAM itself scores below `LEAST_SCORE` is none."""
        height, width = picture.shape[:2]
        prompt = {"input_boxes": [[list(box)]]} if box else {"input_points": [[[width / 2, height / 2]]]}
        inputs = self.processor(picture, return_tensors="pt", **prompt)
        out = self.model(**inputs)
        masks = self.processor.image_processor.post_process_masks(
            out.pred_masks, inputs["original_sizes"], inputs["reshaped_input_sizes"]
        )[0][0]
        scores = out.iou_scores[0, 0]
        best = int(scores.argmax())
        return masks[best].float().numpy() if float(scores[best]) >= LEAST_SCORE else None


def _rembg() -> Segment:
    from rembg import new_session, remove

    session = new_session("u2net")

    def find(picture: np.ndarray, _: Box | None) -> np.ndarray | None:
        return np.asarray(remove(picture, session=session, only_mask=True), np.float32) / 255

    return find
