"""Mixed precision where the hardware has it: asked for, never assumed.

bfloat16 makes a vision transformer two to three times as fast on a CPU with AVX512-BF16 or AMX, and slower on one
without; so "auto" asks the processor. It never chooses float16, which would need the loss to be scaled.
"""

from contextlib import AbstractContextManager, nullcontext

import torch

from engines.errors import BadConfig

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
_CPU_BF16 = {
    "amx_bf16": "AMX", "avx512_bf16": "AVX512-BF16", "avx10_2": "AVX10.2", "bf16": "Arm BF16", "sve_bf16": "SVE BF16"
}  # fmt: skip


def autocast(device: torch.device | str, precision: str = "auto") -> AbstractContextManager[object]:
    """A context in which matrix products run in the chosen precision.

    Args:
        device: where they run.
        precision: "auto", "bf16", "fp16" or "fp32".

    Raises:
        BadConfig: there is no such precision.
    """
    device = torch.device(device)
    dtype = choose(device, precision)
    return nullcontext() if dtype == torch.float32 else torch.autocast(device.type, dtype)


def choose(device: torch.device | str, precision: str = "auto") -> torch.dtype:
    """The number format behind a precision's name on a device.

    Raises:
        BadConfig: there is no such precision.
    """
    if precision == "auto":
        return torch.bfloat16 if _bf16_hardware(torch.device(device)) else torch.float32
    if precision not in DTYPES:
        raise BadConfig(f"There is no precision {precision!r}; use auto, {', '.join(DTYPES)}.")
    return DTYPES[precision]


def describe(device: torch.device | str) -> str:
    """What "auto" does on a device and why, for provenance: "cpu, bf16 (AVX512-BF16)"."""
    device = torch.device(device)
    hardware = _bf16_hardware(device)
    return f"{device}, bf16 ({hardware})" if hardware else f"{device}, fp32 (no bf16 hardware)"


def _bf16_hardware(device: torch.device) -> str | None:
    if device.type == "cpu":
        has = _cpu_capabilities()
        return next((title for flag, title in _CPU_BF16.items() if has.get(flag)), None)
    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.cuda.get_device_name(device)
    return None


def _cpu_capabilities() -> dict[str, object]:
    if hasattr(torch.cpu, "get_capabilities"):
        return dict(torch.cpu.get_capabilities())
    return {  # older torch answers one question at a time
        "avx512_bf16": torch.cpu._is_avx512_bf16_supported(),
        "amx_bf16": torch.cpu._is_amx_tile_supported(),
    }
