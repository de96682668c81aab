"""What is compared: learners, methods, presets, and their search ranges."""
