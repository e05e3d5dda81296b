"""This module is the list of figures, in the order of the report: one line a figure."""

from . import (collectors, fragmentation, pauses, peak_memory, rss_timeline, throughput,
               time_memory)

FIGURES = [
    time_memory.FIGURE,
    throughput.FIGURE,
    collectors.FIGURE,
    pauses.FIGURE,
    peak_memory.FIGURE,
    fragmentation.FIGURE,
    rss_timeline.FIGURE,
]
