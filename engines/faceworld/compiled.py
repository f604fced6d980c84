"""The one way in which this package compiles: cached on disk, without the interpreter's lock, IEEE division.

Sums are not reassociated: pictures must not depend on the width of a machine's vectors.
"""

import functools

import numba as nb

njit = functools.partial(
    nb.njit, cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "ninf", "nsz", "arcp", "contract", "afn"}
)
