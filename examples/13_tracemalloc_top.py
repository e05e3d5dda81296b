"""Where memory was asked for, the ten largest lines; see 13_tracemalloc_top.c for the lesson in
words."""

import gc
import tracemalloc

gc.disable()
gc.collect()

TOP = 10
dot = b"."


class Point:
    __slots__ = ("x", "y")


def make_pages(store):
    for _ in range(100):
        store.append(dot * 10000)


def make_rows(store):
    for _ in range(200):
        store.append([None] * 500)


def make_points(store):
    for _ in range(6000):
        store.append(Point())


def make_lists(store):
    for _ in range(4000):
        store.append([])


def make_sets(store):
    for _ in range(600):
        store.append(set())


def make_floats(store):
    for time in range(3000):
        store.append(time + 0.5)


def make_dicts(store):
    for _ in range(900):
        store.append({})


def make_names(store):
    for _ in range(500):
        store.append(dot * 20)


def make_keys(store):
    for _ in range(200):
        store.append(dot * 30)


def make_blocks(store):
    for _ in range(10):
        store.append(dot * 500)


def make_marks(store):
    for time in range(20):
        store.append(time + 0.5)


def make_nothing(store):
    for _ in range(3):
        store.append(None)


makers = [
    make_pages, make_rows, make_points, make_lists, make_sets, make_floats,
    make_dicts, make_names, make_keys, make_blocks, make_marks, make_nothing,
]
stores = [[] for _ in makers]
# Python keeps some dead lists, dicts and floats to use again (free lists), and those are not asked
# for anew. These use them up, so that all that follow are.
used_up = [([], {}, time + 0.5) for time in range(1000)]

tracemalloc.start()
for make, store in zip(makers, stores):
    make(store)
snapshot = tracemalloc.take_snapshot()
tracemalloc.stop()

# A statistic has a line; the name of its function is for people, and the same in C.
function_at = {line: make.__name__ for make in makers for *_, line in make.__code__.co_lines()}
snapshot = snapshot.filter_traces([tracemalloc.Filter(True, __file__)])
for place, statistic in enumerate(snapshot.statistics("lineno")[:TOP], 1):
    line = statistic.traceback[0].lineno
    print(f"{place}. {function_at[line]}: {str(statistic).split(': ')[1]}")
    print(f"~    line {line}")
