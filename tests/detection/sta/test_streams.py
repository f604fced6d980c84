"""Streams, attention between them, adapters: against 3D convolutions, by hand, and by what may mix."""

import pytest
import torch
from torch import nn

from engines.backbones import towers
from engines.detection.sta import bodies
from engines.detection.sta.adapter import STREAMS, Mixer, adapters, using, watched
from engines.detection.sta.streams import Branch, CrossAttention, Stream
from engines.errors import BadConfig

CLIPS = torch.rand(3, 4, 3, 56, 56, generator=torch.Generator().manual_seed(1))


def adapted(streams=STREAMS, cross=True, tower="vit-tiny-random", pretrained=True, layers=0):
    torch.manual_seed(0)
    built = towers.build(tower, pretrained)
    bodies.truncate(built, layers)
    bodies.adapt(built, 4, 8, (3, 5), 2, streams, cross)
    return bodies.FrameTower(built, "adapters").eval()


def stirred(body):
    """As if trained: nothing of the adapters is zero any more."""
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in body.parameters():
            if parameter.requires_grad:
                parameter.add_(0.3 * torch.randn_like(parameter))
    return body


@pytest.mark.parametrize(("across", "kernel"), [("space", (1, 5, 5)), ("time", (5, 1, 1))])
def test_a_stream_is_the_three_dimensional_convolution_of_the_paper(across, kernel):
    """Weights copied into Conv3d and BatchNorm3d give the same numbers, in training mode too."""
    torch.manual_seed(0)
    stream, z = Stream(4, (5,), across), torch.randn(2, 4, 6, 7, 5)
    steps: list[nn.Module] = []
    for step in stream.branches[0]:
        if isinstance(step, nn.Conv2d):
            conv = nn.Conv3d(4, 4, kernel, padding=tuple(k // 2 for k in kernel), groups=4)
            conv.weight.data, conv.bias.data = step.weight.data.view(conv.weight.shape), step.bias.data
            steps.append(conv)
        else:
            steps.append(nn.BatchNorm3d(4) if isinstance(step, nn.BatchNorm2d) else nn.ReLU())
    assert torch.allclose(stream(z), nn.Sequential(*steps)(z), atol=1e-5)


def test_a_stream_is_the_mean_of_its_branches():
    torch.manual_seed(0)
    stream, z = Stream(2, (3, 5, 7), "time").eval(), torch.randn(1, 2, 5, 3, 3)
    alone = [branch(z.reshape(1, 2, 5, 9)).view(z.shape) for branch in stream.branches]
    assert torch.allclose(stream(z), sum(alone) / 3, atol=1e-6)
    assert [len([s for s in b if isinstance(s, nn.Conv2d)]) for b in stream.branches] == [3, 3, 3]
    assert not isinstance(Branch(2, (3, 1))[-1], nn.ReLU)


def test_streams_see_what_they_should():
    """A change in one frame stays in that frame in space, and at its place in time."""
    torch.manual_seed(0)
    z = torch.randn(1, 4, 6, 8, 8)
    other = z.clone()
    other[0, :, 2, 3, 5] += 1
    for across, where in (("space", lambda d: d[:, :, [0, 1, 3, 4, 5]]), ("time", lambda d: d[..., :3, :])):
        stream = Stream(4, (3, 5), across).eval()
        change = stream(other) - stream(z)
        assert change.abs().sum() > 0 and where(change).abs().max() == 0


@pytest.mark.parametrize("side", [2, 100])
def test_clips_of_a_batch_never_mix(side):
    torch.manual_seed(0)
    cross = CrossAttention(8, 2, side).eval()
    s, t = torch.randn(2, 3, 8, 4, 5, 5)
    together = cross(s, t)[:2]
    for index in range(3):
        alone = cross(s[index : index + 1], t[index : index + 1])[:2]
        assert all(torch.allclose(a[0], b[index], atol=1e-5) for a, b in zip(alone, together, strict=True))


def test_where_a_stream_looks_is_said():
    """Uniform attention: every place gets the same, every frame the share of its places."""
    cross = CrossAttention(8, 2, 100).eval()
    for attention in (cross.to_spatial, cross.to_temporal):
        nn.init.zeros_(attention.in_proj_weight)
    *_, looked = cross(torch.randn(2, 8, 3, 4, 4), torch.randn(2, 8, 3, 4, 4), look=True)
    for one in looked:
        assert torch.allclose(one.received, torch.ones(2, 3, 4, 4), atol=1e-5)
        assert torch.allclose(one.between, torch.full((2, 3, 3), 1 / 3), atol=1e-5)


@pytest.mark.parametrize("tower", ["vit-tiny-random", "timm/test_resnet"])
def test_untrained_it_is_the_image_tower(tower):
    torch.manual_seed(0)
    plain = towers.build(tower, False).eval()
    wanted = plain(CLIPS.flatten(0, 1)).pooled.unflatten(0, (3, 4))
    torch.manual_seed(0)
    body = adapted(tower=tower, pretrained=False)
    assert torch.equal(body(CLIPS), wanted)
    assert not torch.allclose(stirred(body)(CLIPS), wanted, atol=1e-3)


@pytest.mark.parametrize("tower", ["vit-tiny-random", "timm/test_resnet", "timm/test_efficientnet"])
def test_a_clip_scores_the_same_alone_and_in_a_batch(tower):
    body = stirred(adapted(tower=tower, pretrained=False))
    together = body(CLIPS)
    for index in range(3):
        assert torch.allclose(body(CLIPS[index : index + 1])[0], together[index], atol=1e-4)


@pytest.mark.parametrize("frames", [1, 3, 4, 9])
def test_any_number_of_frames(frames):
    body = stirred(adapted())
    assert body(torch.rand(2, frames, 3, 56, 56)).shape == (2, frames, 128)


def test_which_streams_carry_time():
    """Shuffling the frames of a clip permutes the features of a model that sees frames alone, and no other's."""
    order = [2, 0, 3, 1]
    for streams, cross, sees in ((("spatial",), True, False), (("temporal",), True, True), (STREAMS, True, True)):
        body = stirred(adapted(streams, cross))
        with torch.no_grad():
            for name, parameter in body.named_parameters():
                if name.endswith(".time"):
                    parameter.zero_()
        moved = (body(CLIPS)[:, order] - body(CLIPS[:, order])).abs().max()
        assert (moved > 1e-4) == sees


@pytest.mark.parametrize("kind", ["vit-tiny-random", "timm/test_resnet"])
def test_training_moves_the_adapters_alone(kind):
    body = adapted(tower=kind, pretrained=False).train()
    before = {name: value.clone() for name, value in body.state_dict().items()}
    optimiser = torch.optim.Adam([p for p in body.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(2):  # the first step moves the last linear layer off zero, the second all that is behind it
        body(CLIPS).square().mean().backward()
        optimiser.step()
        optimiser.zero_grad()
    changed = {name for name, value in body.state_dict().items() if not torch.equal(value, before[name])}
    assert all("mixer" in name or name.endswith((".time", "model.norm.weight", "model.norm.bias")) for name in changed)
    moved = [n for n, p in body.named_parameters() if p.requires_grad and n in changed]
    silent = {n for n, p in body.named_parameters() if p.requires_grad} - set(moved)
    # A key's bias shifts every weight of a row alike, and the softmax takes that away; so the fused one moves as a
    # whole. A convolution's bias before a batch norm has no effect either.
    assert all(".branches." in name and name.endswith("bias") for name in silent), silent
    for part in adapters(body):
        assert not part.block.training and part.mixer.training


def test_streams_are_switched_off_for_a_while():
    body = stirred(adapted())
    whole = body(CLIPS)
    with using(body, ("spatial",)):
        without = body(CLIPS)
    assert not torch.allclose(whole, without, atol=1e-4) and torch.equal(body(CLIPS), whole)
    z = torch.randn(1, 8, 4, 3, 3)
    mixer = Mixer(8, 8, (3,), 2, STREAMS, False, 99).eval()
    mixer.use = ()
    assert torch.allclose(mixer._streams(z), z)


def test_the_inside_is_kept_only_while_watched():
    body = stirred(adapted())
    with watched(body) as mixers:
        body(CLIPS)
        found = [mixer.inside for mixer in mixers]
    assert len(found) == 2 and all(mixer.inside is None for mixer in mixers)
    for one in found:
        assert one.spatial.shape == one.temporal.shape == (3,) and (one.spatial > 0).all()
        assert [part.received.shape for part in one.looked] == [(3, 4, 4, 4)] * 2


def test_parameters_of_the_paper():
    """3,329,536 in an adapter of 1024 -> 512 with kernels 3, 5, 7 and two heads, as the released code has; less the
    2.1 million of the attention without it."""
    whole, without = (Mixer(1024, 512, (3, 5, 7), 2, STREAMS, cross, 99) for cross in (True, False))
    assert sum(p.numel() for p in whole.parameters()) == 3_329_536
    assert 14 * sum(p.numel() for p in without.parameters()) == pytest.approx(17.2e6, rel=0.01)


def test_truncation():
    assert adapted(layers=1).tower.depth == 1 and len(adapters(adapted(layers=1))) == 1
    with pytest.raises(BadConfig, match="2 blocks, not 3"):
        adapted(layers=3)
    with pytest.raises(BadConfig, match="divide"):
        bodies.adapt(towers.build("vit-tiny-random"), 4, 9, (3,), 2, STREAMS, True)
