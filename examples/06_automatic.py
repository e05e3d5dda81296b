"""When collections happen; see 06_automatic.c for the lesson in words."""

import gc

CYCLES = 10000
BATCH = 1000
THRESHOLD = 700  # Python's own up to 3.12; 2000 in 3.13


def lose_cycle():
    items = []
    items.append(items)


def count_objects():
    return len(gc.get_objects())


def collections_and_collected():
    stats = gc.get_stats()
    return sum(s["collections"] for s in stats), sum(s["collected"] for s in stats)


def collect_never():
    before = count_objects()
    for _ in range(CYCLES):
        lose_cycle()
    extra = count_objects() - before
    print(f"off: {extra} objects too many, gc.collect() returns {gc.collect()}")


def collect_by_hand():
    before, most, collected = count_objects(), 0, 0
    for cycle in range(1, CYCLES + 1):
        lose_cycle()
        if cycle % BATCH == 0:
            most = max(most, count_objects() - before)
            collected += gc.collect()
    print(f"by hand: {most} objects too many, collected in all {collected}")


def collect_automatically():
    collections_before, collected_before = collections_and_collected()
    objects_before, most = count_objects(), 0
    gc.set_threshold(THRESHOLD, 10, 10)
    gc.enable()
    for cycle in range(1, CYCLES + 1):
        lose_cycle()
        if cycle % 90 == 0:
            most = max(most, count_objects() - objects_before)
    gc.disable()
    collections, collected = collections_and_collected()
    rest = gc.collect()
    print(
        f"automatic: never 1000 objects too many: {most < 1000},"
        f" collected in all {collected - collected_before + rest}"
    )
    # When exactly a collection starts depends on what else was allocated, and from 3.12 on it
    # waits for the interpreter's next safe point.
    print(
        f"~ automatic: {collections - collections_before} collections, {most} objects too many"
    )


gc.collect()
gc.disable()
print("enabled:", gc.isenabled())
collect_never()
collect_by_hand()
collect_automatically()
