"""Whether a face in a photograph is large, sharp and frontal enough to be judged at all.

Pose: the five landmarks are fitted by a rigid head in weak perspective; yaw and pitch hang on the nose tip, which
alone lies off the plane of eyes and mouth, so a landmark error of a thirtieth of the face means about 5 degrees.
Sharpness: how much finer detail than two pixels there is in the aligned crop, against all its detail.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from engines.data.alignment import align, eye_distance
from engines.data.face import Face

MIN_EYE_DISTANCE_PX = 24.0
"""The crop has 35 px between the eyes: below 24 px a third of it would be invented by interpolation."""

MIN_SHARPNESS = 0.06
"""The astronaut's portrait has 0.19, and 0.06 after a blur of 1.5 px of the crop; the face world's least is 0.07."""

MAX_YAW_DEG, MAX_PITCH_DEG, MAX_ROLL_DEG = 45.0, 35.0, 45.0

HEAD_MM = np.array([[-31.5, 0, 0], [31.5, 0, 0], [0, 40, -32], [-25.5, 66, -2], [25.5, 66, -2]], dtype=float)
"""Eyes, nose tip and mouth corners of a mean head; x right, y down, z away from the camera."""


@dataclass(frozen=True)
class FaceQuality:
    """What stands in the way of judging a face.

    Attributes:
        size_px: distance between the eyes, corrected for a turned head.
        sharpness: 0 (nothing finer than two pixels of the crop) to 1.
        yaw_deg: positive when the face looks to the picture's right.
        pitch_deg: positive when it looks up.
        roll_deg: positive when it leans clockwise.
        ok: no reason stands against it.
        reasons: sentences for people, empty when ok.
    """

    size_px: float
    sharpness: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    ok: bool
    reasons: list[str]


def face_quality(image: np.ndarray, face: Face) -> FaceQuality:
    """Measure a face of a photograph (H, W, 3), uint8 RGB."""
    size, sharpness = eye_distance(face.landmarks), crop_sharpness(align(image, face))
    yaw, pitch, roll = pose(face.landmarks)
    reasons = []
    if size < MIN_EYE_DISTANCE_PX:
        reasons.append(f"The face is too small: {size:.0f} px between the eyes, {MIN_EYE_DISTANCE_PX:.0f} are needed.")
    if sharpness < MIN_SHARPNESS:
        reasons.append(f"The face is blurred: sharpness {sharpness:.2f}, {MIN_SHARPNESS:.2f} is needed.")
    if abs(yaw) > MAX_YAW_DEG or abs(pitch) > MAX_PITCH_DEG:
        reasons.append(f"The face is turned away: about {abs(yaw):.0f}° sideways and {abs(pitch):.0f}° up or down.")
    if abs(roll) > MAX_ROLL_DEG:
        reasons.append(f"The face leans by about {abs(roll):.0f}°; turn the picture upright.")
    return FaceQuality(size, sharpness, yaw, pitch, roll, not reasons, reasons)


def pose(landmarks: np.ndarray) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees of five landmarks (5, 2); yaw and pitch as if the head were turned upright."""
    head, seen = HEAD_MM - HEAD_MM.mean(axis=0), landmarks - landmarks.mean(axis=0)
    affine = np.linalg.lstsq(head, seen.astype(float), rcond=None)[0].T  # (2, 3)
    u, _, v = np.linalg.svd(affine, full_matrices=False)
    right, down = u @ v  # the nearest two rows of a rotation
    roll = np.arctan2(down[0], right[0])
    x, y = -right[2], -down[2]  # where the face looks, seen in the picture; its third part points at the camera
    sideways, upwards = np.cos(roll) * x + np.sin(roll) * y, np.sin(roll) * x - np.cos(roll) * y
    yaw = np.arctan2(sideways, np.cross(right, down)[2])
    return float(np.degrees(yaw)), float(np.degrees(np.arcsin(np.clip(upwards, -1, 1)))), float(np.degrees(roll))


def crop_sharpness(crop: np.ndarray) -> float:
    """Share of the luminance contrast in the middle of an aligned crop that a blur of one pixel takes away."""
    side = crop.shape[0]
    light = (crop[side // 4 : -side // 8, side // 4 : -side // 4] @ np.array([0.299, 0.587, 0.114])).astype(np.float64)
    return float((light - gaussian_filter(light, 1.0)).std() / max(light.std(), 1.0))
