"""Metrics of one set of predictions."""
