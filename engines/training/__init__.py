"""Recipe, Config, Journal, the one loop, checkpoints and metrics: the floor under every system."""
