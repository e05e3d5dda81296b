"""This module is the small words that sentences are made with, and the paragraph they end up in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..language import join, plural  # noqa: F401  (the small words are asked for here too)


@dataclass(frozen=True)
class Paragraph:
    """A few sentences under a word or two; `warning` where they limit what the rest is worth."""

    title: str
    text: str
    warning: bool = False


@dataclass(frozen=True)
class Answer:
    """What the report opens with."""

    headline: str
    paragraphs: list[Paragraph]

    @property
    def warnings(self) -> list[Paragraph]:
        return [paragraph for paragraph in self.paragraphs if paragraph.warning]


def geometric_mean(values) -> float:
    """NaN where there is no value; missing ones do not count."""
    known = [value for value in values if value == value and value > 0]
    return float(np.exp(np.mean(np.log(known)))) if known else float("nan")
