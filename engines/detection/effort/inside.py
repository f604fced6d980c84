"""What training did inside the weights: spectra, attention under parts of the weight, features, and inertia.

Inertia is the question why one residual direction hardly moves a small tower. The residual is R = s u vᵀ and G the
gradient of the loss by the whole weight. Then ∂s = uᵀ G v, while ∂u = s G v and ∂v = s Gᵀ u: where the last singular
value s is near zero, turning u and v changes nothing, and all that one step can do is to change s by about the
learning rate, whereas a step on a dense weight, or on LoRA's factors, moves many entries at once.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.analysis.attention import class_maps
from engines.analysis.subspaces import singular_values
from engines.backbones.towers import Tower
from engines.data.pixels import to_bytes
from engines.detection import methods
from engines.detection.detector import Detector, score
from engines.detection.effort.recipe import Variant
from engines.detection.effort.residual import ResidualLinear
from engines.detection.effort.track import Track
from engines.detection.samples import Samples

Arrays = dict[str, np.ndarray]
SHOWN = 600
"""Features kept for the scatter, drawn evenly from each family."""


class Inside:
    """Looks into a trained detector, beside the tower it came from.

    Args:
        before: the tower as it was.
        features: its pooled features of the test set (N, F).
    """

    def __init__(self, detector: Detector, before: Tower, test: Samples, features: np.ndarray):
        self.detector, self.before, self.test, self.features = detector, before, test, features

    def arrays(self) -> dict[str, Arrays]:
        """Everything, by the name under which a run keeps it."""
        return {"spectra": self.spectra(), "features": self.pooled(), "attention": self.attention()}

    def spectra(self) -> Arrays:
        """`names` (P,), singular values before and after training, `values` and `after` (P, n)."""
        before, after = (methods.tuned_weights(tower) for tower in (self.before, self.detector.tower))
        return {
            "names": np.array(list(before)),
            "values": np.stack([singular_values(weight).numpy() for weight in before.values()]),
            "after": np.stack([singular_values(after[name]).numpy() for name in before]),
        }

    def pooled(self) -> Arrays:
        """Features of some test pictures `before` and `after` training (M, F), with `family` and `label` (M,)."""
        chosen = evenly(self.test.family, SHOWN)
        tower = self.detector.tower

        def features(images: Tensor) -> Tensor:
            return tower(images).pooled

        after = score(_Function(tower, features), _Subset(self.test, chosen))
        return {
            "before": self.features[chosen].astype(np.float16),
            "after": after.astype(np.float16),
            "family": self.test.family[chosen].astype(str),
            "label": self.test.labels[chosen],
        }

    @torch.inference_mode()
    def attention(self, per_family: int = 2) -> Arrays:
        """Class-token attention of the last layer, mean over heads, of some pictures under parts of the weight.

        `images` (M, S, S, 3) uint8, `family` (M,), and maps (M, h, w): `before` training, `whole` after it,
        `principal` without the residual in any layer, `residual` with the residual alone in the last layer.
        """
        chosen = np.concatenate(
            [np.flatnonzero(self.test.family == f)[:per_family] for f in families(self.test.family)]
        )
        crops = self.test.centre(chosen.tolist()).to(next(self.detector.parameters()).device)
        last = f"blocks.{self.before.depth - 1}."
        parts = {
            "before": self.before.to(crops.device),
            "whole": self.detector.tower,
            "principal": _with_parts(self.detector.tower, lambda name: "principal"),
            "residual": _with_parts(self.detector.tower, lambda name: "residual" if name.startswith(last) else "whole"),
        }
        maps = {name: class_maps(tower.attention(crops)[-1]).mean(1).cpu().numpy() for name, tower in parts.items()}
        return {"images": to_bytes(crops), "family": self.test.family[chosen].astype(str), **maps}


def inertia(start: Callable[[Variant], Detector], variants: Iterable[str], batch: Mapping[str, Tensor]) -> Arrays:
    """Why directions move or do not: singular values at the low end, and gradients at step 0.

    Returns:
        `names` (P,); `smallest` (P, 8) the last singular values, descending; `dense` (P,) ‖G‖_F of the whole weight;
        `variants` (V,) each Effort variant; `start_scale`, `grad_u`, `grad_s`, `grad_v` (V, P), norms.
    """
    texts = [text for text in variants if Variant.parse(text).method == "effort"]
    texts = texts if "effort" in texts else ["effort", *texts]
    dense = _gradients(start(Variant.parse("full")), batch)
    weights = methods.tuned_weights(start(Variant.parse("probe")).tower)
    smallest = [singular_values(weight)[-8:].numpy() for weight in weights.values()]
    rows = [_residual_gradients(start(Variant.parse(text)), batch) for text in texts]
    return {
        "names": np.array(list(weights)),
        "smallest": np.stack(smallest),
        "dense": np.array([float(dense.projections()[name].weight.grad.norm()) for name in weights]),  # type: ignore[union-attr]
        "variants": np.array(texts),
        **{key: np.array([row[key] for row in rows]) for key in rows[0]},
    }


def movement(tracks: Mapping[str, Track]) -> list[dict[str, Any]]:
    """Rows `{method, step, moved}`: mean over the attention weights of ‖Ŵ − W‖ / ‖W‖, as training goes on."""
    rows = []
    for method, track in tracks.items():
        arrays = track.arrays()
        for step, moved in zip(arrays["step"], arrays["moved"].mean(1), strict=True):
            rows.append({"method": method, "step": int(step), "moved": float(moved)})
    return rows


def families(family: np.ndarray) -> list[str]:
    """Names in the data, "real" first."""
    return sorted(set(family.tolist()), key=lambda name: (name != "real", name))


def evenly(family: np.ndarray, total: int) -> np.ndarray:
    """Indices of about `total` samples, as many of each family, the first of each."""
    names = families(family)
    return np.concatenate([np.flatnonzero(family == name)[: max(1, total // len(names))] for name in names])


def _gradients(detector: Detector, batch: Mapping[str, Tensor]) -> Tower:
    device = next(detector.parameters()).device
    logits = detector.class_logits(batch["images"].to(device))
    F.cross_entropy(logits, batch["labels"].to(device)).backward()
    return detector.tower


def _residual_gradients(detector: Detector, batch: Mapping[str, Tensor]) -> dict[str, list[float]]:
    layers = methods.residual_layers(_gradients(detector, batch)).values()
    found = {f"grad_{part}": [float(getattr(layer, part).grad.norm()) for layer in layers] for part in ("u", "s", "v")}
    return {"start_scale": [float(layer.s0.abs().mean()) for layer in layers], **found}


def _with_parts(tower: Tower, part: Callable[[str], str]) -> Tower:
    """A copy of the tower whose residual layers act by one part of their weight."""
    changed = copy.deepcopy(tower)
    for name, module in list(changed.projections().items()):
        if isinstance(module, ResidualLinear):
            linear = module.merge()
            weight = {
                "whole": module.weight_now,
                "principal": lambda m=module: m.principal,
                "residual": module.residual,
            }
            linear.weight.data.copy_(weight[part(name)]())
            changed.replace_projection(name, linear)
    return changed


class _Function(nn.Module):
    """A function of a module, as a module, so that scoring finds its device."""

    def __init__(self, owner: nn.Module, function: Callable[[Tensor], Tensor]):
        super().__init__()
        self.owner, self.function = owner, function

    def forward(self, images: Tensor) -> Tensor:
        return self.function(images)


class _Subset:
    """Some samples of a data set, for scoring."""

    def __init__(self, samples: Samples, indices: Sequence[int] | np.ndarray):
        self.samples, self.indices = samples, np.asarray(indices)
        self.labels, self.family = samples.labels[self.indices], samples.family[self.indices]
        self.group, self.videos = samples.group[self.indices], samples.videos

    def __len__(self) -> int:
        return len(self.indices)

    def __getitems__(self, items: Any) -> dict[str, Tensor]:
        return self.samples.__getitems__([(int(self.indices[index]), seed) for index, seed in items])

    def centre(self, indices: Sequence[int]) -> Tensor:
        return self.samples.centre(self.indices[np.asarray(indices)].tolist())
