"""Costs of decisions: matrices, classifiers that mind them, metrics and curves."""

__all__: list[str] = []
