"""The parts of MixedTreesClassifier: kinds of models, the folds they share, their combination."""
