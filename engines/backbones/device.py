"""Which processor the arithmetic runs on."""

import torch

from engines.errors import BadConfig


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" is the first of CUDA, Apple's MPS, Intel's XPU and the CPU that is there.

    Raises:
        BadConfig: there is no such device on this machine.
    """
    if name == "auto":
        return torch.device(next(kind for kind in ("cuda", "mps", "xpu", "cpu") if _count(kind)))
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BadConfig(f"{name!r} is not a device; use auto, cpu, cuda, cuda:1 or mps.") from error
    if (device.index or 0) >= _count(device.type):
        raise BadConfig(f"This machine has no device {name!r}; use auto, or cpu.")
    return device


def _count(kind: str) -> int:
    if kind == "cpu":
        return 1
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    module = getattr(torch, kind, None)
    return int(module.device_count()) if module is not None and hasattr(module, "device_count") else 0
