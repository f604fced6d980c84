"""Features projected onto their principal axes, the same way each time.

Principal components through scikit-learn; the sign of an axis, which the mathematics leaves open, is set so that
its largest loading is positive. Features are (N, D).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA

from engines.errors import BadInput

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Projection:
    """Principal axes of a set of features.

    Attributes:
        points: the features in these axes, (N, C), in the features' unit.
        explained: share of the whole variance along each axis, (C,).
        mean: what was subtracted, (D,).
        axes: unit rows, (C, D).
    """

    points: Floats
    explained: Floats
    mean: Floats
    axes: Floats

    def __call__(self, features: ArrayLike) -> Floats:
        """Other features (M, D) in the same axes: (M, C).

        Raises:
            BadInput: features of another length.
        """
        features = checked(features)
        if features.shape[1] != len(self.mean):
            raise BadInput(f"Features of length {features.shape[1]} do not fit axes of length {len(self.mean)}.")
        return (features - self.mean) @ self.axes.T


def project(features: ArrayLike, components: int = 2) -> Projection:
    """Fit principal axes to features (N, D).

    Raises:
        BadInput: not (N, D) finite numbers, fewer than `components` + 1 rows or `components` columns, or all rows
            are the same.
    """
    features = checked(features)
    if not 1 <= components <= min(len(features) - 1, features.shape[1]):
        raise BadInput(f"{features.shape[0]} features of length {features.shape[1]} have no {components} axes.")
    if not np.ptp(features, axis=0).any():
        raise BadInput("All features are the same; there is nothing to project.")
    fitted = PCA(components, svd_solver="full").fit(features)
    axes = fitted.components_ * _signs(fitted.components_)
    return Projection((features - fitted.mean_) @ axes.T, fitted.explained_variance_ratio_, fitted.mean_, axes)


def _signs(axes: Floats) -> Floats:
    largest = np.abs(axes).argmax(axis=1, keepdims=True)
    return np.where(np.take_along_axis(axes, largest, axis=1) < 0, -1.0, 1.0)


def checked(features: ArrayLike) -> Floats:
    """Features as a table (N, D) of finite float64.

    Raises:
        BadInput: they are not.
    """
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or not features.size or not np.isfinite(features).all():
        raise BadInput(f"Features must be a table (N, D) of finite numbers, not of shape {features.shape}.")
    return features
