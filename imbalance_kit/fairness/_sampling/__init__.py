"""Samplers that use groups."""
