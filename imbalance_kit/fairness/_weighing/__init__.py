"""Weights by group and class."""
