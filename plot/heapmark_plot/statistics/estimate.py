"""This module is what a cell is known to, so that five samples of a quiet cell and five of a loud
one are not trusted alike, and that no cell is trusted by its own five alone.

An `Estimate` is the log of the cell's median, its standard error from the hierarchical bootstrap,
and the degrees of freedom behind that error. Four degrees tell little about noise, and a matrix
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
    """The estimate of a cell on its own; without an error where it has fewer than two processes."""
    if not cell.count or cell.values.min() <= 0:
        return Estimate(_NOTHING, _NOTHING, _NOTHING, cell.count)
    log = float(np.log(cell.median))
    if cell.count < 2:
        return Estimate(log, _NOTHING, _NOTHING, 1)
    error = max(float(np.std(log_replicates(cell, seed))), _LEAST_ERROR)
    return Estimate(log, error, cell.count - 1, cell.count)


def moderate(estimates: dict) -> dict:
    """The estimates (by any key) with their errors moderated by what all have in common."""
    known = {key: own for key, own in estimates.items() if own.known}
    if len(known) < _FEWEST_CELLS:
        return dict(estimates)
    freedoms = np.array([own.freedom for own in known.values()])
    variances = np.array([own.error**2 * own.count for own in known.values()])
    prior_freedom, prior_variance = common_variance(variances, freedoms)
    moderated = dict(estimates)
    for (key, own), variance in zip(known.items(), variances):
        freedom = own.freedom + prior_freedom
        shrunk = (prior_freedom * prior_variance + own.freedom * variance) / freedom
        moderated[key] = replace(own, error=float(np.sqrt(shrunk / own.count)),
                                 freedom=float(freedom))
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
