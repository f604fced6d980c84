"""Runs of other toolkits, read onto the same axes: what they log of a[t, j]. See `read`."""
