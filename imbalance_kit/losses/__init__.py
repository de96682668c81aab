"""Losses for rare classes as LightGBM objectives, and the classifier that carries them."""

__all__: list[str] = []
