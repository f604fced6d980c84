"""Continual learning: sessions, the accuracy matrix and its measures, SAFE and its rivals. LLaCA has its own folder."""
