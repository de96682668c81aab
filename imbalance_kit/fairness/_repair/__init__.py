"""Transformers that repair a table."""
