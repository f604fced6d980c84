"""Forgery detection: Effort and its rivals, the judge of photographs, and the baselines every detector must beat."""
