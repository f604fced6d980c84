"""Contact sheets place pictures in rows."""

import numpy as np

from engines.faceworld.sheets import sheet


def test_sheet_by_hand() -> None:
    one, two, three = (np.full((2, 3, 3), value, np.uint8) for value in (10, 20, 30))
    made = sheet([one, two, three], columns=2)
    assert made.shape == (4, 6, 3) and made.dtype == np.uint8
    assert made[0, 0, 0] == 10 and made[0, 3, 0] == 20 and made[2, 0, 0] == 30 and made[2, 3, 0] == 255


def test_floats_are_rounded() -> None:
    assert sheet([np.full((1, 1, 3), 0.5, np.float32)], 1)[0, 0, 0] == 128
