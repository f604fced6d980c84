"""Losses by which a learner follows a guide, each a function of a batch; all are means over the batch, in float32.

- `infonce`: A. van den Oord et al., 2018; here on pooled features, so that where something is in a picture is left out.
- `ofa`: Z. Hao et al., "One-for-All: Bridge the Gap Between Heterogeneous Architectures in Knowledge Distillation",
  NeurIPS 2023, https://arxiv.org/abs/2310.19444
- `kd`: G. Hinton et al., 2015. `dkd`: B. Zhao et al., CVPR 2022. `dist`: T. Huang et al., NeurIPS 2022.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

OFA_FORMS = ("code", "paper")


def cross_entropy(logits: Tensor, target: Tensor, smoothing: float = 0.0) -> Tensor:
    """Of logits (B, K) with labels (B,) or shares (B, K)."""
    return F.cross_entropy(logits, target, label_smoothing=smoothing)


def classes_of(target: Tensor) -> Tensor:
    """Labels (B,) as they are; of shares (B, K) the largest."""
    return target if target.ndim == 1 else target.argmax(1)


def infonce(learner: Tensor, guide: Tensor, scale: Tensor | float, symmetric: bool = False) -> Tensor:
    """-log of the softmax, over the guide's batch, of the cosine with the same picture's guide.

    Args:
        learner: (B, D). guide: (M, D), M ≥ B, whose first B rows are the same pictures. scale: 1 / τ.
        symmetric: also from guide to learner, the mean of both.
    """
    alike = scale * F.normalize(learner, dim=1) @ F.normalize(guide, dim=1).T
    own = torch.arange(len(learner), device=learner.device)
    loss = F.cross_entropy(alike, own)
    return (loss + F.cross_entropy(alike[:, : len(own)].T, own)) / 2 if symmetric else loss


def ofa(learner: Tensor, guide: Tensor, labels: Tensor, gamma: float = 1.0, form: str = "code") -> Tensor:
    """Cross-entropy with the guide's probabilities, the target's made heavier.

    With probabilities p of the guide and q of the learner: "code" weighs -log q of every class by
    (p + 1_y)^γ - 1_y, "paper" the target's by (1 + p)^γ - 1 and the others' by p. At γ = 1 both are the soft
    cross-entropy.

    Args:
        learner, guide: logits (B, K). labels: (B,).
    """
    p, log_q = guide.softmax(1), learner.log_softmax(1)
    target = F.one_hot(labels, p.shape[1]).to(p.dtype)
    raised = (p + target).pow(gamma) - target
    weight = raised if form == "code" else torch.where(target.bool(), raised, p)
    return -(weight * log_q).sum(1).mean()


def kd(learner: Tensor, guide: Tensor, temperature: float = 1.0) -> Tensor:
    """τ² KL(guide ‖ learner) of softened probabilities."""
    log_q, log_p = (F.log_softmax(logits / temperature, 1) for logits in (learner, guide))
    return temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def dkd(
    learner: Tensor, guide: Tensor, labels: Tensor, alpha: float = 1.0, beta: float = 2.0, temperature: float = 1.0
) -> Tensor:
    """α × KL of (target, rest) + β × KL among the classes that are not the target."""
    own = F.one_hot(labels, learner.shape[1]).bool()
    parts, others = [], []
    for logits in (learner, guide):
        soft = logits / temperature
        log_p = soft.log_softmax(1)
        rest = torch.logsumexp(log_p.masked_fill(own, -torch.inf), 1)
        parts.append(torch.stack([log_p[own], rest], 1))
        others.append(soft[~own].view(len(soft), -1).log_softmax(1))
    target, rest = (F.kl_div(q, p, reduction="batchmean", log_target=True) for q, p in (parts, others))
    return temperature**2 * (alpha * target + beta * rest)


def dist(learner: Tensor, guide: Tensor, beta: float = 1.0, gamma: float = 1.0, temperature: float = 1.0) -> Tensor:
    """1 - Pearson correlation of probabilities: β × within pictures + γ × within classes."""
    q, p = ((logits / temperature).softmax(1) for logits in (learner, guide))
    inter, intra = (1 - _pearson(*each).mean() for each in ((q, p), (q.T, p.T)))
    return temperature**2 * (beta * inter + gamma * intra)


def _pearson(one: Tensor, other: Tensor) -> Tensor:
    return F.cosine_similarity(one - one.mean(1, keepdim=True), other - other.mean(1, keepdim=True), dim=1)
