"""From stored predictions to scores, statistics and tables."""
