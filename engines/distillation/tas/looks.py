"""A look at a pair before and after: CKA of all layers, feature maps, the InfoNCE matrix, and the spatial shuffle.

All on the same test pictures. `cka-*`: "raw_before", "raw_after" (maps) and "pooled_before", "pooled_after", each over
`names` × `names`. `maps-*`: "pictures" (n, H, W, 3), and for each network and stage the channels' mean and three
principal components. `infonce-*`: "learner" and "guide" (B, D), unit length, in three pairs, 1 / τ. `shuffle-*`: for
each share of places shuffled, InfoNCE on pooled features and the mean squared error of maps.
"""

from collections.abc import Iterator
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.analysis.similarity import Cka, colour_maps, mean_maps
from engines.distillation import losses
from engines.distillation.cut import STAGES, Cut, Said
from engines.distillation.judge import Exam
from engines.distillation.methods import View
from engines.distillation.tas.assistant import temperature_scale
from engines.distillation.tas.method import PAIRS, Tas

PICTURES, SHOWN, MATRIX, BATCH = 192, 4, 24, 32
NAMES = (*(f"teacher {n + 1}" for n in range(STAGES)), "assistant", *(f"student {n + 1}" for n in range(STAGES)))
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
SHUFFLE_SEED = 0


class Looks:
    """What is seen of a pair, on the same pictures each time.

    Args:
        teacher, student, method: in training or after. exam: the test pictures.
    """

    def __init__(self, teacher: Cut, student: Cut, method: Tas, exam: Exam):
        self.teacher, self.student, self.method, self.exam = teacher, student, method, exam
        self.device = next(student.parameters()).device
        rng = np.random.default_rng(0)
        chosen = rng.permutation(len(exam.labels))[:PICTURES]
        self.pictures = Exam(exam.pictures.subset(chosen), exam.size_px)

    @torch.no_grad()
    def cka(self) -> dict[str, np.ndarray]:
        """ "raw" and "pooled" CKA, `NAMES` × `NAMES`."""
        raw, pooled = Cka(), Cka()
        for view, last in self._views():
            maps = [*self._maps(view), last]
            ordered = [*maps[:STAGES], maps[-1], *maps[STAGES:-1]]
            raw.update(ordered, ordered)
            means = [each.mean((2, 3)) for each in ordered]
            pooled.update(means, means)
        return {"raw": raw.compute(), "pooled": pooled.compute()}

    @torch.no_grad()
    def maps(self) -> dict[str, np.ndarray]:
        """Feature maps of the first pictures."""
        view, last = next(self._views())
        images = self.pictures.batch(0)[:SHOWN]
        found: dict[str, np.ndarray] = {
            "pictures": (images.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8),
            "front": np.array("student" if self.method.assistant.student_first else "teacher"),
        }
        named = [*zip([name for name in NAMES if name != "assistant"], self._maps(view), strict=True),
                 ("assistant", last)]  # fmt: skip
        for name, values in named:
            found[f"mean {name}"], found[f"colour {name}"] = mean_maps(values[:SHOWN]), colour_maps(values[:SHOWN])
        return found

    @torch.no_grad()
    def matrix(self) -> dict[str, np.ndarray]:
        """Unit features of each directed pair, and 1 / τ as it was learnt."""
        view, _ = next(self._views(MATRIX))
        features, _ = self.method.known(view)
        found = {}
        for pair in self.method.lead:
            learner, guide = PAIRS[pair]
            ours, theirs = self.method.matched(pair, features[learner], features[guide])
            found[f"learner {pair}"], found[f"guide {pair}"] = (
                F.normalize(each, dim=1).cpu().numpy().astype(np.float32) for each in (ours, theirs)
            )
            scale = temperature_scale(self.method.log_scale[pair]) if pair in self.method.log_scale else torch.ones(())
            found[f"scale {pair}"] = np.array(float(scale))
        return found | {"labels": view.labels.cpu().numpy()}

    @torch.no_grad()
    def shuffle(self) -> dict[str, np.ndarray]:
        """InfoNCE and mean squared error against the share of places of the student's last map that are shuffled.

        Both are of the student's map led, place by place, onto the teacher's width and averaged onto its grid; where
        nothing leads there, of the teacher's map beside its own.
        """
        view, _ = next(self._views(MATRIX))
        ours, theirs = self._aligned(view)
        generator = torch.Generator().manual_seed(SHUFFLE_SEED)
        learnt = self.method.log_scale.get("teacher_student")
        scale = 1.0 if learnt is None else temperature_scale(learnt)
        rows = [_told(shuffled(ours, share, generator), theirs, scale) for share in SHARES]
        return {"share": np.array(SHARES), "infonce": np.array([a for a, _ in rows]),
                "mse": np.array([b for _, b in rows])}  # fmt: skip

    def _aligned(self, view: View) -> tuple[Tensor, Tensor]:
        ours = self.student.as_map(view.learnt.stages[3]).float()
        theirs = self.teacher.as_map(view.taught.stages[3]).float()
        side = min(ours.shape[-1], theirs.shape[-1])
        ours, theirs = (F.adaptive_avg_pool2d(each, side) for each in (ours, theirs))
        fits = ours.shape[1] == self.student.width and theirs.shape[1] == self.teacher.width
        if "teacher_student" in set(self.method.lead.keys()) and fits:
            lead = cast(nn.ModuleList, self.method.lead["teacher_student"])
            ours, theirs = (
                part(each.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
                for part, each in zip(lead, (ours, theirs), strict=True)
            )
        return (ours if ours.shape == theirs.shape else theirs), theirs

    def _views(self, batch: int = BATCH) -> Iterator[tuple[View, Tensor]]:
        labels = torch.from_numpy(self.pictures.labels)
        images = torch.cat([self.pictures.batch(start) for start in range(0, len(labels), 128)]).to(self.device)
        parts = torch.arange(len(images)).split(batch)
        return (self._view(images[part], labels[part], part) for part in parts)

    def _view(self, images: Tensor, labels: Tensor, part: Tensor) -> tuple[View, Tensor]:
        taught, learnt = self.teacher.look(images), self.student.look(images)
        middle = (learnt if self.method.assistant.student_first else taught).stages[2]
        last = self.method.assistant.last(middle, self.teacher, self.student)
        back = self.teacher if self.method.assistant.student_first else self.student
        last = back.as_map(last) if self.method.assistant.with_tail else last
        return View(self.teacher, self.student, taught, learnt, labels.to(self.device), part), last

    def _maps(self, view: View) -> list[Tensor]:
        said: tuple[tuple[Cut, Said], ...] = ((self.teacher, view.taught), (self.student, view.learnt))
        return [cut.as_map(each).float() for cut, found in said for each in found.stages]


def shuffled(maps: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Maps (B, C, H, W) with a share of their places permuted among themselves, otherwise for each picture."""
    flat = maps.flatten(2).clone()
    count = round(share * flat.shape[2])
    for number in range(len(flat)):
        chosen = torch.randperm(flat.shape[2], generator=generator)[:count]
        order = chosen[torch.randperm(count, generator=generator)]
        flat[number][:, chosen] = flat[number][:, order]
    return flat.view_as(maps)


def _told(ours: Tensor, theirs: Tensor, scale: Tensor | float) -> tuple[float, float]:
    infonce = losses.infonce(ours.mean((2, 3)), theirs.mean((2, 3)), scale)
    return float(infonce), float(F.mse_loss(ours, theirs))
