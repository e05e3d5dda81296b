"""This module is the small checks that reading rests on, so that hostile JSON ends in one line that
names the member and what was expected of it, and never in a traceback.

Every check takes `where`, the place as people find it (file and line, then the member), and raises
InputError with it. A number that `require` asks for is there; elsewhere null stands for unknown.
"""

from __future__ import annotations

import json
import math

import numpy as np

from .errors import InputError

TEXT, NUMBER, FLAG = (str,), (int, float), (bool,)
TEXT_OR_NULL = (str, type(None))
#: No amount of bytes, nanoseconds or events is larger: the writer counts in 64 bits.
MOST = 2**64


def parse(text: str, where: str) -> dict:
    """The JSON object in `text`: no NaN, no endless nesting, no half characters."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise InputError(f"{where}: nested too deeply to be a record of heapmark's") from None
    except UnicodeEncodeError:
        raise InputError(f"{where}: not JSON: half a character (a lone surrogate)") from None
    except ValueError as error:
        raise InputError(f"{where}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(f"{where}: a JSON object is expected, found {type_name(value)}")
    return value


def _refuse_constant(name: str):
    raise ValueError(f"{name} is not a JSON number")


def require(record, fields: dict[str, tuple], where: str) -> None:
    """Each of `fields` is in `record` and of one of its types."""
    if not isinstance(record, dict):
        raise InputError(f"{where}: a JSON object is expected, found {type_name(record)}")
    for name, types in fields.items():
        if name not in record:
            raise InputError(f"{where}: {name} is missing")
        value = record[name]
        wrong_flag = isinstance(value, bool) and bool not in types
        if wrong_flag or not isinstance(value, types):
            wanted = " or ".join(_type_word(kind) for kind in types if kind is not float)
            raise InputError(f"{where}: {name} is {type_name(value)}, not {wanted}")
        if types is NUMBER:
            check_number(value, f"{where}: {name}")


def check_number(value, where: str) -> None:
    """`value` is null or a number that a double holds."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, NUMBER):
        raise InputError(f"{where} is {type_name(value)}, not a number")
    try:
        finite = math.isfinite(float(value))
    except OverflowError:
        finite = False
    if not finite:
        raise InputError(f"{where} is too large a number")


def check_amounts(record: dict, names, where: str) -> None:
    """Those of `names` that `record` has are null or numbers of 0 or more."""
    for name in names:
        value = record.get(name)
        check_number(value, f"{where}.{name}")
        if value is not None and value < 0:
            raise InputError(f"{where}.{name} is below 0")
        if value is not None and value > MOST:
            raise InputError(f"{where}.{name} is beyond 2^64")


def check_texts(values, where: str) -> None:
    """`values` is a list of texts."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError(f"{where} is not a list of texts")


def check_list(record: dict, name: str, where: str) -> list:
    """The list `name` of `record`; an empty one is put there where it has none."""
    require({name: record.setdefault(name, [])}, {name: (list,)}, where)
    return record[name]


def numbers(values, where: str) -> np.ndarray:
    """`values` as floats, null as NaN."""
    if _holds_text(values):
        raise InputError(f"{where} is not a list of numbers")
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{where} is not a list of numbers") from None
    if array.ndim == 0 or np.isinf(array).any():
        raise InputError(f"{where} is not a list of finite numbers")
    return array


def _holds_text(values) -> bool:
    """Whether a text is among `values` or their rows: numpy would take "1" for a number."""
    return isinstance(values, str) or (isinstance(values, list) and any(
        isinstance(value, str) or (isinstance(value, list) and _holds_text(value))
        for value in values))


def table_of_numbers(values, columns: int, where: str, words: str) -> np.ndarray:
    """`values` as rows of `columns` floats."""
    array = numbers(values, where)
    if array.size and (array.ndim != 2 or array.shape[1] != columns):
        raise InputError(f"{where} is not a list of {words}")
    return array.reshape(-1, columns)


def _type_word(kind: type) -> str:
    return {str: "a text", int: "a number", float: "a number", bool: "true or false",
            dict: "an object", list: "a list", type(None): "null"}.get(kind, kind.__name__)


def type_name(value) -> str:
    """What `value` is, in a word of JSON's."""
    return _type_word(type(value))
