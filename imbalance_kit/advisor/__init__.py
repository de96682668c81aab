"""Which estimator to try first on a table, from how all of them did on similar ones."""

from imbalance_kit.advisor._recommend import Advice, Recommendation, recommend

__all__ = ["Advice", "Recommendation", "recommend"]
