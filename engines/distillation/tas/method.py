"""TAS's losses: three directed pairs, teacher to student, teacher to assistant, assistant to student, each with InfoNCE
on pooled features and the OFA loss on logits.

The cross-entropy of the student is added by the learner: the paper's digests leave it out of the sum, but without it
the ablation that drops the OFA loss could not train the student's head at all.

*Choices*: guides are detached, the assistant's too; features of unlike widths meet through a linear map of the learner
onto the guide's width, or both in 128 dimensions; τ is learnt apart for each pair, as log 1/τ from τ = 0.07, with 1/τ
at most 100 and no weight decay. Losses are computed in float32 whatever the precision of the networks.
"""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from engines.distillation import losses
from engines.distillation.cut import Cut
from engines.distillation.methods import View
from engines.distillation.tas.assistant import Assistant, start_scale, temperature_scale

PAIRS = {
    "teacher_student": ("student", "teacher"),
    "teacher_assistant": ("assistant", "teacher"),
    "assistant_student": ("student", "assistant"),
}
"""Pair -> its learner and its guide."""
SHARED_WIDTH = 128


@dataclass(frozen=True)
class Switches:
    """What TAS leaves open or an ablation takes away.

    Attributes:
        teacher_student, teacher_assistant, assistant_student: weights of the pairs; 0 leaves one out.
        infonce, ofa: weights of the two losses in each pair. gamma, ofa_form: see `losses.ofa`.
        attention, tail: see `Assistant`. detach: whether the assistant's guide is detached.
        pooled: "head", what the classifier sees, or "mean" of the map. projection: "guide" or "both".
        tau: to start from. symmetric: InfoNCE both ways. gather: negatives from all processes.
        assistant_ce: weight of the assistant's own cross-entropy.
    """

    teacher_student: float = 1.0
    teacher_assistant: float = 1.0
    assistant_student: float = 1.0
    infonce: float = 1.0
    ofa: float = 1.0
    gamma: float = 1.0
    ofa_form: str = "code"
    attention: bool = True
    tail: bool = True
    detach: bool = True
    pooled: str = "head"
    projection: str = "guide"
    tau: float = 0.07
    symmetric: bool = False
    gather: bool = False
    assistant_ce: float = 0.0


class Tas(nn.Module):
    """See the module. A method as in `distillation.methods`.

    Raises:
        BadConfig: the two networks have no common grid.
    """

    def __init__(self, teacher: Cut, student: Cut, switches: Switches | None = None):
        super().__init__()
        self.switches = s = switches or Switches()
        self.assistant = Assistant(teacher, student, attention=s.attention, tail=s.tail)
        back = teacher if self.assistant.student_first else student
        widths = {"teacher": teacher.width, "student": student.width, "assistant": back.width}
        if s.pooled == "mean":
            widths |= {"teacher": teacher.channels[3], "student": student.channels[3], "assistant": back.channels[3]}
        self.lead = nn.ModuleDict({pair: self._lead(widths, *ends) for pair, ends in PAIRS.items() if getattr(s, pair)})
        self.log_scale = nn.ParameterDict(
            {pair: nn.Parameter(torch.tensor(start_scale(s.tau))) for pair in self.lead if s.infonce}
        )

    def _lead(self, widths: dict[str, int], learner: str, guide: str) -> nn.ModuleList:
        ours, theirs = widths[learner], widths[guide]
        if self.switches.projection == "both":
            return nn.ModuleList([nn.Linear(ours, SHARED_WIDTH), nn.Linear(theirs, SHARED_WIDTH)])
        return nn.ModuleList([nn.Identity() if ours == theirs else nn.Linear(ours, theirs), nn.Identity()])

    def forward(self, view: View) -> dict[str, Tensor]:
        """Weighted losses, "distill/PAIR/infonce" and "distill/PAIR/ofa"."""
        features, logits = self.known(view)
        terms: dict[str, Tensor] = {}
        for pair, (learner, guide) in PAIRS.items():
            if pair in self.lead:
                terms |= self._pair(pair, features, logits, learner, guide, view.labels)
        if self.switches.assistant_ce:
            own = losses.cross_entropy(logits["assistant"], view.labels)
            terms["distill/assistant_ce"] = self.switches.assistant_ce * own
        return terms

    def known(self, view: View) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Pooled features and logits of the three, float32."""
        how = self.switches.pooled
        middle = (view.learnt if self.assistant.student_first else view.taught).stages[2].float()
        feature, logits = self.assistant(middle, view.teacher, view.student, how)
        said = {"teacher": (view.teacher, view.taught), "student": (view.student, view.learnt)}
        features = {
            name: (each.feature if how == "head" else cut.feature(each.stages[3], how)).float()
            for name, (cut, each) in said.items()
        }
        return (
            {**features, "assistant": feature.float()},
            {**{name: each.logits.float() for name, (_, each) in said.items()}, "assistant": logits.float()},
        )

    def matched(self, pair: str, learner: Tensor, guide: Tensor) -> tuple[Tensor, Tensor]:
        """Features of a pair in one width."""
        ours, theirs = cast(nn.ModuleList, self.lead[pair])
        return ours(learner), theirs(guide)

    def _pair(
        self, pair: str, features: dict[str, Tensor], logits: dict[str, Tensor], learner: str, guide: str,
        labels: Tensor,
    ) -> dict[str, Tensor]:  # fmt: skip
        s, terms = self.switches, {}
        weight = getattr(s, pair)
        held = guide == "teacher" or s.detach
        theirs, said = (each.detach() if held else each for each in (features[guide], logits[guide]))
        if s.infonce:
            ours, theirs = self.matched(pair, features[learner], theirs)
            scale = temperature_scale(self.log_scale[pair])
            theirs = gathered(theirs) if s.gather else theirs
            loss = losses.infonce(ours, theirs, scale, s.symmetric)
            terms[f"distill/{pair}/infonce"] = weight * s.infonce * loss
        if s.ofa:
            loss = losses.ofa(logits[learner], said, labels, s.gamma, s.ofa_form)
            terms[f"distill/{pair}/ofa"] = weight * s.ofa * loss
        return terms


def gathered(guide: Tensor) -> Tensor:
    """The guides (M, D) of all processes, this one's first; of one process as they are."""
    dist = torch.distributed
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return guide
    everyone = [torch.empty_like(guide) for _ in range(dist.get_world_size())]
    dist.all_gather(everyone, guide.detach().contiguous())
    others = [each for rank, each in enumerate(everyone) if rank != dist.get_rank()]
    return torch.cat([guide, *others])
