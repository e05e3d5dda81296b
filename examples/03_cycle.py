"""A cycle that leaks, and gc.collect(), which frees it; see 03_cycle.c for the lesson in words."""

import gc

gc.disable()
gc.collect()  # what Python itself left behind is not in the lesson


class Node:
    pass


def count_alive():
    return sum(type(thing) is Node for thing in gc.get_objects())


def collect():
    print(f"gc.collect() returns {gc.collect()}, nodes alive: {count_alive()}")


a = Node()
b = Node()
a.other = b
del a, b
print("a refers to b, no cycle: nodes alive:", count_alive())

a = Node()
b = Node()
a.other = b
b.other = a
del a, b
print("a refers to b and b to a: nodes alive:", count_alive())
collect()
collect()

first = last = Node()
for _ in range(999):
    last.other = Node()
    last = last.other
last.other = first
del last
print("a ring of 1000, one of them has a name")
collect()
del first
print("the name is gone")
collect()
