"""This module is how the report writes amounts, so that a figure, a table and a sentence never
show the same number in two ways. Three significant digits everywhere; missing is "–"."""

from __future__ import annotations

import math

MISSING = "–"

_TIME_STEPS = ((1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s"))
_COUNT_STEPS = ((1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"))
_BYTE_STEPS = ((1.0, "B"), (2.0**10, "KiB"), (2.0**20, "MiB"), (2.0**30, "GiB"))


def is_missing(value) -> bool:
    """True for None and NaN, the two ways in which a value can be absent."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def significant(value: float, digits: int = 3) -> str:
    """`value` with `digits` significant digits, in plain notation: 1234.5 is "1230"."""
    if value == 0:
        return "0"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    magnitude = math.floor(math.log10(abs(value)))
    rounded = round(value, digits - 1 - magnitude)
    magnitude = math.floor(math.log10(abs(rounded)))
    return f"{rounded:.{max(0, digits - 1 - magnitude)}f}"


def _scaled(value: float, steps) -> str:
    scale, unit = steps[0]
    for next_scale, next_unit in steps:
        if abs(value) >= next_scale * 0.9995:
            scale, unit = next_scale, next_unit
    return f"{significant(value / scale)} {unit}".rstrip()


def nanoseconds(value) -> str:
    """"41.2 ns", "3.10 µs"."""
    return MISSING if is_missing(value) else _scaled(value, _TIME_STEPS)


def nanoseconds_interval(low, high) -> str:
    """"28.8–29.6 ns", both ends in the unit of the higher one."""
    if is_missing(low) or is_missing(high):
        return MISSING
    scale, unit = [step for step in _TIME_STEPS if high >= step[0] or step[0] == 1][-1]
    return f"{significant(low / scale)}–{significant(high / scale)} {unit}"


def byte_count(value) -> str:
    """"12.3 MiB", with a sign where it is negative."""
    return MISSING if is_missing(value) else _scaled(value, _BYTE_STEPS)


def round_bytes(value: float) -> str:
    """A round number of bytes for an axis: "32 MiB", "0"."""
    for scale, unit in reversed(_BYTE_STEPS):
        if value >= scale:
            return f"{value / scale:g} {unit}"
    return f"{value:g}"


def count(value) -> str:
    """"17", "24.3 M"."""
    if is_missing(value):
        return MISSING
    if abs(value) < 1000 and float(value).is_integer():
        return str(int(value))
    return _scaled(value, _COUNT_STEPS)


def rate(value) -> str:
    """"24.3 M/s"."""
    return MISSING if is_missing(value) else f"{_scaled(value, _COUNT_STEPS)}/s"


def ratio(value) -> str:
    """"0.712×"; two decimals from 0.995 to 10."""
    if is_missing(value):
        return MISSING
    return f"{value:.2f}×" if 0.0995 <= abs(value) < 9.995 else f"{significant(value)}×"


def ratio_interval(low, high) -> str:
    """"0.69–0.73"."""
    if is_missing(low) or is_missing(high):
        return MISSING
    return f"{ratio(low)[:-1]}–{ratio(high)[:-1]}"


def percent(value) -> str:
    """A share as "4.2 %"."""
    return MISSING if is_missing(value) else f"{significant(value * 100, 2)} %"


def by_unit(value, unit: str) -> str:
    """`value` of a metric whose unit is `unit`, as the metrics table names units."""
    formats = {"ns": nanoseconds, "B": byte_count, "bytes": byte_count, "1/s": rate,
               "ratio": ratio, "count": count}
    if unit in formats:
        return formats[unit](value)
    return MISSING if is_missing(value) else f"{significant(value)} {unit}".rstrip()
