"""FRCSyn: face recognition in the era of synthetic data, its sub-tasks, pair lists, metrics and submissions."""
