"""This package is the statistics of a run, so that every interval and verdict in the report comes
from one place. It knows arrays and names, neither JSON nor figures.

Words: a **process value** is what one sample measured; a **batch** is a timed part of a sample; a
**replicate** is one drawing anew of a cell (processes with replacement, then in each its batches).
"""
