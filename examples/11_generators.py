"""Generators against lists, in bytes; see 11_generators.c for the lesson in words."""

import sys
import tracemalloc

COUNT = 100000


def squares(count):
    for number in range(count):
        yield number * number


def make_list():
    return [number * number for number in range(COUNT)]


def sum_list():
    return sum(make_list())


def sum_generator():
    return sum(squares(COUNT))


def show_sizes():
    items = make_list()
    print(f"the list: {sys.getsizeof(items)} bytes")
    print(f"the numbers in it: {sum(map(sys.getsizeof, items))} bytes")
    # 208 bytes in 3.11, 200 in 3.12 and 3.13: the frame is part of it, and frames changed.
    print(f"~ the generator: {sys.getsizeof(squares(COUNT))} bytes")


def measure_peak(what, run):
    tracemalloc.start()
    total = run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"sum of the {what}: {total}")
    # What the interpreter allocates for its own ends is in it.
    print(f"~ most bytes in use meanwhile: {peak}")
    return peak


show_sizes()
list_bytes = measure_peak("list", sum_list)
generator_bytes = measure_peak("generator", sum_generator)
print("the list takes more than 1000 times the memory:", list_bytes > 1000 * generator_bytes)
