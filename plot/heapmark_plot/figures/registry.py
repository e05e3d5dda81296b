"""This module is the list of figures, in the order of the report: one line a figure."""

from . import (collectors, dispatch, fragmentation, latency, live_pages, mmu, pause_curve, pauses,
               peak_memory, refill, release_curve, rss_timeline, size_classes, size_sweep, soak,
               threads, throughput, time_memory, uncollected)

FIGURES = [
    time_memory.FIGURE,
    throughput.FIGURE,
    dispatch.FIGURE,
    threads.FIGURE,
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

#: The figures of raw works, which know no collector: a section of their own beside works on objects.
RAW_FIGURES = [
    throughput.RAW_FIGURE,
    size_sweep.FIGURE,
    dispatch.RAW_FIGURE,
    threads.RAW_FIGURE,
    live_pages.FIGURE,
]
