"""The kept tables of the scalp are those that the bundled head gives, and nothing of them has to be made at a start."""

import subprocess
import sys

import numpy as np

from engines.faceworld.build_scalp import make_scalp
from engines.faceworld.scalp import load_scalp


def test_the_kept_tables_follow_from_the_head():
    made, kept = make_scalp(), load_scalp()
    for name in ("roots", "radius", "over_ears"):
        np.testing.assert_allclose(getattr(kept, name), getattr(made, name), atol=1e-9, rtol=0)
    assert np.array_equal(kept.vertex, made.vertex)


def test_a_start_does_without_the_search_tree():
    code = "import sys, engines.faceworld.render; sys.exit('scipy.spatial' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
