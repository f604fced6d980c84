"""A recipe that counts, and fails in every way that a recipe can."""

from engines.training.config import Config, Field
from engines.training.recipe import Paper, Recipe


class CounterConfig(Config):
    steps: int = Field(20, ge=1, le=100_000, description="Steps")
    pause_s: float = Field(0.0, ge=0, description="Pause after each step", unit="s")
    save_every: int = Field(5, ge=1, description="Steps between checkpoints")
    fault: str = Field("", description="What goes wrong")
    fault_at: int = Field(10, ge=0, description="The step at which it does")


RECIPE = Recipe(
    "counter",
    "Counter: adds pseudo-random numbers",
    Paper("On counting", "Arithmetic", "https://example.org/counting"),
    CounterConfig,
    "counter.engine:train",
    {"tiny": {"steps": 5}, "demo": {}, "full": {"steps": 1000}, "paper": {"steps": 10_000}},
    says="Counts.",
)
