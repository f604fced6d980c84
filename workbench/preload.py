"""What every page needs, imported before the first visitor, and out of the garbage collector's way."""

import gc
import importlib
import pkgutil


def preload() -> None:
    """Import the parts of all pages, and set aside whatever is there: it lives as long as the server.

    Streamlit collects garbage after each run of a page. Libraries alone are 240,000 objects, through which that would
    walk each time: 0.13 s in which no visitor is answered, most of what a page costs.
    """
    for name in ("workbench.widgets", "workbench.figures"):
        package = importlib.import_module(name)
        for part in pkgutil.iter_modules(package.__path__, f"{name}."):
            importlib.import_module(part.name)
    gc.collect()
    gc.freeze()
