"""gc.garbage and DEBUG_SAVEALL; see 08_garbage.c for the lesson in words."""

import gc

gc.disable()
gc.collect()
gc.freeze()  # Python's own objects stay out of the lesson


class Node:
    pass


def lose_pair():
    a = Node()
    b = Node()
    a.other = b
    b.other = a
    a.data = []


def collect():
    print(f"gc.collect() returns {gc.collect()}, in gc.garbage: {len(gc.garbage)}")


print("as a rule")
lose_pair()
collect()

print("with DEBUG_SAVEALL")
gc.set_debug(gc.DEBUG_SAVEALL)
lose_pair()
collect()
for thing in gc.garbage:
    print("    a", type(thing).__name__)
del thing

print("the list keeps them alive: nothing new is found")
collect()

print("off again, and the list emptied: now they are lost, and found for good")
gc.set_debug(0)
gc.garbage.clear()
collect()
