"""SAFE (Zhao et al., NeurIPS 2024): slow and fast parameter-efficient tuning for class-incremental learning."""
