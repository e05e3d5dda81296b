"""This package is the answer in words, so that a reader who looks at no figure still knows which
back end won, by how much and how surely, what collecting cost, what memory cost, and what not to
trust. It states what the analysis holds and judges nothing itself.
"""

from __future__ import annotations

from ..analysis import Analysis
from .beside import beside_pythons, dispatch, raw, threads
from .language import Answer, Paragraph, geometric_mean, join, plural
from .latency import latency
from .memory import memory, memory_ratios, release, soak
from .times import certainty, collection, headline, level_with_winner, under_each_collector
from .trust import (absent, busy, contamination, control, invalid, limits, outliers, trust_words,
                    unfinished)
from .use import after_use, use_words

__all__ = ["Answer", "Paragraph", "after_use", "answer", "geometric_mean", "join", "level_with_winner",
           "memory_ratios", "plural", "trust_words", "use_words"]

_MAKERS = (contamination, busy, certainty, under_each_collector, raw, beside_pythons, dispatch, threads,
           collection, latency, memory, release, soak, limits, control, invalid, unfinished, absent, outliers)


def answer(analysis: Analysis) -> Answer:
    """The whole answer, the most important first."""
    paragraphs = [made for maker in _MAKERS if (made := maker(analysis))]
    return Answer(headline(analysis), paragraphs)
