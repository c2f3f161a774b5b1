"""How much of the differences between trials each hyper-parameter explains: functional ANOVA.

Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014, as Optuna
does it: a random forest foretells the metric, and its variance is shared out among the parameters.
"""

import warnings
from collections.abc import Sequence

from nucleoscope.tuning.table import TriedOut

FEWEST = 8
"""Trials with a metric, below which shares would be made up."""

_WIDE = 8.0


def is_logarithmic(values: Sequence[float]) -> bool:
    """Whether values of a parameter span so many sizes that their ratios matter, not their differences."""
    return min(values) > 0 and max(values) / min(values) >= _WIDE


def parameter_importance(trials: Sequence[TriedOut], *, seed: int = 0) -> dict[str, float] | None:
    """The share of each parameter, most important first; None where there are too few trials, or all are alike.

    Args:
        trials: of one search; those without a metric are left out. One that was cut short counts with what it had
            reached.
        seed: of the forest.
    """
    known = [trial for trial in trials if trial.metric is not None]
    names = [name for name in known[0].parameters if len({t.parameters.get(name) for t in known}) > 1] if known else []
    if len(known) < FEWEST or not names or len({trial.metric for trial in known}) == 1:
        return None
    import optuna  # a second

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    tried = {name: [trial.parameters[name] for trial in known] for name in names}
    distributions: dict[str, optuna.distributions.BaseDistribution] = {
        name: optuna.distributions.FloatDistribution(min(values), max(values), log=is_logarithmic(values))
        for name, values in tried.items()
    }
    study = optuna.create_study(direction="maximize")
    for trial in known:
        values = {name: trial.parameters[name] for name in names}
        study.add_trial(optuna.trial.create_trial(params=values, distributions=distributions, value=trial.metric))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        found = optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=seed)
        )
    return {name: float(share) for name, share in found.items()}
