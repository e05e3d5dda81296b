"""This module is what a cell is known to, so that five samples of a quiet cell and five of a loud
one are not trusted alike, and that no cell is trusted by its own five alone.

An `Estimate` is the log of the cell's median, its standard error from the hierarchical bootstrap,
and the degrees of freedom behind that error. The error is the standard
deviation of the replicates. Four degrees tell little about noise, and a matrix
has dozens of cells on one machine: `moderate` shrinks each cell's variance towards what its run
has in common, as far as the cells agree (Smyth 2004, "Linear models and empirical Bayes methods
for assessing differential expression"), and adds the degrees of freedom that this is worth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize, special

from .resample import CellValues, log_replicates

#: A cell whose processes agree to the last digit still has the clock's resolution as its error.
_LEAST_ERROR = 1e-6
#: Fewer cells than this say nothing about what they have in common.
_FEWEST_CELLS = 4


@dataclass(frozen=True)
class Estimate:
    """Log location, standard error, its degrees of freedom, and the number of processes."""

    log: float
    error: float
    freedom: float
    count: int

    @property
    def known(self) -> bool:
        """Whether there is an error to make an interval of."""
        return not np.isnan(self.log) and not np.isnan(self.error)


_NOTHING = float("nan")


def estimate(cell: CellValues, seed: str) -> Estimate:
    """The estimate of a cell on its own; without an error where it has fewer than two processes.

    Processes that all say the same have an error of 0; where all say 0 the log is minus infinity. A
    cell with values below 0, or with some of 0, has no log and no estimate.
    """
    if not cell.count or cell.values.min() < 0 or 0 == cell.values.min() < cell.values.max():
        return Estimate(_NOTHING, _NOTHING, _NOTHING, cell.count)
    log = float(np.log(cell.median)) if cell.median else float("-inf")
    if cell.count < 2:
        return Estimate(log, _NOTHING, _NOTHING, 1)
    if np.ptp(cell.values) == 0 and not cell.batches:
        return Estimate(log, 0.0, cell.count - 1, cell.count)
    error = max(float(np.std(log_replicates(cell, seed))), _LEAST_ERROR)
    return Estimate(log, error, cell.count - 1, cell.count)


def moderate(estimates: dict) -> dict:
    """The estimates (by any key) with their errors moderated by what all have in common.

    An error of 0 is believed where most cells have one: the metric is not subject to chance. Among
    cells that vary, those that happen to agree are moderated like the others; one whose values are
    all 0 then has no error that could be told.
    """
    # In one order, whichever the samples came in: the last digits of a sum depend on it.
    known = {key: estimates[key] for key in sorted(estimates, key=str) if estimates[key].known}
    noisy = {key: own for key, own in known.items() if own.error > 0}
    if len(noisy) < _FEWEST_CELLS:
        return dict(estimates)
    freedoms = np.array([own.freedom for own in noisy.values()])
    variances = np.array([own.error**2 * own.count for own in noisy.values()])
    prior_freedom, prior_variance = common_variance(variances, freedoms)
    chosen = noisy if 2 * len(noisy) <= len(known) else known
    moderated = dict(estimates)
    for key, own in chosen.items():
        freedom = own.freedom + prior_freedom
        variance = own.error**2 * own.count
        shrunk = (prior_freedom * prior_variance + own.freedom * variance) / freedom
        error = float(np.sqrt(shrunk / own.count)) if np.isfinite(own.log) else _NOTHING
        moderated[key] = replace(own, error=error, freedom=float(freedom))
    return moderated


def common_variance(variances: np.ndarray, freedoms: np.ndarray) -> tuple[float, float]:
    """Smyth's prior: how many degrees of freedom the common variance is worth, and that variance.

    Never worth more than the degrees of freedom that it was computed from.
    """
    halves = freedoms / 2
    logs = np.log(variances) - special.digamma(halves) + np.log(halves)
    centre = float(logs.mean())
    spread = float(logs.var(ddof=1) - special.polygamma(1, halves).mean())
    most = float(freedoms.sum())
    if spread <= float(special.polygamma(1, most / 2)):
        return most, float(np.exp(centre + special.digamma(most / 2) - np.log(most / 2)))
    half = optimize.brentq(lambda x: float(special.polygamma(1, x)) - spread, 1e-6, most / 2)
    return 2 * half, float(np.exp(centre + special.digamma(half) - np.log(half)))
