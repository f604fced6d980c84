"""Several processes train on the same batches as one: the loop under `torchrun`, on the CPU with gloo."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name("train_line.py")


@pytest.mark.timeout(180)
def test_two_processes_end_where_one_does(tmp_path):
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--standalone"]
    subprocess.run([sys.executable, str(SCRIPT), str(tmp_path / "one.pt")], check=True, timeout=100)
    subprocess.run([*launch, str(SCRIPT), str(tmp_path / "two.pt")], check=True, timeout=100)
    one, two = (torch.load(tmp_path / name, weights_only=True) for name in ("one.pt", "two.pt"))
    assert one["processes"] == 1 and two["processes"] == 2
    assert torch.allclose(one["weight"], two["weight"], atol=1e-5)
    assert not torch.allclose(one["weight"], one["start"], atol=1e-2)
