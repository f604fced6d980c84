"""What a detector must beat, and what must tell nothing: logistic regressions on trivial features.

The *sharpness* baseline is four numbers, the mean absolute Laplacian of the whole picture, of its centre, of its
border, and centre over border: re-sampled or generated faces are often blurrier than what surrounds them, so this
is a true cue, and an expensive detector that does no better has learnt no more than blur.

The *leak* features (mean colour, colour mean and spread, JPEG size, border pixels, an 8 x 8 thumbnail) must stay near
an AUC of 0.5 in a made world: otherwise the fakes differ from the reals by how they were made and saved.

Pictures are (N, H, W, 3), RGB uint8. No paper; the cues are the field's usual suspects.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import laplace
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from engines.training.bootstrap import auc_by_family
from engines.training.metrics import checked

Floats = NDArray[np.float64]

_BORDER = 6
"""Width in px of the frame whose pixels and sharpness are looked at."""
_PART = 256
"""Pictures worked on at once."""


class Pictures(Protocol):
    """What is read of a data set."""

    @property
    def images(self) -> NDArray[np.uint8]:
        """(N, H, W, 3) RGB."""
        ...

    @property
    def labels(self) -> NDArray[Any]:
        """(N,): 0 real, 1 forged."""
        ...

    @property
    def family(self) -> NDArray[Any]:
        """(N,) names of forgery families; anything for reals."""
        ...

    @property
    def target_id(self) -> NDArray[Any]:
        """(N,) who is shown."""
        ...

    @property
    def jpeg_bytes(self) -> NDArray[Any]:
        """(N,) size of the camera's file."""
        ...


def sharpness(pictures: Pictures) -> Floats:
    """Mean absolute Laplacian: whole, middle half of each side, border, and log centre over border: (N, 4)."""
    return _in_parts(_sharpness, pictures.images)


def mean_colour(pictures: Pictures) -> Floats:
    """Mean of R, G, B: (N, 3)."""
    return _in_parts(lambda images: images.mean(axis=(1, 2)), pictures.images)


def colour_spread(pictures: Pictures) -> Floats:
    """Mean and standard deviation of R, G, B: (N, 6)."""
    return _in_parts(lambda x: np.concatenate([x.mean(axis=(1, 2)), x.std(axis=(1, 2))], axis=1), pictures.images)


def jpeg_size(pictures: Pictures) -> Floats:
    """Bytes of the camera's JPEG: (N, 1)."""
    return np.asarray(pictures.jpeg_bytes, dtype=np.float64)[:, None]


def border_pixels(pictures: Pictures) -> Floats:
    """Colours along the frame, averaged over squares of its width: (N, squares x 3)."""
    return _in_parts(_border, pictures.images)


def thumbnail(pictures: Pictures) -> Floats:
    """The picture at 8 x 8: (N, 192)."""
    return _in_parts(lambda images: _blocks(images, 8, 8).reshape(len(images), -1), pictures.images)


FEATURES: Mapping[str, Callable[[Pictures], Floats]] = {
    "sharpness": sharpness,
    "mean colour": mean_colour,
    "colour mean and spread": colour_spread,
    "JPEG size": jpeg_size,
    "border pixels": border_pixels,
    "8 x 8 thumbnail": thumbnail,
}
"""By name; "sharpness" is the baseline, the others are leak checks."""


def evaluate(
    train_set: Pictures,
    test_set: Pictures,
    *,
    names: Sequence[str] = tuple(FEATURES),
    pools: Mapping[str, Sequence[str]] | None = None,
    draws: int = 200,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Fit each feature's logistic regression on one set and report its AUC on another, family by family.

    Returns:
        Rows `{name, family, reals, fakes, auc, low, high}`; intervals resample the target identities.

    Raises:
        BadInput: a set has only reals or only fakes, or a pool names an unknown family.
    """
    rows = []
    for name in names:
        scores = scores_of(name, train_set, test_set)
        families = auc_by_family(
            scores, test_set.labels, test_set.family, test_set.target_id, pools, draws=draws, seed=seed
        )
        rows += [{"name": name, **row} for row in families]
    return rows


def scores_of(name: str, train_set: Pictures, test_set: Pictures) -> Floats:
    """Logits of one feature's regression on the test set, (N,), for paired comparisons with a detector.

    Raises:
        BadInput: the training set has only reals or only fakes.
    """
    feature = FEATURES[name]
    x = feature(train_set)
    _, labels = checked(x[:, 0], train_set.labels)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=2000))
    return model.fit(x, labels).decision_function(feature(test_set))


def _in_parts(feature: Callable[[Floats], Floats], images: NDArray[np.uint8]) -> Floats:
    parts = range(0, len(images), _PART)
    return np.concatenate(
        [feature(images[start : start + _PART].astype(np.float32)) for start in parts], dtype=np.float64
    )


def _sharpness(images: Floats) -> Floats:
    grey = images.mean(axis=3)
    edges = np.abs(laplace(grey, axes=(1, 2)))
    h, w = grey.shape[1:]
    frame = np.ones((h, w), dtype=bool)
    frame[_BORDER:-_BORDER, _BORDER:-_BORDER] = False
    centre = edges[:, h // 4 : h - h // 4, w // 4 : w - w // 4].mean(axis=(1, 2))
    border = edges[:, frame].mean(axis=1)
    return np.stack([edges.mean(axis=(1, 2)), centre, border, np.log((centre + 1) / (border + 1))], axis=1)


def _border(images: Floats) -> Floats:
    h, w = images.shape[1:3]
    rows, columns = h // _BORDER, w // _BORDER
    sides = [
        _blocks(images[:, :_BORDER], 1, columns),
        _blocks(images[:, -_BORDER:], 1, columns),
        _blocks(images[:, :, :_BORDER], rows, 1),
        _blocks(images[:, :, -_BORDER:], rows, 1),
    ]
    return np.concatenate([side.reshape(len(images), -1) for side in sides], axis=1)


def _blocks(images: Floats, rows: int, columns: int) -> Floats:
    """Block means (N, rows, columns, 3); a remainder at the right and bottom is left out."""
    n, h, w, _ = images.shape
    high, wide = h // rows, w // columns
    whole = images[:, : rows * high, : columns * wide].reshape(n, rows, high, columns, wide, 3)
    return whole.mean(axis=(2, 4))
