"""Distillation: a small network learns from a large one of another kind."""
