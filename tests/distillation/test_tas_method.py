"""TAS's losses: hand-computed values, who gets gradients, what a spatial shuffle changes, and every switch."""

import math

import pytest
import torch
from torch.nn import functional as F

from engines.distillation import losses, zoo
from engines.distillation.learner import Distiller
from engines.distillation.methods import View
from engines.distillation.tas.looks import shuffled
from engines.distillation.tas.method import PAIRS, Switches, Tas
from engines.distillation.tas.recipe import VARIANTS

TRIPLES = (("resnet-s", "vit-xs"), ("vit-s", "resnet-xs"), ("mixer-s", "resnet-xs"), ("resnet-s", "resmlp-xs"),
           ("resnet-s", "resnet-xs"), ("mixer-s", "vit-xs"), ("vit-s", "swin-xs"))  # fmt: skip
CLASSES = 3


def batch(count=3):
    generator = torch.Generator().manual_seed(1)
    return {"images": torch.rand(count, 3, 56, 56, generator=generator), "labels": torch.arange(count) % CLASSES,
            "index": torch.arange(count)}  # fmt: skip


def learner(teacher="resnet-s", student="vit-xs", **switches):
    torch.manual_seed(0)
    pair = zoo.build(teacher, CLASSES), zoo.build(student, CLASSES)
    return Distiller(pair[1], pair[0], Tas(*pair, Switches(**switches)))


def view_of(made, data):
    with torch.no_grad():
        taught = made.teacher.look(data["images"])
    return View(made.teacher, made.student, taught, made.student.look(data["images"]), data["labels"], data["index"])


def test_ofa_at_one_is_soft_cross_entropy_in_both_forms():
    torch.manual_seed(0)
    learnt, taught, labels = torch.randn(5, 4), torch.randn(5, 4), torch.tensor([0, 1, 2, 3, 0])
    soft = F.cross_entropy(learnt, taught.softmax(1))
    hard = F.cross_entropy(learnt, labels)
    for form in losses.OFA_FORMS:
        torch.testing.assert_close(losses.ofa(learnt, taught, labels, 1.0, form), soft)
    assert not torch.isclose(soft, hard)


def test_ofa_by_hand():
    """Guide (0.9, 0.1), learner (0.5, 0.5), target 0, γ = 1.5: the target weighs 1.9^1.5 - 1."""
    learnt, taught = torch.zeros(1, 2), torch.log(torch.tensor([[0.9, 0.1]]))
    labels = torch.tensor([0])
    half = math.log(2)
    code, paper = (losses.ofa(learnt, taught, labels, 1.5, form) for form in losses.OFA_FORMS)
    assert float(code) == pytest.approx((1.9**1.5 - 1 + 0.1**1.5) * half, rel=1e-5)
    assert float(paper) == pytest.approx((1.9**1.5 - 1 + 0.1) * half, rel=1e-5)


def test_infonce_by_hand():
    """Orthogonal features at scale s: each row is -log(e^s / (e^s + 1))."""
    eye = torch.eye(2)
    expected = math.log(1 + math.exp(-3))
    assert float(losses.infonce(5 * eye, eye, 3.0)) == pytest.approx(expected, rel=1e-5)
    assert float(losses.infonce(eye, eye, 3.0, symmetric=True)) == pytest.approx(expected, rel=1e-5)
    more = torch.cat([eye, -eye])  # guides of another device are negatives
    expected = math.log((math.exp(3) + 2 + math.exp(-3)) / math.exp(3))
    assert float(losses.infonce(eye, more, 3.0)) == pytest.approx(expected, rel=1e-5)


def test_a_spatial_shuffle_changes_mse_and_not_infonce():
    torch.manual_seed(0)
    maps = torch.randn(4, 8, 7, 7)
    moved = shuffled(maps, 1.0, torch.Generator().manual_seed(0))
    assert torch.equal(moved.flatten(2).sort(2).values, maps.flatten(2).sort(2).values)
    before, after = (losses.infonce(each.mean((2, 3)), maps.mean((2, 3)), 10.0) for each in (maps, moved))
    assert abs(float(before - after)) < 1e-4
    assert float(F.mse_loss(moved, maps)) == pytest.approx(2.0, abs=0.15)
    assert torch.equal(shuffled(maps, 0.0, torch.Generator()), maps)


@pytest.mark.parametrize("pair", TRIPLES, ids=">".join)
def test_only_bridge_and_student_get_gradients(pair):
    made = learner(*pair, teacher_student=0.0, assistant_student=0.0).train()
    terms = made.method(view_of(made, batch()))
    assert set(terms) == {"distill/teacher_assistant/infonce", "distill/teacher_assistant/ofa"}
    sum(terms.values()).backward()
    assert all(each.grad is None for each in made.teacher.parameters())
    bridge = dict(made.method.assistant.named_parameters())
    assert all(each.grad is not None for each in bridge.values())
    assert any(each.grad.abs().sum() > 0 for each in bridge.values())
    shared = [each for each in made.student.parameters() if each.grad is not None and each.grad.abs().sum() > 0]
    assert shared, "the student's part of the assistant is trained through it"


def test_the_teacher_stays_as_it_is():
    made = learner("resnet-s", "vit-xs").train()
    before = {name: each.clone() for name, each in made.teacher.state_dict().items()}
    made(batch())["loss"].backward()
    assert not any(part.training for part in made.teacher.modules())
    assert all(torch.equal(each, before[name]) for name, each in made.teacher.state_dict().items())


def test_the_assistants_guide_is_detached_unless_it_is_asked_for():
    for detach, moved in ((True, False), (False, True)):
        made = learner("resnet-s", "vit-xs", teacher_student=0.0, teacher_assistant=0.0, infonce=0.0, detach=detach)
        made(batch())["loss"].backward()
        gradient = made.method.assistant.bridge.embed.weight.grad
        assert (gradient is not None and float(gradient.abs().sum()) > 0) is moved


@pytest.mark.parametrize("name", VARIANTS)
def test_every_ablation_trains(name):
    made = learner(**VARIANTS[name]).train()
    said = made(batch())
    said["loss"].backward()
    assert torch.isfinite(said["loss"])
    left_out = {"no-teacher-assistant": "teacher_assistant", "no-assistant-student": "assistant_student",
                "no-teacher-student": "teacher_student", "no-infonce": "infonce", "no-ofa": "ofa"}  # fmt: skip
    assert not any(left_out.get(name, "nothing") in term.split("/") for term in said)
    assert len(said) == 2 + (6 if name not in left_out else 4 if name.startswith("no-") and "-" in name[3:] else 3)


@pytest.mark.parametrize("switches", [
    {"pooled": "mean"}, {"projection": "both"}, {"symmetric": True}, {"gather": True}, {"assistant_ce": 1.0},
    {"gamma": 1.3, "ofa_form": "paper"},
])  # fmt: skip
def test_every_switch_trains(switches):
    made = learner(**switches).train()
    said = made(batch())
    said["loss"].backward()
    assert torch.isfinite(said["loss"]) and ("distill/assistant_ce" in said) is ("assistant_ce" in switches)


def test_temperatures_are_learnt_apart_and_do_not_decay():
    made = learner()
    made(batch())["loss"].backward()
    assert set(made.method.log_scale) == set(PAIRS)
    assert all(each.grad is not None for each in made.method.log_scale.values())
    rest, scales = made.parameter_groups(1e-3)
    assert scales["weight_decay"] == 0 and len(scales["params"]) == 3
    assert len(rest["params"]) + 3 == sum(each.requires_grad for each in made.parameters())


def test_mixed_labels_train_by_their_largest_share():
    made = learner().train()
    data = batch()
    shares = 0.6 * F.one_hot(data["labels"], CLASSES) + 0.4 * F.one_hot(data["labels"].flip(0), CLASSES)
    assert torch.equal(losses.classes_of(shares), data["labels"])
    assert torch.isfinite(made({**data, "labels": shares})["loss"])
