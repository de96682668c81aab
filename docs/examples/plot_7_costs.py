"""
Decisions by price: fraud, amounts and the cost of a call
=========================================================

A suspicious payment can be stopped until somebody has called the customer. A call costs 4 for every
customer; a missed fraud costs the amount, which differs by payment. What matters then is neither
accuracy nor a fixed threshold, but what the decisions cost. The data are synthetic.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from scipy.special import expit
from sklearn.model_selection import train_test_split

from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.cost import (
    CostCurveDisplay,
    CostMatrix,
    LiftCurveDisplay,
    MinimumExpectedCostClassifier,
    ProfitCurveDisplay,
    ThresholdedClassifierCV,
    example_costs,
    expected_cost,
    savings_score,
)
from imbalance_kit.under_sampling import RandomUnderSampler

rng = np.random.RandomState(0)
n_payments = 40_000
payments = pd.DataFrame(
    {
        "amount": rng.lognormal(3.6, 1.1, n_payments).round(2),
        "hour": rng.randint(24, size=n_payments),
        "payments_today": rng.poisson(1.2, n_payments),
        "kilometres_from_home": rng.exponential(30, n_payments).round(1),
        "days_since_opened": rng.gamma(2, 300, n_payments).round(),
    }
)
odds = (
    -7.6
    + 0.45 * np.log(payments["amount"])
    + 1.3 * payments["hour"].between(1, 5)
    + 0.5 * payments["payments_today"]
    + 0.016 * payments["kilometres_from_home"]
    + 1.5 * (payments["days_since_opened"] < 120)
)
fraud = np.where(rng.uniform(size=n_payments) < expit(odds), "fraud", "fine")
X_train, X_test, y_train, y_test = train_test_split(
    payments, fraud, test_size=0.5, stratify=fraud, random_state=0
)
print(f"{(y_test == 'fraud').mean():.3f} of the payments are fraud")

# %%
# The prices as a matrix: rows are true classes, columns predicted classes. ``"amount"`` is the
# column of the table that holds the price of each row.

prices = CostMatrix.from_prices(
    false_positive=4, true_positive=4, false_negative="amount", classes=["fine", "fraud"]
)
print(prices)

# %%
# The candidates:
#
# - the learner's own decision at a probability of .5;
# - the same on under-sampled rows;
# - a threshold tuned by cross-validation, for the mean amount of a fraud;
# - the decision of least expected cost, with the price of each payment, on the probabilities as
#   they are and calibrated (by default held-out predictions choose between these), and on those of
#   the under-sampled model, as they are and corrected.

learner = LGBMClassifier(
    n_estimators=80, num_leaves=15, learning_rate=0.05, n_jobs=1, verbose=-1, random_state=0
)
under = ResampledClassifier(learner, RandomUnderSampler(random_state=0))
corrected = ResampledClassifier(learner, RandomUnderSampler(random_state=0), recalibrate=True)
mean_amount = X_train["amount"][y_train == "fraud"].mean()
fixed = CostMatrix.from_prices(
    false_positive=4, true_positive=4, false_negative=mean_amount, classes=["fine", "fraud"]
)
bare = {"cost_matrix": prices, "calibration": None}
candidates = {
    "at .5": learner,
    "under-sampling, at .5": under,
    "tuned threshold, mean amount": ThresholdedClassifierCV(learner, cost_matrix=fixed),
    "least cost": MinimumExpectedCostClassifier(learner, **bare),
    "calibrated, least cost": MinimumExpectedCostClassifier(
        learner, cost_matrix=prices, calibration="sigmoid"
    ),
    "under-sampling, least cost": MinimumExpectedCostClassifier(under, **bare),
    "the same, corrected": MinimumExpectedCostClassifier(corrected, **bare),
}
cost = prices.for_rows(X_test)
rows = {}
for name, model in candidates.items():
    decided = model.fit(X_train, y_train).predict(X_test)
    given = {"cost": cost, "labels": ["fine", "fraud"]}
    rows[name] = {
        "cost per payment": expected_cost(y_test, decided, **given),
        "savings": savings_score(y_test, decided, **given),
        "calls": (decided == "fraud").mean(),
        "frauds stopped": (decided == "fraud")[y_test == "fraud"].mean(),
    }
scores = pd.DataFrame(rows).T
scores.round(3)

# %%
# Savings are relative to the cost of the best constant decision, here to call nobody. The rule of
# least cost saves most, because it depends on the amounts: at the same probability a large amount
# leads to a call and a small one does not. It needs calibrated probabilities. With those of the
# under-sampled model it costs more than calling nobody; corrected for the class shares they are
# good enough. The probabilities of the learner itself are calibrated well enough here to gain
# nothing from a calibrator.

proba = candidates["at .5"].predict_proba(X_test)[:, 1]
saved = proba * X_test["amount"].to_numpy() - 4

figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
is_fraud = y_test == "fraud"
for shown, size, color, label in [
    (~is_fraud, 3, "#b8c7d9", "fine"),
    (is_fraud, 9, "#f08a24", "fraud"),
]:
    axes[0].scatter(X_test["amount"][shown], proba[shown], s=size, color=color, label=label, lw=0)
amounts = np.geomspace(4, 2000, 100)
axes[0].plot(amounts, 4 / amounts, color="#17365d", linewidth=1.6, label="least cost: call above")
axes[0].axhline(0.5, color="0.55", linewidth=1, linestyle="--", label="at .5: call above")
axes[0].set(xscale="log", yscale="log", xlim=(1, 3000), ylim=(6e-5, 1.3))
axes[0].set(xlabel="amount", ylabel="predicted probability of fraud")
axes[0].legend(frameon=True, framealpha=0.9, edgecolor="none", loc="lower right", markerscale=2)

# The curve of profit over the share of customers called, by two rankings of the same model.
amount_costs = example_costs(
    false_positive=4, true_positive=4, false_negative=X_test["amount"].to_numpy()
)
for score, name, color in [
    (saved, "by expected savings", "#17365d"),
    (proba, "by probability", "#f08a24"),
]:
    display = ProfitCurveDisplay.from_predictions(
        y_test,
        score,
        cost=amount_costs,
        pos_label="fraud",
        name=name,
        ax=axes[1],
        curve_kwargs={"color": color},
    )
axes[1].set_xlabel("share of customers called")
plt.show()

# %%
# On the left each payment with the two rules. On the right the profit against the share of
# customers called: ranked by the expected savings of a call, the same model saves more. The dots
# are the best points, the grey lines calling nobody and calling everybody.
#
# Where prices are not known yet, a cost curve shows all of them at once. Its lower envelope takes
# the best threshold for each price, so that only the ranking counts; a Brier curve takes the
# threshold that is best for calibrated probabilities, and its area is the Brier score.

figure, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
for model, name, color in [
    (candidates["at .5"], "untouched", "#222222"),
    (under, "under-sampling", "#f08a24"),
]:
    style = {"color": color}
    options = {"pos_label": "fraud", "name": name, "curve_kwargs": style}
    CostCurveDisplay.from_estimator(model, X_test, y_test, ax=axes[0], **options)
    CostCurveDisplay.from_estimator(model, X_test, y_test, kind="brier", ax=axes[1], **options)
    LiftCurveDisplay.from_estimator(model, X_test, y_test, ax=axes[2], **options)
axes[0].set_title("best threshold for each price")
axes[1].set_title("threshold for calibrated probabilities")
axes[1].set_ylim(0, 0.15)
axes[2].set_title("frauds among the customers called")
plt.show()

# %%
# The two models rank nearly alike, as the curves on the left and right show. In the middle the
# under-sampled model costs more than a constant decision at most prices: it predicts too many
# frauds, so that too many customers are called.
