"""Generations and gc.get_stats(); see 07_stats.c for the lesson in words."""

import gc
import json

gc.disable()
gc.collect()

# A heap begins with zeros. Python collected while it started: that is taken off.
before = gc.get_stats()


def show_stats():
    now = gc.get_stats()
    ours = [{key: new[key] - old[key] for key in new} for new, old in zip(now, before)]
    print("    " + json.dumps(ours))


def count_in_generation(lists, generation):
    objects = gc.get_objects(generation)
    return sum(any(thing is item for item in lists) for thing in objects)


def lose_cycles(count):
    for _ in range(count):
        items = []
        items.append(items)


print("at first")
show_stats()

kept = [[], [], []]
for generation in range(3):
    lose_cycles(10 * (generation + 1))
    print(
        "kept lists by generation:",
        f"{count_in_generation(kept, 0)}, {count_in_generation(kept, 1)},"
        f" {count_in_generation(kept, 2)}",
    )
    found = gc.collect(generation)
    print(f"gc.collect({generation}) returns {found}")
    show_stats()

print("a generation there is not")
try:
    gc.collect(3)
except ValueError as error:
    print(f"    {type(error).__name__}: {error}")
