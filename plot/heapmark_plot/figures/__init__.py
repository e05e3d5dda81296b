"""This package is the figures of the report, one file a figure and one line each in `registry`."""
