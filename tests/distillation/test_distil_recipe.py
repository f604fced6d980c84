"""The recipe `tas`: protocols, both real formats end to end, what is kept, and what is refused before it costs time."""

import json

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from engines import recipes
from engines.data.labelled.base import Entry, Labelled
from engines.distillation import compare, zoo
from engines.distillation.judge import Exam, Watch
from engines.distillation.views import Training, fitted, mixed
from engines.errors import BadConfig, BadInput, BadWeights
from engines.training.journal import MemoryJournal
from engines.training.loop import learning_rate
from engines.training.loop_config import LoopConfig
from tests.distillation.trees import write_cifar, write_folders

RECIPE = recipes.get("tas")
SHORT = {"epochs": 1, "batch": 4, "warmup_epochs": 1, "teacher_steps": 1, "crd_negatives": 8, "draws": 20,
         "precision": "fp32"}  # fmt: skip


def test_the_paper_on_cifar_pickles_end_to_end(tmp_path):
    write_cifar(tmp_path, classes=2, train=4, test=2)
    changes = {**SHORT, "data": str(tmp_path), "pairs": ("timm/test_vit>timm/test_resnet",)}
    journal = MemoryJournal()
    outcome = RECIPE(RECIPE.configure("paper", changes), journal)
    numbers = outcome.summary()
    assert numbers["data"] == str(tmp_path) and numbers["classes"] == 2 and numbers["test_pictures"] == 4
    methods = {row["method"] for row in numbers["accuracy"]}
    assert methods == {"teacher", "assistant", *RECIPE.configure("paper").methods}
    assert {row["epoch"] for row in numbers["accuracy"] if row["method"] == "tas"} == {"best", "last"}
    assert [row["second"] for row in numbers["paired"] if row["epoch"] == "best"] == list(changes_of("paper"))
    outcome.save(tmp_path)
    stem = "timm-test_vit-to-timm-test_resnet-tas"
    again = timm.create_model("test_resnet", num_classes=2)
    again.load_state_dict(load_file(tmp_path / f"{stem}.safetensors"), strict=True)
    assert json.loads((tmp_path / f"{stem}.json").read_text())["method"] == "tas"


def changes_of(preset):
    return [name for name in RECIPE.configure(preset).methods if name != "tas"]


def test_the_imagenet_protocol_on_folders_with_a_teacher_from_a_file(tmp_path):
    write_folders(tmp_path / "set", classes=2, train=4, val=2)
    torch.manual_seed(0)
    teacher = timm.create_model("test_resnet", num_classes=2)
    save_file(teacher.state_dict(), tmp_path / "teacher.safetensors")
    changes = {
        **SHORT, "data": str(tmp_path / "set"), "pairs": ("timm/test_resnet>timm/test_vit",), "methods": ("tas",),
        "protocol": "imagenet", "teachers": (f"timm/test_resnet={tmp_path / 'teacher.safetensors'}",),
    }  # fmt: skip
    journal = MemoryJournal()
    numbers = RECIPE(RECIPE.configure("paper", changes), journal).summary()
    assert not any("teacher-timm" in name for name, *_ in journal.phases)
    assert numbers["networks"][0]["front"] == "teacher"
    with pytest.raises(BadWeights, match="do not fit the teacher"):
        RECIPE(RECIPE.configure("paper", {**changes, "teachers": changes["teachers"], "pairs":
               ("timm/test_resnet>timm/test_vit",), "data": str(three_classes(tmp_path))}), journal)  # fmt: skip


def three_classes(root):
    write_folders(root / "three", classes=3, train=2, val=1)
    return root / "three"


def test_protocols_are_the_tables():
    paper = RECIPE.configure("paper")
    cnn, tokens = (paper.of_student(kind, 45_000) for kind in ("cnn", "mlp"))
    assert (cnn.optimiser, cnn.lr, cnn.weight_decay, cnn.batch, cnn.epochs) == ("sgd", 0.05, 2e-3, 128, 300)
    assert cnn.steps == 300 * (45_000 // 128) and cnn.warmup == 3 * (45_000 // 128) and cnn.smoothing == 0.1
    assert (tokens.optimiser, tokens.lr, tokens.clip, tokens.views) == ("adamw", 5e-4, 5.0, "strong")
    assert cnn.lr * cnn.floor == pytest.approx(1e-3) and tokens.lr * tokens.floor == pytest.approx(1e-5)
    imagenet = paper.replace(protocol="imagenet").of_student("cnn", 10_000)
    assert (imagenet.schedule, imagenet.batch, imagenet.epochs) == ("steps", 64, 100)
    assert RECIPE.configure("full").of_student("cnn", 600).steps == RECIPE.configure("full").steps


def test_schedules_end_where_they_should():
    cosine = LoopConfig.build({"steps": 100, "schedule": "cosine", "floor": 0.02})
    assert learning_rate(0, cosine) == 1 and learning_rate(100, cosine) == pytest.approx(0.02)
    step = LoopConfig.build({"steps": 100, "schedule": "steps", "drops": (0.3, 0.6, 0.9)})
    assert [round(learning_rate(n, step), 6) for n in (29, 31, 61, 91)] == [1, 0.1, 0.01, 0.001]


@pytest.mark.parametrize(("changes", "words"), [
    ({"pairs": ("resnet-s>resnet-xxl",)}, "There is no network 'resnet-xxl'"),
    ({"pairs": ("timm/vit_tiny_patch16_224>resnet-xs",)}, "no common grid"),
    ({"pairs": ("resnet-s",)}, "is not teacher>student"),
    ({"methods": ("magic",)}, "name at least one of"),
    ({"data": ""}, "Set data to"),
])  # fmt: skip
def test_what_cannot_be_is_said_before_pictures_are_made(changes, words):
    journal = MemoryJournal()
    with pytest.raises(BadConfig, match=words):
        RECIPE(RECIPE.configure("tiny", changes), journal)
    assert not journal.phases


def test_a_class_with_one_picture_is_said(tmp_path):
    write_cifar(tmp_path, classes=2, train=1, test=1)
    with pytest.raises(BadInput, match="'class 0' has one picture"):
        RECIPE(RECIPE.configure("tiny", {"data": str(tmp_path)}), MemoryJournal())


def some_pictures(count=6, side=56):
    images = np.random.default_rng(0).integers(0, 256, (count, side, side, 3)).astype(np.uint8)
    return Labelled(("a", "b"), tuple(Entry(str(n), n % 2, images[n].copy) for n in range(count)))


@pytest.mark.parametrize("kind", ["light", "crop", "strong"])
def test_views_follow_from_their_seeds(kind):
    views, items = Training(some_pictures(), 32 if kind != "light" else 56, kind), [(0, 7), (1, 8), (2, 9)]
    torch.manual_seed(0)
    state = torch.get_rng_state()
    one, again, other = (views.__getitems__(each) for each in (items, items, [(0, 1), (1, 2), (2, 3)]))
    assert torch.equal(torch.get_rng_state(), state), "the loop's own generator is left alone"
    assert torch.equal(one["images"], again["images"]) and not torch.equal(one["images"], other["images"])
    assert one["index"].tolist() == [0, 1, 2] and one["images"].shape == (3, 3, views.size_px, views.size_px)
    if kind == "strong":
        torch.testing.assert_close(one["labels"].sum(1), torch.ones(3))


def test_mixtures_keep_shares_and_pixels():
    images, labels = torch.stack([torch.zeros(3, 8, 8), torch.ones(3, 8, 8)]), torch.tensor([0, 1])
    for seed in range(8):
        views, shares = mixed(images, labels, 2, seed)
        torch.testing.assert_close(views.mean((1, 2, 3)), shares[:, 1], atol=1e-5, rtol=0)


def test_a_test_view_is_the_centre_of_the_resized_picture():
    picture = np.zeros((64, 128, 3), np.uint8)
    picture[:, 56:72] = 255
    view = fitted(picture, 56)
    assert view.shape == (56, 56, 3) and view[28, 28, 0] == 255 and view[28, 2, 0] == 0
    assert fitted(view, 56) is view


def test_the_best_epoch_is_chosen_and_goes_into_the_checkpoint():
    cut, told = zoo.build("resmlp-xs", 2), []
    watch = Watch(cut, Exam(some_pictures(), 56), 2, 5, lambda step, value: told.append((step, value)))
    answers = iter([0.5, 0.9, 0.7])
    watch.exam.right = lambda said, device=None: np.array([next(answers)])
    marks = {}
    for step in range(1, 6):
        cut.model.head.bias.data.fill_(step)
        watch(step, cut)
        marks[step] = float(cut.model.head.bias[0].detach())
    assert told == [(2, 0.5), (4, 0.9), (5, 0.7)] and watch.best_step == 4
    assert float(watch.weights["head.bias"][0]) == marks[4]
    again = Watch(cut, watch.exam, 2, 5, print)
    again.load_state_dict(watch.state_dict())
    assert (again.best, again.best_step) == (0.9, 4)


def test_intervals_by_known_cases():
    right = [np.ones(50, bool), np.ones(50, bool)]
    sure = compare.accuracy(right, 200)
    assert (sure.value, sure.low, sure.high) == pytest.approx((1, 1, 1))
    rng = np.random.default_rng(0)
    first = [rng.random(400) < 0.7 for _ in range(3)]
    better = compare.difference([each | (rng.random(400) < 0.3) for each in first], first, 500)
    assert better.excludes(0) and better.low > 0
    assert not compare.difference(first, first[::-1], 500).excludes(0)
    one = compare.accuracy(first[:1], 2000)
    assert one.high - one.low == pytest.approx(
        2 * 1.96 * (first[0].mean() * (1 - first[0].mean()) / 400) ** 0.5, rel=0.1
    )
