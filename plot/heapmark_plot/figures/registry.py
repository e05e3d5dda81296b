"""This module is the list of figures, in the order of the report: one line a figure."""

from . import (collectors, fragmentation, latency, mmu, pause_curve, pauses, peak_memory, refill,
               release_curve, rss_timeline, size_classes, soak, throughput, time_memory,
               uncollected)

FIGURES = [
    time_memory.FIGURE,
    throughput.FIGURE,
    collectors.FIGURE,
    latency.FIGURE,
    pauses.FIGURE,
    pause_curve.FIGURE,
    mmu.FIGURE,
    peak_memory.FIGURE,
    fragmentation.FIGURE,
    size_classes.FIGURE,
    uncollected.FIGURE,
    rss_timeline.FIGURE,
    release_curve.FIGURE,
    refill.FIGURE,
    soak.FIGURE,
]
