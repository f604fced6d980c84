"""Data augmentation for classifiers: De-DA, and the mixing and generating methods that it is compared with."""
