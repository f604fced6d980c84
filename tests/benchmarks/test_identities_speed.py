"""What pushing anchors apart costs, and guidance, as ratios in one run."""

import time

import pytest
import torch

from engines import recipes
from engines.backbones.readers import Readers
from engines.synthesis.id3 import anchors, autoencoder, losses, model
from engines.synthesis.id3.sampling import Generator, Guidance, Pace
from engines.synthesis.latent import learners


def test_ten_thousand_anchors(benchmark):
    """Two minutes on two cores is the promise; the largest cosine is said beside the time."""
    spread = benchmark.pedantic(anchors.tammes, (10_000, 128), rounds=1)
    benchmark.extra_info |= {"largest_at_random": spread.largest[0], "largest": min(spread.largest)}
    assert min(spread.largest) < 0.75 * spread.largest[0]


def test_a_round_costs_little_more_than_its_products():
    """Two products of all with all; the rest, exponentials and norms, may cost twice as much again."""
    points = anchors.random_directions(4000, 512)
    rounds, products = [], []
    for _ in range(3):
        began = time.perf_counter()
        anchors._repulsion(points, 50.0)
        rounds.append(time.perf_counter() - began)
        began = time.perf_counter()
        for start in range(0, len(points), anchors.BLOCK):
            (points[start : start + anchors.BLOCK] @ points.T) @ points
        products.append(time.perf_counter() - began)
    assert min(rounds) < 3 * min(products)


@pytest.mark.parametrize("through", ["full", "stop"])
def test_guidance_against_none(benchmark, through):
    """16 faces of the full preset's size, 4 steps; `seconds_off` is the same without guidance."""
    config = recipes.get("id3").configure("full")
    settings = autoencoder.latent_settings(config)
    torch.manual_seed(0)
    parts = losses.Autoencoder(learners.autoencoder(settings)), Readers.load().identity
    generator = Generator(model.build(config, 128, 16), *parts, learners.schedule(settings))
    y, s, pace = anchors.random_directions(16, 128), torch.zeros(16, 4), Pace("dpm++", 4, "fp32")
    began = time.perf_counter()
    generator.draw(y, s, range(16), Guidance(0.0), pace)
    off = time.perf_counter() - began
    benchmark.pedantic(generator.draw, (y, s, range(16), Guidance(40.0, through=through), pace), rounds=1)
    benchmark.extra_info["seconds_off"] = off
