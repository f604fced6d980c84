"""World: a person under sliders, photographs, forgeries with their truth, who is in a sample, clips, and export."""

from workbench.widgets import frame, world

frame.head(
    "World",
    "People who do not exist, and all that is true of their pictures: who, how old, how lit, what is forged and how"
    " well. Move a slider, and the same person changes.",
    lessons=True,
)
world.show()
