"""Home: what Mien is, three ways in, people from its world, and what can be run."""

from workbench.widgets import frame, home

frame.head(
    "Mien",
    "A workbench in which papers on synthetic faces, forgery detection, continual learning, distillation and"
    " augmentation run: train them, look inside while they learn, and check what they claim. On a laptop, without a"
    " network.",
)
home.doors()
home.people()
home.systems()
