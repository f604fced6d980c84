"""Figures are drawn once: a function called again with the same values gives the figure it gave before.

Ten people who look at one run see one figure, and a page that is drawn again draws none of them anew. Values are
compared by what they hold, which takes a hundredth of the time of drawing. A kept figure must not be changed by who
gets it; `theme.dressed` makes copies. Figures of what a visitor brings are not kept: such functions are not decorated.
"""

import functools
import hashlib
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import ParamSpec

import plotly.graph_objects as go

from workbench.figures import theme

P = ParamSpec("P")
MOST, LARGEST = 96, 1 << 20
"""Figures that are kept, the latest; bytes of values beyond which a figure is not."""
_figures: OrderedDict[bytes, go.Figure] = OrderedDict()
_lock = threading.Lock()


def kept(draw: Callable[P, go.Figure]) -> Callable[P, go.Figure]:
    """Decorates a function that draws a figure from its arguments and nothing else."""
    name = f"{draw.__module__}.{draw.__qualname__}"

    @functools.wraps(draw)
    def once(*args: P.args, **named: P.kwargs) -> go.Figure:
        values = pickle.dumps((name, args, sorted(named.items())), protocol=5)
        if len(values) > LARGEST:
            return draw(*args, **named)
        key = hashlib.blake2b(values).digest()
        with _lock:
            if key in _figures:
                _figures.move_to_end(key)
                return _figures[key]
        figure = draw(*args, **named)
        vars(figure)["_dressed"] = {}
        with _lock:
            _figures[key] = figure
            while len(_figures) > MOST:
                _figures.popitem(last=False)
        return figure

    return once


def dressed(figure: go.Figure, mode: theme.Mode) -> go.Figure:
    """The figure in a page's mode, made once where the figure itself is kept; not to be changed either."""
    known = vars(figure).get("_dressed")
    if known is None:
        return theme.dressed(figure, mode)
    if mode not in known:
        known[mode] = theme.dressed(figure, mode)
    return known[mode]
