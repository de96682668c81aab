"""Decision rules between groups, and learning them."""
