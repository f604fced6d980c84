"""All that computes: the face world, the towers, the training loop and the ten systems.

Imports torch where it must; never streamlit, gradio, plotly or workbench.
"""

from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "assets"
"""Bundled weights, media and texts; read-only for everything but the scripts that build them."""
