"""Attention by either kernel is the same attention."""

import pytest
import torch
import torch.nn.functional as F

from engines.backbones import attend


@pytest.mark.parametrize("tokens", [3, 50, 300])
def test_the_same_values_and_gradients(tokens):
    rng = torch.Generator().manual_seed(tokens)
    query, key, value = (torch.randn(2, 3, tokens, 8, generator=rng, requires_grad=True) for _ in range(3))
    told = torch.randn(2, 3, tokens, 8, generator=rng)
    ours, theirs = (
        (mixed, *torch.autograd.grad(mixed, (query, key, value), told))
        for mixed in (attend.attend(query, key, value), F.scaled_dot_product_attention(query, key, value))
    )
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_the_kernel_is_chosen_where_a_gradient_is_asked_for_and_left_as_it_was():
    allowed = torch.backends.cuda.flash_sdp_enabled()
    with attend.plain(torch.device("cpu")):
        assert not torch.backends.cuda.flash_sdp_enabled()
    assert torch.backends.cuda.flash_sdp_enabled() == allowed
    with torch.no_grad(), attend.plain(torch.device("cpu")):
        assert torch.backends.cuda.flash_sdp_enabled() == allowed
    with attend.plain(torch.device("cuda")):
        assert torch.backends.cuda.flash_sdp_enabled() == allowed
