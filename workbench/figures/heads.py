"""How widely attention heads look: blocks across, heads down."""

import numpy as np
import plotly.graph_objects as go

from workbench.figures import theme


def spread(entropy: np.ndarray, most: float) -> go.Figure:
    """Entropy of each head's attention.

    Args:
        entropy: (L, heads) in bits, averaged over tokens. most: log2 of the number of tokens, everywhere alike.
    """
    blocks, heads = entropy.shape
    least = np.unravel_index(int(entropy.argmin()), entropy.shape)
    alt = (
        f"Entropy of {heads} heads in {blocks} blocks, {entropy.min():.1f} to {entropy.max():.1f} of {most:.1f} bits;"
        f" head {least[1] + 1} of block {least[0] + 1} looks most narrowly."
    )
    figure = theme.new(alt, x="block", y="head", height=110 + 30 * heads)
    figure.add_heatmap(
        z=entropy.T, x=list(range(1, blocks + 1)), y=list(range(1, heads + 1)), zmin=0, zmax=most,
        colorscale=theme.SEQUENTIAL, xgap=2, ygap=2, texttemplate="%{z:.1f}",
        hovertemplate="block %{x}, head %{y}: %{z:.2f} bits<extra></extra>",
        colorbar={"title": {"text": "bits", "side": "top"}, "thickness": 12, "outlinewidth": 0},
    )  # fmt: skip
    figure.update_xaxes(dtick=1, showgrid=False, ticks="")
    return figure.update_yaxes(dtick=1, autorange="reversed", showgrid=False, ticks="").update_layout(margin_t=16)
