"""SAFE's parts by hand: banks, losses, mixing, the trap of rows that start at 0."""

import time

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from engines.backbones import towers
from engines.continual import tuning
from engines.continual.heads import CosineHead
from engines.continual.mixing import entropy, mix, ridge_logits
from engines.continual.network import Network
from engines.continual.rivals.finetuning import EwcLearner
from engines.continual.safe.losses import alignment, cross_classification, transfer
from engines.continual.whatif import answers
from engines.errors import BadConfig


@pytest.fixture(scope="module")
def network():
    return Network(towers.build("vit-tiny-random"), 0)


@pytest.fixture(scope="module")
def images():
    return torch.rand(3, 3, 28, 28, generator=torch.Generator().manual_seed(0))


def test_banks_have_the_papers_sizes():
    made = {kind: tuning.size(tuning.make(kind, 768, 12, 3072, 0)) for kind in tuning.KINDS}
    assert made == {"adapter": 1_189_632, "ssf": 205_824, "vpt": 46_080}


@torch.no_grad()
def test_the_network_without_a_bank_is_the_tower(network, images):
    assert torch.allclose(network(network.prefix(images)), network.tower(images).pooled, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("tuned", [0, 1])
def test_adapters_start_as_the_tower_and_the_others_do_not(tuned, images):
    network = Network(towers.build("vit-tiny-random"), tuned)
    kept = network.prefix(images)
    plain = network(kept)
    assert torch.equal(network(kept, network.bank("adapter", 0).eval()), plain)
    for kind in ("ssf", "vpt"):
        assert not torch.allclose(network(kept, network.bank(kind, 0)), plain, atol=1e-4)


def test_a_bank_is_its_seed(network):
    one, same, other = (network.bank("ssf", seed).state_dict()["gamma.0_q"] for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)
    with pytest.raises(BadConfig, match="no bank 'lora'"):
        network.bank("lora", 0)
    with pytest.raises(BadConfig, match="has 2 blocks, not 5"):
        Network(towers.build("vit-tiny-random"), 5)


def test_transfer_of_unit_features_by_hand():
    """Both samples (1, 0) on both sides: c = [[1, 0], [0, 0]], diagonal (0)² + (-1)² = 1, rest 0."""
    same = torch.tensor([[2.0, 0.0], [5.0, 0.0]])
    found = transfer(same, same)
    assert float(found.diagonal) == pytest.approx(1) and float(found.rest) == pytest.approx(0)
    crossed = transfer(torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 0.0]]))  # c = [[0, 0], [1, 0]]
    assert float(crossed.diagonal) == pytest.approx(2) and float(crossed.rest) == pytest.approx(1)


def test_with_unit_features_the_diagonal_cannot_reach_zero_and_with_standardised_it_can():
    x = torch.randn(400, 6, generator=torch.Generator().manual_seed(0))
    assert float(transfer(x, x, "sample_l2").diagonal) > 6 - 2  # d - 2 trace + small, the trace being at most 1
    assert float(transfer(x, x, "batch_std").diagonal) < 1e-6
    with pytest.raises(BadConfig):
        transfer(x, x, "other")


def test_transfer_teaches_the_slow_side_alone():
    slow, frozen = torch.randn(4, 3, requires_grad=True), torch.randn(4, 3, requires_grad=True)
    sum(transfer(slow, frozen)).backward()
    assert slow.grad is not None and frozen.grad is None


def test_alignment_is_a_sum_over_the_batch():
    fast, slow = (
        torch.tensor([[1.0, 0.0], [0.0, 3.0], [1.0, 1.0]]),
        torch.tensor([[2.0, 0.0], [1.0, 0.0], [-1.0, -1.0]]),
    )
    assert float(alignment(fast, slow)) == pytest.approx(0 + 1 + 2)


def head(rows, sigma=1.0):
    made = CosineHead(len(rows), len(rows[0]), sigma)
    with torch.no_grad():
        made.weight.copy_(torch.tensor(rows))
    return made


def test_cross_classification_by_hand():
    """One old class (1, 0), one new (0, 1); all sides agree and σ = 1: each item's CE is log(1 + e^-1)."""
    slow_head, fast_head = head([[1.0, 0.0], [0.0, 1.0]]), head([[1.0, 0.0], [0.0, 1.0]])
    x, labels = torch.tensor([[0.0, 4.0]]), torch.tensor([1])
    expected = 2 * np.log(1 + np.exp(-1))
    assert cross_classification(x, x, labels, fast_head, slow_head, 1).item() == pytest.approx(expected, rel=1e-6)


def test_the_released_slow_rows_teach_nothing_of_new_classes():
    """With the slow head's new row at 0 (C5) its logit for new classes is 0 whatever the fast feature is."""
    slow_head, x = head([[1.0, 0.0], [0.0, 0.0]]), torch.randn(5, 2)
    assert not slow_head(x)[:, 1].any()


def test_rows_that_start_at_zero_are_thrown_away_by_one_step():
    """C4: after one step of SGD the norm is beyond 1e6 and the direction stays; at the class mean neither happens."""
    generator = torch.Generator().manual_seed(0)
    features = F.normalize(torch.randn(48, 16, generator=generator) + 2)
    labels = torch.arange(48) % 2 + 2
    norms, turned = {}, {}
    for how in ("zero", "class_mean"):
        means = torch.stack([features[labels == one].mean(0) for one in (2, 3)])
        grown = CosineHead(2, 16, seed=1).grown(2, how, means)
        optimiser = torch.optim.SGD(grown.parameters(), 0.01)
        seen = []
        for _ in range(4):
            batch = torch.randperm(48, generator=generator)[:24]
            optimiser.zero_grad()
            F.cross_entropy(grown(features[batch]), labels[batch]).backward()
            optimiser.step()
            seen.append(F.normalize(grown.weight[2].detach(), dim=0))
            norms[how] = float(grown.weight[2:].detach().norm(dim=1).max())
        turned[how] = float(1 - seen[0] @ seen[-1])
    assert norms["zero"] > 1e6 and turned["zero"] < 1e-6
    assert norms["class_mean"] < 2 and turned["class_mean"] > 1e-6


def test_growing_keeps_old_rows_and_sigma():
    old = CosineHead(3, 5, seed=0)
    with torch.no_grad():
        old.sigma.fill_(7)
    new = old.grown(2, "random", seed=4)
    assert torch.equal(new.weight[:3], old.weight) and float(new.sigma) == 7 and len(new.weight) == 5
    with pytest.raises(BadConfig, match="new rows"):
        old.grown(1, "ones")


def test_weights_by_entropy():
    slow, fast = np.array([[9.0, 0, 0], [1, 1, 1]]), np.array([[1.0, 1, 1], [1, 1, 1]])
    mixed = mix(slow, fast, "entropy", 1.0)
    sure, unsure = entropy(slow)[0], np.log(3)
    assert mixed.slow_weight[0] == pytest.approx(1 / (1 + np.exp(sure - unsure)), rel=1e-6)
    assert mixed.slow_weight[1] == pytest.approx(0.5)
    assert mixed.logits[0] == pytest.approx(mixed.slow_weight[0] * slow[0] + (1 - mixed.slow_weight[0]) * fast[0])
    assert mix(slow, fast, "entropy", 0.0).logits == pytest.approx((slow + fast) / 2)
    assert mix(slow, fast, "entropy", 1e6).slow_weight[0] == 1


@pytest.mark.parametrize(
    ("how", "expected"), [("add", [2.0, 1]), ("max", [3.0, 2]), ("slow", [3.0, 0]), ("fast", [1.0, 2])]
)
def test_other_ways_to_mix(how, expected):
    assert mix(np.array([[3.0, 0]]), np.array([[1.0, 2]]), how).logits.tolist() == [expected]
    with pytest.raises(BadConfig):
        mix(np.ones((1, 2)), np.ones((1, 2)), "concat")


def test_ridge_logits_of_what_a_run_keeps():
    kept = {"slow_rotated": np.eye(2), "slow_values": np.array([1.0, 3.0]), "slow_target": np.eye(2), "slow_sigma": 2.0}
    assert ridge_logits(kept, "slow", 1.0).tolist() == [[1.0, 0], [0, 0.5]]


def test_other_settings_are_answered_within_the_time_of_a_slider():
    """The size of `full`: five sessions, 240 pictures, 1000 columns; processor time, of which a page has 0.3 s."""
    rng, sessions = np.random.default_rng(0), []
    for t in range(5):
        count, classes = 48 * (t + 1), 4 * (t + 1)
        kept = {"rows": np.arange(count)}
        for name in ("slow", "fast"):
            kept |= {f"{name}_rotated": rng.normal(size=(count, 1000)).astype(np.float32),
                     f"{name}_target": rng.normal(size=(1000, classes)).astype(np.float32),
                     f"{name}_values": np.ones(1000, np.float32), f"{name}_sigma": np.float32(10)}  # fmt: skip
        sessions.append(kept)
    labels = np.repeat(np.arange(20), 12)
    began = time.process_time()
    found = answers(sessions, labels, labels // 4, ridge=10.0, gamma=3.0)
    assert time.process_time() - began < 0.3
    assert np.isfinite(found.accuracy).tolist() == np.tri(5, dtype=bool).tolist()


def test_a_step_against_ewcs_penalty_goes_back_at_most_all_the_way() -> None:
    learner = EwcLearner(nn.Linear(1, 1), nn.Linear(1, 1), full_lr=0.01, head_lr=0.01)
    learner.weight, learner.firmest = 100.0, 1.0  # 1 / (0.01 x 100)
    at = learner.head.weight.detach() - 3
    learner.important = {"head.weight": (torch.full_like(at, 1e6), at)}
    said = learner.added(torch.zeros(1, 1), {}, torch.tensor(0.5))
    assert said["loss/held"].item() == pytest.approx(1.0 * 3**2 / 2), "an importance of a million counts as one"
    assert said["loss"].item() == pytest.approx(0.5 + 100 * 4.5)
    said["loss"].backward()
    stepped = learner.head.weight - 0.01 * learner.head.weight.grad
    assert torch.allclose(stepped, at, atol=1e-5)
