"""Weights by group and class; `base` has what a new weigher writes, and each file a family."""
