"""Where results are stored, and how."""
