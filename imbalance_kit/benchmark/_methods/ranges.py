"""Search ranges of every learner and method, by its name in the registry.

Parameters are named as the class of the method names them; the registry has where in the
pipeline that class stands. Two to five parameters that decide what a method does, in ranges that
its authors and the usual tuning studies take. The size of an ensemble is none of them: it is a
cost, and fixed. Class weights are none of a learner's either, or a search would turn every
method into a re-weighted one.

References
----------
P. Probst, A.-L. Boulesteix, B. Bischl, "Tunability: Importance of Hyperparameters of Machine
Learning Algorithms", Journal of Machine Learning Research, 2019.

P. Probst, M. Wright, A.-L. Boulesteix, "Hyperparameters and Tuning Strategies for Random Forest",
WIREs Data Mining and Knowledge Discovery, 2019.

Y. Gorishniy, I. Rubachev, V. Khrulkov, A. Babenko, "Revisiting Deep Learning Models for Tabular
Data", NeurIPS, 2021.
"""

from imbalance_kit.benchmark._methods.spaces import (
    Choices,
    Domain,
    Grow,
    Integers,
    Reals,
    Shrink,
    twice,
)

Ranges = dict[str, Domain]

_YES_NO = Choices((True, False))
_FOLDS = Integers(3, 10)
_NEIGHBORS = Integers(2, 15)
_CRITERION = Choices(("gini", "entropy"))

LEARNER_RANGES: dict[str, Ranges] = {
    "tree": {
        "criterion": _CRITERION,
        "max_depth": Integers(2, 40, log=True),
        "min_samples_leaf": Integers(1, 50, log=True),
        "ccp_alpha": Reals(1e-6, 3e-2, log=True),
    },
    "forest": {
        "criterion": _CRITERION,
        "max_features": Reals(0.1, 1.0),
        "max_samples": Reals(0.3, 1.0),
        "min_samples_leaf": Integers(1, 20, log=True),
    },
    "extra trees": {
        "criterion": _CRITERION,
        "max_features": Reals(0.1, 1.0),
        "min_samples_leaf": Integers(1, 20, log=True),
        "min_samples_split": Integers(2, 20, log=True),
    },
    "lightgbm": {
        "n_estimators": Integers(50, 300, log=True),
        "learning_rate": Reals(0.01, 0.3, log=True),
        "num_leaves": Integers(4, 128, log=True),
        "min_child_samples": Integers(2, 50, log=True),
        "colsample_bytree": Reals(0.4, 1.0),
        "reg_lambda": Reals(1e-3, 100.0, log=True),
    },
    "logistic regression": {"C": Reals(1e-4, 1e3, log=True)},
    "xgboost": {
        "n_estimators": Integers(50, 300, log=True),
        "learning_rate": Reals(0.01, 0.3, log=True),
        "max_depth": Integers(2, 10),
        "min_child_weight": Reals(0.01, 20.0, log=True),
        "colsample_bytree": Reals(0.4, 1.0),
        "reg_lambda": Reals(1e-3, 100.0, log=True),
    },
    "catboost": {
        "iterations": Integers(50, 300, log=True),
        "learning_rate": Reals(0.01, 0.3, log=True),
        "depth": Integers(3, 8),
        "l2_leaf_reg": Reals(0.5, 30.0, log=True),
    },
    "tabpfn": {"softmax_temperature": Reals(0.5, 1.5)},
    "tabicl": {"softmax_temperature": Reals(0.5, 1.5)},
}

_STEP = Reals(0.05, 2.0, log=True)  # learning rate of boosting with weights
_COSTS = Choices(("inverse", "log1p-inverse"))
_STUMP: Ranges = {"estimator__max_depth": Integers(1, 8), "learning_rate": _STEP}
_GROWN = Reals(0.1, 1.0, change=Grow)
_GROW: Ranges = {"sampling_strategy": _GROWN}
_SHRINK: Ranges = {"sampling_strategy": Reals(0.1, 1.0, change=Shrink)}
_SMOTE: Ranges = {**_GROW, "k_neighbors": _NEIGHBORS}
_ENN: Ranges = {"n_neighbors": Integers(1, 9), "kind_sel": Choices(("all", "mode"))}
_BALANCE = Reals(0.0, 1.0)
_MAJORITY_OR_ALL = Choices(("auto", "all"))
_LEAVES = Integers(1, 20, log=True)
_FOCAL: Ranges = {"gamma": Reals(0.25, 5.0)}
_CONDENSED: Ranges = {"n_neighbors": Integers(1, 9), "n_seeds_S": Integers(1, 50, log=True)}
_HARDNESS = Choices(("absolute", "squared", "cross_entropy"))
_COSTLY: Ranges = {
    "method": Choices(("weights", "rejection")),
    "n_estimators": Integers(5, 30),  # of rejection
}

METHOD_RANGES: dict[str, Ranges] = {
    "threshold": {"cv__share": Reals(0.1, 0.5)},
    # decisions and corrected probabilities
    "threshold, cross-validated": {
        "cv": _FOLDS,
        "scoring": Choices(("balanced_accuracy", "f1_macro", "matthews_corrcoef")),
    },
    "threshold, false-positive rate at most .1": {
        "cv": _FOLDS,
        "scoring": Choices((None, "balanced_accuracy", "f1_macro")),
    },
    "minimum expected cost": {
        "calibration": Choices(("sigmoid", "isotonic", "temperature", None)),
        "cv": _FOLDS,
    },
    "logit adjustment": {"tau": Reals(0.0, 2.0)},
    "temperature scaling": {"biases": _YES_NO, "cv": _FOLDS},
    "balanced vector scaling": {"cv": _FOLDS},
    "Venn-Abers": {"cv": _FOLDS},
    "conformal sets": {"cv": _FOLDS},
    "label shift": {
        "method": Choices(("em", "bbse")),
        "predictions": Choices(("soft", "hard")),
        "calibrate": _YES_NO,
        "cv": _FOLDS,
    },
    "cost-sensitive weights": _COSTLY,
    "cost-sensitive weights, recalibrated": _COSTLY,
    "MetaCost": {
        "n_estimators": Integers(5, 50),
        "max_samples": Reals(0.3, 1.0),
        "use_all": _YES_NO,
    },
    # losses
    "class-balanced loss": {"beta": Choices((0.9, 0.99, 0.999, 0.9999))},
    "focal loss": _FOCAL,
    "focal loss, recalibrated": _FOCAL,
    "asymmetric loss": {
        "gamma_negative": Reals(0.5, 6.0),
        "gamma_positive": Reals(0.0, 2.0),
        "margin": Reals(0.0, 0.2),
    },
    "Dice loss": {"alpha": Reals(0.0, 1.0), "smooth": Reals(0.1, 10.0, log=True)},
    "Tversky loss": {
        "alpha": Reals(0.1, 0.9),
        "beta": Reals(0.1, 0.9),
        "smooth": Reals(0.1, 10.0, log=True),
    },
    "LDAM loss": {
        "max_margin": Reals(0.1, 1.0),
        "scale": Reals(0.5, 10.0, log=True),
        "deferred": _YES_NO,
    },
    "poly-1 loss": {"epsilon": Reals(-0.5, 4.0)},
    "alpha loss": {"alpha": Reals(0.5, 4.0, log=True)},
    "prior-resistant loss": {"a": Reals(0.1, 0.9)},
    # over-sampling
    "random over-sampling": {**_GROW, "shrinkage": Reals(0.0, 1.0)},
    "SMOTE": _SMOTE,
    "SMOTE-NC": _SMOTE,
    "SMOTEN": _SMOTE,
    "Borderline-SMOTE": {
        **_SMOTE,
        "m_neighbors": Integers(3, 20),
        "kind": Choices(("borderline-1", "borderline-2")),
    },
    "SVM-SMOTE": {**_SMOTE, "m_neighbors": Integers(3, 20), "out_step": Reals(0.1, 1.0)},
    "KMeans-SMOTE": {
        **_SMOTE,
        "kmeans_estimator": Integers(2, 50, log=True),
        "cluster_balance_threshold": Reals(0.01, 0.5, log=True),
        "density_exponent": Reals(0.0, 4.0),
    },
    "ADASYN": {**_GROW, "n_neighbors": _NEIGHBORS},
    "PolynomFit-SMOTE": {
        **_GROW,
        "topology": Choices(("star", "bus", "mesh", "poly_1", "poly_2", "poly_3")),
    },
    "ProWSyn": {
        **_GROW,
        "n_neighbors": _NEIGHBORS,
        "n_levels": Integers(2, 10),
        "theta": Reals(0.1, 3.0),
    },
    "SMOTE-IPF": {
        **_SMOTE,
        "n_partitions": Integers(3, 15),
        "voting": Choices(("majority", "consensus")),
    },
    "Lee-SMOTE": {
        **_SMOTE,
        "m_neighbors": _NEIGHBORS,
        "rejection_level": Reals(0.2, 0.8),
    },
    "SMOBD": {
        **_GROW,
        "n_neighbors": _NEIGHBORS,
        "eta": Reals(0.0, 1.0),
        "noise_threshold": Reals(0.5, 3.0),
    },
    "Geometric SMOTE": {
        **_SMOTE,
        "truncation_factor": Reals(-1.0, 1.0),
        "deformation_factor": Reals(0.0, 1.0),
        "selection_strategy": Choices(("combined", "majority", "minority")),
    },
    "Safe-Level-SMOTE": _SMOTE,
    "MWMOTE": {
        **_GROW,
        "k1": _NEIGHBORS,
        "k2": Integers(2, 10),
        "cf_th": Reals(1.0, 20.0, log=True),
        "cp": Reals(1.0, 5.0),
    },
    "CCR": {**_GROW, "energy": Reals(0.03, 32.0, log=True)},
    "LVQ-SMOTE": {**_GROW, "n_codebook": Integers(3, 30), "n_neighbors": _NEIGHBORS},
    "Assembled-SMOTE": {**_SMOTE, "min_cosine": Reals(0.0, 0.9), "min_size": Integers(2, 6)},
    "ROSE": {**_GROW, "shrinkage": Reals(0.1, 2.0), "keep_originals": _YES_NO},
    "temperature sampling": {"tau": Reals(1.0, 10.0, log=True)},
    # under-sampling
    "random under-sampling": {**_SHRINK, "replacement": _YES_NO},
    "random under-sampling, recalibrated": {**_SHRINK, "replacement": _YES_NO},
    "hybrid context": {"sampling_strategy__balance": _BALANCE},
    "self-paced under-sampling": {
        **_SHRINK,
        "alpha": Reals(0.01, 100.0, log=True),
        "k_bins": Integers(3, 20),
        "hardness": _HARDNESS,
    },
    "balance-cascade under-sampling": {**_SHRINK, "n_rounds": Integers(2, 20)},
    "instance hardness threshold": {**_SHRINK, "cv": _FOLDS},
    "cluster centroids": {**_SHRINK, "voting": Choices(("hard", "soft"))},
    "subclass under-sampling": {
        **_SHRINK,
        "n_parts": Integers(2, 30, log=True),
        "selection": Choices(("random", "central")),
    },
    "NearMiss": {
        **_SHRINK,
        "version": Choices((1, 2, 3)),
        "n_neighbors": Integers(1, 10),
        "n_neighbors_ver3": Integers(1, 10),
    },
    "Tomek links": {"sampling_strategy": _MAJORITY_OR_ALL},
    "ENN": {**_ENN, "sampling_strategy": _MAJORITY_OR_ALL},
    "repeated ENN": {**_ENN, "max_iter": Integers(2, 100, log=True)},
    "AllKNN": {**_ENN, "allow_minority": _YES_NO},
    "neighbourhood cleaning rule": {
        "n_neighbors": Integers(2, 9),
        "threshold_cleaning": Reals(0.1, 1.0),
    },
    "condensed nearest neighbour": _CONDENSED,
    "one-sided selection": _CONDENSED,
    # both
    "SMOTE-ENN": {
        "smote__sampling_strategy": _GROWN,
        "smote__k_neighbors": _NEIGHBORS,
        **{f"enn__{name}": domain for name, domain in _ENN.items()},
    },
    "SMOTE-Tomek": {
        "smote__sampling_strategy": _GROWN,
        "smote__k_neighbors": _NEIGHBORS,
        "tomek__sampling_strategy": _MAJORITY_OR_ALL,
    },
    "Tomek links, then random over-sampling": {
        "tomeklinks__sampling_strategy": _MAJORITY_OR_ALL,
        "randomoversampler__sampling_strategy": _GROWN,
        "randomoversampler__shrinkage": Reals(0.0, 1.0),
    },
    # ensembles
    "bagging": {"max_samples": Reals(0.3, 1.0), "max_features": Reals(0.3, 1.0)},
    "under-bagging": {**_SHRINK, "bootstrap": _YES_NO},
    "balanced bagging": {**_SHRINK, "max_features": Reals(0.3, 1.0), "bootstrap": _YES_NO},
    "bagged contexts": {"sampler__sampling_strategy__balance": _BALANCE},
    "over-bagging": {**_GROW, "bootstrap": _YES_NO},
    "SMOTE-bagging": {**_SMOTE, "resampling_rate": Reals(0.1, 1.0)},
    "self-paced ensemble": {
        **_SHRINK,
        "k_bins": Integers(3, 20),
        "hardness": _HARDNESS,
        "sampling": Choices(("hard", "soft")),
    },
    "balance cascade": {**_SHRINK, "judge": Choices(("ensemble", "learner"))},
    "balanced random forest": {
        **_SHRINK,
        "criterion": _CRITERION,
        "max_features": Reals(0.1, 1.0),
        "min_samples_leaf": _LEAVES,
        "bootstrap": _YES_NO,
    },
    "EasyEnsemble": {
        **_SHRINK,
        "estimator__n_estimators": Integers(5, 50, log=True),
        "estimator__learning_rate": _STEP,
        "voting": Choices(("bags", "learners")),
    },
    "mixed trees": {
        "n_boosting_rounds": Integers(50, 200, log=True),
        "n_forest_trees": Integers(0, 100),
        "n_extra_trees": Integers(0, 100),
    },
    # boosting
    "RUSBoost": {**_STUMP, **_SHRINK},
    "OverBoost": {**_STUMP, **_GROW, "persistent": _YES_NO},
    "SMOTEBoost": {**_STUMP, **_SMOTE, "persistent": _YES_NO},
    "KMeans-SMOTE-boost": {
        **_STUMP,
        **_SMOTE,
        "cluster_balance_threshold": Reals(0.01, 0.5, log=True),
    },
    "AdaCost": {**_STUMP, "costs": _COSTS, "largest_cost": Reals(0.05, 1.0, log=True)},
    "AdaUBoost": {**_STUMP, "costs": _COSTS},
    "AsymBoost": {**_STUMP, "costs": _COSTS, "on_errors_only": _YES_NO},
    # fairness
    "FairBalance": {"variant": _YES_NO},
    "correlation shift": {"gammas": Reals(0.005, 0.3, log=True, change=twice)},
    "moment matching": {
        "class_shares": Choices(("same", "equal")),
        "group_shares": Choices(("same", "equal")),
        "divergence": Choices(("entropy", "squares")),
        "tolerance": Reals(0.0, 0.2),
    },
    "reweighing, drawn": {"mode": Choices(("undersample", "bootstrap"))},
    "fair sampling": {"method": Choices(("uniform", "preferential"))},
    "Fair-SMOTE": {
        "k_neighbors": _NEIGHBORS,
        "crossover": Reals(0.2, 1.0),
        "mutation": Reals(0.2, 1.0),
        "situation_testing": _YES_NO,
    },
    "antidote data": {
        "method": Choices(("matched", "modelled")),
        "caliper": Reals(0.02, 0.5, log=True),
        "plausibility": Reals(0.8, 1.0),
        "share": Reals(0.2, 1.0),
    },
    "fair density": {
        "representation_rate": Reals(0.5, 1.0),
        "n_rounds": Integers(8, 64, log=True),
        "max_depth": Integers(2, 10),
        "leverage": Choices(("exact", "relative")),
    },
    "counterfactual matching": {
        "caliper": Reals(0.05, 0.5, log=True),
        "n_bins": Integers(3, 10),
        "method": Choices(("greedy", "optimal")),
        "swap": _YES_NO,
    },
    "disparate impact remover": {"repair_level": Reals(0.0, 1.0)},
    "correlation remover": {"alpha": Reals(0.0, 1.0)},
    "learned fair representation": {
        "n_prototypes": Integers(5, 30, log=True),
        "parity_weight": Reals(0.1, 100.0, log=True),
        "prediction_weight": Reals(0.1, 10.0, log=True),
        "reconstruction_weight": Reals(0.001, 1.0, log=True),
    },
    "optimised preprocessing": {"epsilon": Reals(0.01, 0.2, log=True)},
    "fair thresholds": {
        "constraint": Choices(("equalized_odds", "equal_opportunity", "demographic_parity")),
        "tolerance": Reals(0.0, 0.2),
        "randomized": _YES_NO,
    },
    "locally fair boosting": {
        "constraint": Choices(("demographic_parity", "equalized_odds")),
        "penalty": Reals(0.1, 10.0, log=True),
        "tau": Reals(0.1, 2.0),
        "refit_every": Integers(1, 20, log=True),
    },
}
