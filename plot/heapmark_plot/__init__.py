"""This package is the reader of heapmark's results, so that a run folder becomes an answer.

It depends on `results/` alone: it reads `environment.json` and `journal.jsonl` as
docs/results.md describes them, computes intervals and verdicts, draws the figures and writes one
self-contained `report.html`. Only valid samples count; nothing is imputed; what is missing is
shown as missing.
"""

#: The number of the record formats in docs/results.md that this package reads.
SCHEMA_NUMBER = 2
