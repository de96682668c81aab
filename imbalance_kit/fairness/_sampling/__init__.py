"""Samplers that look at groups."""
