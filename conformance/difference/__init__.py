"""This package is the differential test: random programs (docs/conform.md) run on heapmark's runtime and
on real CPythons, and all they print must be equal.

`generate` makes programs, `bodies` the definitions in them, `sides` runs files of programs on one side,
`compare` finds the programs whose output differs, `shrink` makes one of them small.

Invariant: program I of seed S is the same text on every machine and Python, whatever else is run.
"""
