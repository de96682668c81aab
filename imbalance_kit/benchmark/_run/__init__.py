"""Requests, cells, and the processes and machines that run them."""
