"""Video-level blending as one writes it at first: a loop over frames, organs and lines, over all pixels of each."""

import itertools

import numpy as np

ORDER = ("eyes", "brows", "nose", "mouth")
LINES = {
    "eyes": [[36, 37, 38, 39, 40, 41, 36], [42, 43, 44, 45, 46, 47, 42]],
    "brows": [[17, 18, 19, 20, 21], [22, 23, 24, 25, 26]],
    "mouth": [[48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 48]],
}


def distance(points, lines, height, width):
    y, x = np.mgrid[:height, :width].astype(np.float32)
    nearest = np.full((height, width), np.inf, np.float32)
    for line in lines:
        for a, b in itertools.pairwise(line):
            p, d = points[a].astype(np.float32), (points[b] - points[a]).astype(np.float32)
            t = np.clip(((x - p[0]) * d[0] + (y - p[1]) * d[1]) / max(d @ d, 1e-12), 0, 1)
            nearest = np.minimum(nearest, np.hypot(x - p[0] - t * d[0], y - p[1] - t * d[1]))
    return nearest


def loop_masks(points, height, width):
    """(4, H, W) of one frame."""
    soft = {}
    for part, thick in (("eyes", max(width // 64, 1)), ("brows", max(width // 256, 1)), ("mouth", max(width // 64, 1))):
        beyond = distance(points, LINES[part], height, width) - thick
        soft[part] = 1 - np.clip(beyond / max(width // 32, 1), 0, 1)
    thick = max(width // 96, 1)
    up = distance(points, [[27, 28, 29, 30, 33]], height, width) - thick
    down = distance(points, [[31, 32, 33, 34, 35]], height, width) - thick
    h = np.clip(0.5 + 0.5 * (down - up) / (3 * thick), 0, 1)
    soft["nose"] = 1 - np.clip((down * (1 - h) + up * h - 3 * thick * h * (1 - h)) / (width / 12), 0, 1)
    soft["eyes"] = soft["eyes"] * (1 - soft["mouth"])
    soft["nose"] = soft["nose"] * (1 - soft["eyes"])
    soft["mouth"] = soft["mouth"] * (1 - soft["nose"])
    soft["brows"] = soft["brows"] * (1 - soft["nose"]) * (1 - soft["eyes"])
    return np.stack([soft[part] for part in ORDER])


def blended_loop(frames, landmarks, motion, alpha, warp):
    """Frames (T, 3, H, W) in [0, 1], blended one by one; `warp(picture (H, W, 3), affine (2, 3))`. Also the masks."""
    done, masks = [], []
    for picture, points, affines in zip(frames, landmarks, motion.affines(landmarks), strict=True):
        shown = np.ascontiguousarray(picture.transpose(1, 2, 0))
        soft = loop_masks(points, *shown.shape[:2])
        mixed = shown.copy()
        for mask, affine in zip(soft, affines, strict=True):
            mixed += alpha * mask[..., None] * (warp(shown, affine) - shown)
        done.append((np.rint(mixed * 255).clip(0, 255) / 255).transpose(2, 0, 1))
        masks.append(soft)
    return np.stack(done), np.stack(masks)
