"""The arena: detectors that are trained already meet the same pictures, family by family."""
