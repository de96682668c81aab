"""What came in as arrays, and back: containers, rows, points, levels, labels, imputation."""
