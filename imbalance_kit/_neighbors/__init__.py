"""Exact nearest rows: one entry, its strategies, while rows leave, a search of the user's."""
