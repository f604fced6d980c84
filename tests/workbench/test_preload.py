"""The server sets libraries aside before the first visitor; shown in a process that it changes for good."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import gc, sys, time
from workbench.preload import preload

def seconds():
    began = time.process_time()
    gc.collect()
    return time.process_time() - began

preload()
aside = min(seconds() for _ in range(3))
assert "workbench.widgets.arena" in sys.modules and "workbench.figures.recognition" in sys.modules
assert "torch" not in sys.modules, "pages need none"
count = gc.get_freeze_count()
gc.unfreeze()
print(count, aside, min(seconds() for _ in range(3)))
"""


def test_collecting_garbage_passes_over_what_lives_as_long_as_the_server() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    count, aside, before = map(float, ran.stdout.split())
    assert count > 50_000
    assert aside < before / 10
