"""What samplers and weighers share: records, targets, plans, bases."""
