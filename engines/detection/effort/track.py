"""How far training has moved each attention weight, and where the residual directions point, step by step.

For a weight W and its present form Ŵ: moved = ‖Ŵ − W‖_F / ‖W‖_F; for Effort's residual U diag(s) Vᵀ also the largest
principal angle between U and its start, the same for V, in degrees, and scale = ‖R‖_F / ‖W‖_F.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engines.analysis.subspaces import principal_angles
from engines.backbones.towers import Tower
from engines.detection.methods import residual_layers, tuned_weights

FIELDS = ("angle_u_deg", "angle_v_deg", "scale", "moved")


class Track:
    """Called after each step; measures about `points` times in `steps` steps, at the first and the last for sure.

    It is part of the checkpoint, so that a resumed run's track is whole.
    """

    def __init__(self, tower: Tower, pretrained: dict[str, Tensor], steps: int, points: int = 60):
        self.tower, self.pretrained = tower, pretrained
        self.names = list(pretrained)
        self.every, self.last = max(1, steps // points), steps
        self.rows: list[Tensor] = [self._measure()]  # each (4, P)
        self.steps: list[int] = [0]

    def __call__(self, step: int, learner: nn.Module) -> None:
        """Measure if it is time."""
        if step % self.every == 0 or step in (1, self.last):
            self.steps.append(step)
            self.rows.append(self._measure())

    def arrays(self) -> dict[str, np.ndarray]:
        """`step` (S,), `names` (P,), and each of `FIELDS` (S, P)."""
        values = torch.stack(self.rows).numpy()
        fields = {name: values[:, index] for index, name in enumerate(FIELDS)}
        return {"step": np.array(self.steps), "names": np.array(self.names), **fields}

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {"steps": list(self.steps), "rows": torch.stack(self.rows)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From the checkpoint."""
        self.steps, self.rows = list(state["steps"]), list(state["rows"])

    @torch.no_grad()
    def _measure(self) -> Tensor:
        now = tuned_weights(self.tower)
        modules = self.tower.projections()
        residuals = {id(layer): layer for layer in residual_layers(self.tower).values()}
        columns = []
        for name in self.names:
            before = self.pretrained[name]
            size = before.norm()
            moved = (now[name].float() - before).norm() / size
            layer = residuals.get(id(modules[name]))
            if layer is None:
                columns.append([0.0, 0.0, 0.0, float(moved)])
                continue
            scale = float(layer.residual().norm() / size)
            columns.append([_turn(layer.u, layer.u0), _turn(layer.v, layer.v0), scale, float(moved)])
        return torch.tensor(columns, dtype=torch.float32).T


def _turn(now: Tensor, start: Tensor) -> float:
    return float(torch.rad2deg(torch.as_tensor(principal_angles(now, start)).max()))
