"""This package is the goals that the suite's own allocator and runtime are held to, and their judge:
what is compared with what and how much it may be (`table.py`), the cells that this is about
(`cells.py`), the verdicts (`judge.py`) and how they are printed (`text.py`)."""

from .judge import Judgement, judge
from .text import goals_json, goals_markdown, goals_text

__all__ = ["Judgement", "goals_json", "goals_markdown", "goals_text", "judge"]
