"""This package is the figures of the report, one file a figure and one line each in `registry`."""

from .. import apart  # noqa: F401  (first: where matplotlib is imported from)
