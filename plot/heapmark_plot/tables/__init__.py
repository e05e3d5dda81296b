"""This package is the report's tables as plain data, so that the template holds no computing."""

from .entries import Entry, Table
from .latency import latency_table
from .matrix import Standing, cell_table, glance_tables, standing_lines
from .memory import attribution_table, release_table, soak_table
from .run import (Preload, against_table, against_words, backend_table, collector_table,
                  environment_lists, invalid_table, metric_table, preload_lines, reference_table,
                  work_table)
from .trust import contamination_table, counter_table, unstable_table

__all__ = ["Entry", "Preload", "Standing", "Table", "against_table", "against_words",
           "attribution_table", "backend_table", "cell_table", "collector_table",
           "contamination_table", "counter_table", "environment_lists", "glance_tables",
           "invalid_table", "latency_table", "metric_table", "preload_lines", "reference_table", "release_table",
           "soak_table", "standing_lines", "unstable_table", "work_table"]
