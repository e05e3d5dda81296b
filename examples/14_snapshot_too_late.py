"""A snapshot after the list has died; see 14_snapshot_too_late.c for the lesson in words."""

import tracemalloc


dot = b"."


def count_blocks_of_fill():
    lines = {line for *_, line in fill.__code__.co_lines()}
    snapshot = tracemalloc.take_snapshot()
    return sum(
        statistic.count
        for statistic in snapshot.statistics("lineno")
        if statistic.traceback[0].filename == __file__ and statistic.traceback[0].lineno in lines
    )


def show(when, blocks_of_fill):
    current, peak = tracemalloc.get_traced_memory()
    print(when)
    print(f"    in the snapshot: {blocks_of_fill} blocks of fill()")
    print(f"    a megabyte is there: {current > 1000000}, was there at the peak: {peak > 1000000}")
    # What the interpreter needs beside the list is in these, the snapshots too.
    print(f"~   current {current} bytes, peak {peak} bytes")


def fill(items):
    for _ in range(1000):
        items.append(dot * 1000)


def work(look):
    items = []
    fill(items)
    if look:
        show("while the list lives", count_blocks_of_fill())


tracemalloc.start()
work(look=False)
show("after the list has died", count_blocks_of_fill())
tracemalloc.reset_peak()
show("after reset_peak()", count_blocks_of_fill())
work(look=True)
tracemalloc.stop()

print("after stop()")
try:
    tracemalloc.take_snapshot()
except RuntimeError as error:
    print(f"    {type(error).__name__}")
