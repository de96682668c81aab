"""Samplers that add rows to small classes."""

from imbalance_kit.over_sampling._adasyn import ADASYN
from imbalance_kit.over_sampling._assembled import AssembledSMOTE
from imbalance_kit.over_sampling._borderline import SVMSMOTE, BorderlineSMOTE
from imbalance_kit.over_sampling._codebook import LVQSMOTE
from imbalance_kit.over_sampling._combined_cleaning import CCR
from imbalance_kit.over_sampling._density_weighted import SMOBD, ProWSyn
from imbalance_kit.over_sampling._filtered import SMOTEIPF
from imbalance_kit.over_sampling._geometric import GeometricSMOTE
from imbalance_kit.over_sampling._kmeans_smote import KMeansSMOTE
from imbalance_kit.over_sampling._majority_weighted import MWMOTE
from imbalance_kit.over_sampling._nominal import SMOTEN, SMOTENC
from imbalance_kit.over_sampling._polynomial import PolynomFitSMOTE
from imbalance_kit.over_sampling._random import RandomOverSampler
from imbalance_kit.over_sampling._rose import ROSE
from imbalance_kit.over_sampling._safe import LeeSMOTE, SafeLevelSMOTE
from imbalance_kit.over_sampling._smote import SMOTE
from imbalance_kit.over_sampling._temperature import TemperatureSampler

__all__ = [
    "ADASYN",
    "CCR",
    "LVQSMOTE",
    "MWMOTE",
    "ROSE",
    "SMOBD",
    "SMOTE",
    "SMOTEIPF",
    "SMOTEN",
    "SMOTENC",
    "SVMSMOTE",
    "AssembledSMOTE",
    "BorderlineSMOTE",
    "GeometricSMOTE",
    "KMeansSMOTE",
    "LeeSMOTE",
    "PolynomFitSMOTE",
    "ProWSyn",
    "RandomOverSampler",
    "SafeLevelSMOTE",
    "TemperatureSampler",
]
