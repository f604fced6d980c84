"""Networks in stages: the cut model says what the whole one says, and all pairs of the paper can be joined."""

import pytest
import timm
import torch

from engines.distillation import zoo
from engines.distillation.cut import block_ends
from engines.distillation.tas.assistant import Assistant, fronted_by_student
from engines.distillation.tas.recipe import RECIPE, STUDENTS, TEACHERS
from engines.errors import BadConfig

LISTED = {
    "timm/resnet18": ("cnn", 256, 14, 512, 11.2), "timm/resnet50": ("cnn", 1024, 14, 2048, 23.7),
    "timm/mobilenetv2_100": ("cnn", 96, 14, 1280, 2.35), "timm/convnext_tiny": ("cnn", 384, 14, 768, 27.9),
    "timm/swin_tiny_patch4_window7_224": ("attention", 384, 14, 768, 27.6), "swin-n": ("attention", 256, 14, 512, 9.1),
    "swin-p": ("attention", 192, 14, 384, 5.2), "timm/vit_small_patch16_224": ("attention", 384, 14, 384, 21.7),
    "timm/deit_tiny_patch16_224": ("attention", 192, 14, 192, 5.5), "timm/mixer_b16_224": ("mlp", 768, 14, 768, 59.2),
    "timm/resmlp_12_224": ("mlp", 384, 14, 384, 15.0),
}  # fmt: skip
"""Name -> family, channels and side of the map after stage 3, width of the feature, million parameters."""
ADDED = {
    "timm/swin_tiny_patch4_window7_224>timm/resnet18": (1.8e6, 1.95e6),
    "timm/vit_small_patch16_224>timm/mobilenetv2_100": (1.75e6, 1.95e6),
    "timm/swin_tiny_patch4_window7_224>timm/resmlp_12_224": (1.8e6, 1.95e6),
    "timm/convnext_tiny>timm/resmlp_12_224": (1.8e6, 1.95e6),
    "timm/convnext_tiny>timm/deit_tiny_patch16_224": (0.5e6, 0.55e6),
    "timm/convnext_tiny>swin-p": (0.5e6, 0.55e6),
    "timm/mixer_b16_224>timm/resnet18": (7.1e6, 7.4e6),
    "timm/resnet50>timm/resnet18": (0.26e6, 0.28e6),
}


@pytest.fixture(scope="module")
def listed():
    """The paper's networks, without memory: shapes and counts are all that is asked of them."""
    with torch.device("meta"):
        return {name: zoo.build(name, 100) for name in LISTED}


@pytest.mark.parametrize("name", [*zoo.SMALL, *zoo.MIXERS, "timm/mobilenetv2_100@64"])
def test_the_cut_network_says_what_the_whole_one_says(name):
    torch.manual_seed(0)
    cut = zoo.build(name, 5).eval()
    images = torch.rand(2, 3, cut.size_px, cut.size_px)
    with torch.no_grad():
        said = cut.look(images)
        whole = cut.model((images - cut.mean) / cut.std)
    assert torch.equal(said.logits, whole)
    for stage, channels, grid in zip(said.stages, cut.channels, cut.grids, strict=True):
        assert cut.as_map(stage).shape == (2, channels, *grid)
    middle, cls = said.stages[2], said.stages[2][:, 0] if cut.prefix else None
    assert torch.equal(cut.as_own(cut.as_map(middle), cls), middle)


def test_the_listed_networks_have_the_listed_shapes(listed):
    for name, (kind, channels, side, width, millions) in LISTED.items():
        cut = listed[name]
        assert (cut.kind, cut.channels[2], cut.grids[2], cut.width) == (kind, channels, (side, side), width), name
        assert sum(each.numel() for each in cut.parameters()) / 1e6 == pytest.approx(millions, rel=0.05), name


def test_every_pair_of_the_paper_builds(listed):
    pairs = RECIPE.configure("paper").pairs
    assert len(pairs) == 12
    with torch.device("meta"):
        for pair in {*pairs, *ADDED}:
            teacher, student = (listed[name] for name in pair.split(">"))
            added = sum(each.numel() for each in Assistant(teacher, student).parameters())
            low, high = ADDED.get(pair, (1e5, 8e6))
            assert low <= added <= high, (pair, added)


def test_whose_front_comes_first(listed):
    cnn, vit, mlp = (listed[f"timm/{name}"] for name in ("resnet18", "vit_small_patch16_224", "mixer_b16_224"))
    assert not fronted_by_student(cnn, vit) and not fronted_by_student(cnn, mlp)
    for teacher, student in ((vit, cnn), (mlp, cnn), (cnn, cnn), (mlp, vit), (vit, mlp), (vit, vit)):
        assert fronted_by_student(teacher, student)


def test_every_pair_that_the_page_offers_fits():
    built = {name: zoo.build(name, 3) for name in {*TEACHERS, *STUDENTS} - {"dinov2-s6"}}
    for teacher in (name for name in TEACHERS if name in built):
        for student in STUDENTS:
            Assistant(built[teacher], built[student])
    assert {*TEACHERS, *STUDENTS} <= set(zoo.NAMES)


@pytest.mark.parametrize(("depth", "ends"), [(12, (2, 4, 10, 12)), (6, (1, 2, 5, 6)), (4, (1, 2, 3, 4)),
                                             (24, (4, 8, 20, 24))])  # fmt: skip
def test_blocks_are_cut_two_two_six_two(depth, ends):
    assert block_ends(depth) == ends


def test_a_student_loads_into_timm_strictly():
    cut = zoo.build("resnet-xs", 7)
    source, changes = zoo.SMALL["resnet-xs"]
    again = timm.create_model(source, num_classes=7, **changes)
    again.load_state_dict(cut.model.state_dict(), strict=True)


@pytest.mark.parametrize(("name", "words"), [
    ("resnet-xxl", "There is no network 'resnet-xxl'"),
    ("timm/no_such_model", "timm has no model 'no_such_model'"),
    ("timm/resnet18@big", "names no side in px"),
    ("timm/test_mambaout", "whose four stages are not known"),
])  # fmt: skip
def test_an_unknown_network_is_said(name, words):
    with pytest.raises(BadConfig, match=words):
        zoo.build(name, 4)


def test_networks_without_a_common_grid():
    with torch.device("meta"):
        teacher, student = zoo.build("timm/vit_small_patch16_224", 4), zoo.build("resnet-xs", 4)
    with pytest.raises(BadConfig, match="have no common grid: resnet-xs has a map of 7 x 7"):
        Assistant(teacher, student)
