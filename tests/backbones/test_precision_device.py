"""Precision and devices are asked for, never assumed."""

import pytest
import torch

from engines.backbones import precision
from engines.backbones.device import pick_device
from engines.errors import BadConfig


def test_auto_is_bf16_only_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "_cpu_capabilities", lambda: {"avx512_bf16": True})
    assert precision.choose("cpu") == torch.bfloat16
    assert precision.describe("cpu") == "cpu, bf16 (AVX512-BF16)"
    monkeypatch.setattr(precision, "_cpu_capabilities", lambda: {"avx512_bf16": False, "avx2": True})
    assert precision.choose("cpu") == torch.float32
    assert precision.describe("cpu") == "cpu, fp32 (no bf16 hardware)"


def test_the_processor_answers() -> None:
    assert isinstance(precision._cpu_capabilities(), dict)
    assert precision.choose("cpu") in (torch.bfloat16, torch.float32)


@pytest.mark.parametrize(
    ("name", "dtype"), [("bf16", torch.bfloat16), ("fp16", torch.float16), ("fp32", torch.float32)]
)
def test_products_run_in_the_chosen_precision(name: str, dtype: torch.dtype) -> None:
    one = torch.ones(4, 4)
    with precision.autocast("cpu", name):
        assert (one @ one).dtype == dtype
    assert (one @ one).dtype == torch.float32


def test_fp32_leaves_an_autocast_around_it_alone() -> None:
    with precision.autocast(torch.device("cpu"), "fp32"):
        assert not torch.is_autocast_enabled("cpu")


def test_unknown_precisions_are_refused() -> None:
    with pytest.raises(BadConfig, match="auto, bf16"):
        precision.autocast("cpu", "int4")


def test_auto_takes_the_best_device_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type in ("cuda", "mps", "xpu", "cpu")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device("auto") == torch.device("cuda")
    assert pick_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(BadConfig, match="cuda:2"):
        pick_device("cuda:2")


@pytest.mark.parametrize("name", ["tpu9", "", "mps:3", "meta"])
def test_devices_that_are_not_there_are_refused(name: str) -> None:
    with pytest.raises(BadConfig):
        pick_device(name)
