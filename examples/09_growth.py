"""A forgotten global and a dict never cleared, found by growth; see 09_growth.c for the lesson in
words. growth() is what objgraph.growth() does, without objgraph."""

import gc
from collections import Counter

gc.disable()
gc.collect()

ROUND = 100
CACHE_LIMIT = 50


class Request:
    __slots__ = ()


class Response:
    __slots__ = ()


history = []  # the forgotten list
cache = {}  # the dict never cleared
cured = False
peaks = Counter()


def handle_request(number):
    request = Request()
    cache[number] = Response()
    if not cured:
        history.append(request)
    elif len(cache) > CACHE_LIMIT:
        del cache[next(iter(cache))]


def growth():
    """The types of which there are more than ever before."""
    grown = []
    for name, count in Counter(type(thing).__name__ for thing in gc.get_objects()).items():
        if count > peaks[name]:
            grown.append((name, count, count - peaks[name]))
            peaks[name] = count
    return sorted(grown, key=lambda entry: (-entry[2], entry[0]))


def work_a_round(round_number):
    for number in range(ROUND):
        handle_request(round_number * ROUND + number)
    print(f"round {round_number}: gc.collect() returns {gc.collect()}, growth:")
    for name, count, increase in growth():
        if increase >= 10:
            print(f"    {name}: {count}, {increase:+}")


def show_holder(what, thing):
    for holder in gc.get_referrers(thing):
        for name in ("history", "cache"):
            if holder is globals()[name]:
                print(f"{what} is held by {name}, with {len(holder)} items")


growth()  # what there was at first; twice, because counting makes Python cache something
growth()
for round_number in range(3):
    work_a_round(round_number)

show_holder("a Request", history[0])
show_holder("a Response", cache[0])

print("the cure: no history, and a cache with a limit")
cured = True
history.clear()
while len(cache) > CACHE_LIMIT:
    del cache[next(iter(cache))]
for round_number in range(3, 6):
    work_a_round(round_number)
