"""Layers: what filling must not touch, what compositing must give back, which masks are refused."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.augmentation.deda.decouple import decouple
from engines.augmentation.deda.layers import composite, feathered, hole, premultiplied, pyramid_fill, resized
from engines.data.labelled import Entry


def disc(side=64, radius=16.0):
    y, x = np.mgrid[:side, :side] - side / 2 + 0.5
    return ((x**2 + y**2) < radius**2).astype(np.float32)


def entry(picture, mask=None, box=None):
    return Entry("a/b", 0, lambda: picture, None if mask is None else lambda: mask, box)


@settings(max_examples=25, deadline=None)
@given(st.integers(8, 70), st.integers(8, 70), st.integers(0, 2**31), st.floats(1.2, 3))
def test_filling_leaves_known_pixels(height, width, seed, ratio):
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (height, width, 3), np.uint8)
    known = (rng.random((height, width)) < 0.4).astype(np.float32)
    known[0, 0] = 1
    filled = pyramid_fill(picture, known, ratio)
    assert (filled[known == 1] == picture[known == 1]).all()


def test_filling_a_flat_picture_gives_it_back():
    picture = np.full((40, 56, 3), (200, 30, 90), np.uint8)
    filled = pyramid_fill(picture, 1 - np.pad(np.ones((12, 12), np.float32), ((10, 18), (20, 24))))
    assert np.abs(filled.astype(int) - picture).max() <= 1


def test_filling_follows_a_slope():
    """A linear ramp with a hole is filled within a few levels, where the mean colour would be 60 off."""
    picture = np.repeat(np.linspace(0, 255, 64)[None, :, None], 64, 0).repeat(3, 2).astype(np.uint8)
    mask = disc(64, 12)
    error = np.abs(pyramid_fill(picture, 1 - mask).astype(int) - picture)[mask == 1]
    assert error.mean() < 12


def test_own_object_before_own_place_is_the_picture():
    """Inside the mask exactly; outside the widened hole exactly too."""
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    parts = decouple(entry(picture, disc()), picture)
    top, left = round(parts.box[1] * 64), round(parts.box[0] * 64)
    layer = np.zeros((64, 64, 4), np.uint8)
    layer[top : top + parts.layer.shape[0], left : left + parts.layer.shape[1]] = parts.layer
    again = composite(layer, parts.place)
    solid, outside = parts.alpha > 0.999, hole(parts.alpha) == 0
    assert solid.sum() > 300 and outside.sum() > 1000
    assert np.abs(again.astype(int) - picture)[solid | outside].max() <= 1


def test_place_holds_nothing_of_the_object():
    picture = np.full((64, 64, 3), (0, 0, 255), np.uint8)
    picture[disc() == 1] = (255, 0, 0)
    parts = decouple(entry(picture, disc()), picture)
    assert parts.place[..., 0].max() <= 3


@pytest.mark.parametrize(("mask", "said"), [(np.zeros((64, 64)), "covers 0%"), (np.ones((64, 64)), "covers 100%")])
def test_masks_of_nothing_and_of_everything_are_refused(mask, said):
    picture = np.zeros((64, 64, 3), np.uint8)
    parts = decouple(entry(picture, mask.astype(np.float32)), picture)
    assert parts.place is None and parts.source == "whole picture" and said in parts.refused[0]
    assert parts.layer.shape == (64, 64, 4)


def test_the_box_stands_in_where_the_mask_is_refused():
    picture = np.zeros((64, 64, 3), np.uint8)
    parts = decouple(entry(picture, np.zeros((64, 64), np.float32), (10, 12, 40, 44)), picture)
    assert parts.source == "box" and parts.area == pytest.approx(30 * 32 / 64**2, rel=0.05)


def test_segmenters_are_asked_before_the_box():
    picture = np.zeros((64, 64, 3), np.uint8)
    asked = [("nothing", lambda p, b: None), ("disc", lambda p, b: disc())]
    assert decouple(entry(picture, None, (1, 1, 60, 60)), picture, asked).source == "disc"


def test_feathering_closes_small_holes_and_keeps_the_border():
    mask = np.ones((512, 512), np.float32)
    mask[:, 300:] = 0
    mask[100:103, 100:103] = 0
    soft = feathered(mask)
    assert soft[101, 101] > 0.99 and soft[0, 0] > 0.99 and 0.2 < soft[256, 300] < 0.8


def test_no_dark_fringe_when_layers_are_resized():
    layer = np.zeros((32, 32, 4), np.uint8)
    layer[8:24, 8:24] = 255  # white object on transparent black
    small = resized(layer, (13, 13))
    assert small[..., :3][small[..., 3] > 40].min() >= 250
    assert (premultiplied(layer)[layer[..., 3] == 0] == 0).all()


def test_transparent_parts_of_layerdiffuse_have_their_shapes_and_names():
    from engines.augmentation.deda.layered import AlphaDecoder, OffsetEncoder

    encoder = OffsetEncoder()
    assert encoder(torch.rand(1, 4, 32, 32)).shape == (1, 4, 4, 4)
    assert [k for k in encoder.state_dict() if k.endswith("weight")] == [f"blocks.{n}.weight" for n in range(0, 17, 2)]
    decoder = AlphaDecoder((8, 8, 8, 16, 16), attended=1).eval()
    picture, latents = torch.rand(1, 3, 64, 64), torch.randn(1, 4, 8, 8)
    said = decoder.median(picture, latents)
    assert said.shape == (1, 4, 64, 64) and said.min() >= 0 and said.max() <= 1
    names = set(decoder.state_dict())
    assert {"conv_in.weight", "latent_conv_in.weight", "down_blocks.4.attentions.0.to_q.weight",
            "mid_block.resnets.1.conv2.weight", "up_blocks.0.attentions.2.to_q.weight",
            "conv_norm_out.weight", "conv_out.bias"} <= names  # fmt: skip


def test_the_median_turns_with_the_picture():
    """Eight readings make the decoder blind to turns: turning the input turns the answer."""
    from engines.augmentation.deda.layered import AlphaDecoder

    torch.manual_seed(0)
    decoder = AlphaDecoder((8, 8, 8, 16), attended=1).eval()
    picture, latents = torch.rand(1, 3, 32, 32), torch.randn(1, 4, 4, 4)
    turned = decoder.median(torch.rot90(picture, 1, (2, 3)), torch.rot90(latents, 1, (2, 3)))
    torch.testing.assert_close(torch.rot90(turned, -1, (2, 3)), decoder.median(picture, latents), atol=1e-5, rtol=1e-4)
