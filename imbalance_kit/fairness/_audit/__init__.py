"""Audits of decisions and of samples."""
