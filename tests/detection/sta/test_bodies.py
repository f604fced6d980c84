"""The rivals' bodies: where frames lie in a thumbnail, what is blanked, and a network of convolutions in time."""

import torch

from engines.backbones import towers
from engines.detection.sta.bodies import R2Plus1D, Thumbnail


def test_frames_lie_row_by_row():
    thumbnail = Thumbnail(towers.build("vit-tiny-random"), 1.0).eval()
    clip = torch.arange(1.0, 9).view(1, 8, 1, 1, 1).expand(1, 8, 3, 28, 28) / 8
    tiled = thumbnail.tiled(clip)
    assert tiled.shape == (1, 3, 56, 112)
    corners = tiled[0, 0, ::28, ::28] * 8
    assert corners.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert thumbnail.tiled(clip[:, :5])[0, 0, 28:, 56:].eq(0).all()  # 2 x 3 places for five frames
    half = Thumbnail(towers.build("vit-tiny-random"), 0.5).tiled(clip)
    assert half.shape == (1, 3, 28, 56) and thumbnail(clip).shape == (1, 1, 128)


def test_the_same_square_of_every_frame_is_blanked_in_training():
    thumbnail = Thumbnail(towers.build("vit-tiny-random"), 1.0, blank=0.25)
    blanked = thumbnail._blanked(torch.ones(2, 4, 3, 56, 56))
    assert blanked.eq(0).float().mean().item() == 0.0625
    assert blanked.amin(1).equal(blanked.amax(1))


def test_r2plus1d_halves_time_and_has_the_weights_of_a_full_kernel():
    torch.manual_seed(0)
    body = R2Plus1D(4).eval()
    assert body(torch.rand(2, 8, 3, 56, 56)).shape == (2, 1, 32) and body(torch.rand(1, 3, 3, 56, 56)).shape[2] == 32
    space, time = body.scales[2].way[0], body.scales[2].way[3]
    whole = 3 * 9 * 8 * 16
    assert abs(space.weight.numel() + time.weight.numel() - whole) < 0.03 * whole
    clip = torch.rand(1, 8, 3, 56, 56)
    assert not torch.allclose(body(clip), body(clip.flip(1)), atol=1e-6)


def test_the_small_network_of_convolutions_learns_the_same_twice_in_bfloat16():
    """A kernel that reads what lay in memory gives other gradients the second time."""
    found = []
    for _ in range(2):
        torch.manual_seed(0)
        network = R2Plus1D(16).train()
        spoilt = [torch.full((4, 16, 8, 49, 49), float("nan")) for _ in range(6)]
        del spoilt
        clips = torch.rand(4, 8, 3, 98, 98, generator=torch.Generator().manual_seed(1))
        with torch.autocast("cpu", torch.bfloat16):
            network(clips).float().square().sum().backward()
        found.append([parameter.grad for parameter in network.parameters()])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))
