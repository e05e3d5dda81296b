"""This module is what the report says before the line that preloads an allocator, so that it claims no
more of that allocator than the headline does: it is the winner, or it only comes first, or nothing was
ranked at all."""

from __future__ import annotations

from ..analysis import Analysis
from .times import level_with_winner


def use_words(analysis: Analysis, name: str) -> tuple[str, str]:
    """What stands before and behind `name`, the first back end that this machine can preload."""
    ranking = analysis.overall
    if ranking is None:
        return "This run ranks no back end. One that this machine can preload is", ":"
    if name not in ranking.order:
        return "No ranked back end can be preloaded on this machine. One that was not ranked is", ":"
    if name == ranking.winner:
        if level_with_winner(ranking):
            return "First in the ranking, though not told apart from all others,", "preloads with"
        return "The winner,", ", preloads with"
    if ranking.winner == analysis.baseline:
        return (f"{ranking.winner} is what programs use already. First of the others in the ranking,",
                "preloads with")
    return "The first in the ranking that this machine can preload is", ":"


def after_use(analysis: Analysis) -> str:
    """What to make of the lines."""
    if analysis.overall is None:
        return ("A program of your own may allocate otherwise than this run did, so measure it under two"
                " or three of them.")
    return ("The ranking bound each allocator by dlopen to this suite’s object runtime. A program of your"
            " own allocates otherwise: try the first two or three.")
