"""The rivals' losses by their own identities, and what each method trains."""

import math

import pytest
import torch
from torch.nn import functional as F

from engines.distillation import losses, zoo
from engines.distillation.learner import Distiller
from engines.distillation.methods import Crd, FitNet, Logits, Ofa

LABELS = torch.tensor([0, 1, 2, 1])


def two():
    torch.manual_seed(0)
    return torch.randn(4, 3), torch.randn(4, 3)


def test_kd_is_the_divergence_and_nothing_between_equals():
    learnt, taught = two()
    p, q = taught.softmax(1), learnt.softmax(1)
    torch.testing.assert_close(losses.kd(learnt, taught), (p * (p / q).log()).sum(1).mean())
    assert abs(float(losses.kd(taught, taught, 4.0))) < 1e-6


def test_dkd_takes_kd_apart():
    """KD = TCKD + (1 - p_target) NCKD, for each picture."""
    learnt, taught = two()
    for n in range(len(LABELS)):
        one = slice(n, n + 1)
        rest = 1 - float(taught[one].softmax(1)[0, LABELS[n]])
        whole = losses.dkd(learnt[one], taught[one], LABELS[one], alpha=1.0, beta=rest)
        torch.testing.assert_close(whole, losses.kd(learnt[one], taught[one]))


def test_dist_asks_for_correlation_alone():
    """With two classes rows always correlate fully if they lean alike; equal probabilities cost nothing."""
    learnt, taught = two()
    assert abs(float(losses.dist(taught, taught))) < 1e-5
    assert float(losses.dist(learnt, taught)) > 0.1
    p = taught.softmax(1)
    nearer = (0.5 * p + 0.5 / 3).log()  # an affine map of each row's and column's probabilities
    assert abs(float(losses.dist(nearer, taught))) < 1e-4


def test_crd_draws_other_classes_evenly():
    torch.manual_seed(0)
    pair = zoo.build("resnet-xs", 3), zoo.build("resmlp-xs", 3)
    labels = torch.tensor([2, 0, 1, 1, 0, 2, 2, 1])
    crd = Crd(*pair, labels, negatives=6000, width=8)
    asked = torch.tensor([0, 1, 2])
    drawn = crd.drawn(asked)
    assert not (labels[drawn] == asked[:, None]).any()
    for row, label in zip(drawn, asked, strict=True):
        counts = torch.bincount(row, minlength=len(labels))[labels != label].float()
        assert (counts / counts.mean() - 1).abs().max() < 0.15


def made(method, **options):
    torch.manual_seed(0)
    teacher, student = zoo.build("resnet-xs", 3), zoo.build("vit-xs", 3)
    labels = torch.arange(9) % 3
    added = {
        "kd": lambda: Logits("kd", temperature=2.0), "dkd": lambda: Logits("dkd"), "dist": lambda: Logits("dist"),
        "fitnet": lambda: FitNet(teacher, student), "crd": lambda: Crd(teacher, student, labels, negatives=16),
        "ofa": lambda: Ofa(teacher, student),
    }[method]()  # fmt: skip
    return Distiller(student, teacher, added)


def test_every_rival_trains_the_student_and_its_own_parts():
    data = {"images": torch.rand(3, 3, 56, 56), "labels": torch.arange(3), "index": torch.arange(3)}
    terms = {"kd": {"distill/kd"}, "dkd": {"distill/dkd"}, "dist": {"distill/dist"}, "fitnet": {"distill/fitnet"},
             "crd": {"distill/crd"}, "ofa": {"distill/exits", "distill/ofa"}}  # fmt: skip
    for name, expected in terms.items():
        learner = made(name).train()
        said = learner(data)
        assert set(said) - {"loss", "loss/ce"} == expected
        said["loss"].backward()
        own = list(learner.method.parameters())
        assert all(each.grad is not None for each in own), name
        assert all(each.grad is None for each in learner.teacher.parameters())


def test_crd_remembers_with_momentum():
    learner = made("crd").train()
    before = learner.method.memory.clone()
    learner({"images": torch.rand(2, 3, 56, 56), "labels": torch.tensor([0, 1]), "index": torch.tensor([3, 4])})
    moved = (learner.method.memory != before).any(2).any(0)
    assert moved.nonzero().flatten().tolist() == [3, 4]
    torch.testing.assert_close(learner.method.memory.norm(dim=2), torch.ones(2, 9))


def test_crd_that_knows_nothing_costs_one_guess_and_one_picture_however_many_negatives():
    for negatives in (4, 64):
        crd = Crd(*(zoo.build("resnet-xs", 3) for _ in range(2)), torch.arange(9) % 3, width=8, negatives=negatives)
        crd.memory[:] = crd.memory[:1, :1]  # all alike: P is 1/N for each
        ours = F.normalize(torch.randn(1, 8), dim=1)
        cost = crd._told(ours, 1, torch.tensor([0]), torch.ones(1, negatives, dtype=torch.long))
        # h = (1/N) / (1/N + M/N): -log h - M log(1 - h)
        assert float(cost) == pytest.approx(math.log(1 + negatives) + negatives * math.log(1 + 1 / negatives), rel=1e-5)


def test_fitnet_of_a_copy_costs_nothing():
    torch.manual_seed(0)
    cut = zoo.build("resnet-xs", 3)
    learner = Distiller(cut, zoo.build("resnet-xs", 3), None)
    learner.teacher.load_state_dict(cut.state_dict())
    learner.method = FitNet(learner.teacher, cut)
    for lead in learner.method.lead:
        torch.nn.init.dirac_(lead.weight)
        torch.nn.init.zeros_(lead.bias)
    said = learner.eval()(
        {"images": torch.rand(2, 3, 56, 56), "labels": torch.tensor([0, 1]), "index": torch.arange(2)}
    )
    assert float(said["distill/fitnet"]) < 1e-10


def test_exits_of_a_convolutional_student_halve_the_map():
    teacher, student = zoo.build("resnet-xs", 3), zoo.build("resnet-xs", 3)
    exits = Ofa(teacher, student).exits
    counts = [
        sum(isinstance(part, torch.nn.Conv2d) and part.stride == (2, 2) for part in each.modules()) for each in exits
    ]
    assert counts == [3, 2, 1, 0]
    assert exits[0](torch.rand(2, 16, 14, 14)).shape == (2, 3)
    assert F.softmax(exits[3](torch.rand(2, 128, 7, 7)), 1).shape == (2, 3)
