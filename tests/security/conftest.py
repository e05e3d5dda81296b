"""This module lets the tests of security use what those of the harness and the report use."""

import sys
from pathlib import Path

for folder in ("harness", "plot"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / folder))
