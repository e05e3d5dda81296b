"""This module is the words that every sentence needs, so that a command that prints one line need not load
what the report's sentences are made of."""

from __future__ import annotations


def join(names: list[str], last: str = "and") -> str:
    """"a", "a and b", "a, b and c"."""
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
