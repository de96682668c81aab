"""Functions on plain arrays: numpy ones, and compiled ones that are loaded on first use."""
