"""What goes wrong with an estimator that a parameter holds."""


class FittedAttributeError(ValueError, RuntimeError):
    """A user's estimator was fitted and left no attribute that the sampler reads.

    It is a ``ValueError``, as every wrong parameter, and what imbalanced-learn raises too.
    """
