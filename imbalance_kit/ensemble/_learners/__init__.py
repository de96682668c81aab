"""Training base learners and their predictions."""
