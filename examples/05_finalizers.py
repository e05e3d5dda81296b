"""When __del__ runs; see 05_finalizers.c for the lesson in words."""

import gc
import sys

gc.disable()
gc.collect()

saved = None
behaviour = "say"


class Thing:
    __slots__ = ("name", "other")

    def __init__(self, name):
        self.name = name

    def __del__(self):
        global saved
        print(f"    finalizer of {self.name}")
        if behaviour == "come back":
            saved = self
        if behaviour == "fail":
            raise ValueError("the finalizer failed")


def report(unraisable):
    print(f"    unraisable {unraisable.exc_type.__name__}: {unraisable.exc_value}")


def lose_pair():
    left = Thing("left")
    right = Thing("right")
    left.other = right
    right.other = left


def collect():
    found = gc.collect()
    print("gc.collect() returns", found)


print("the last reference goes")
Thing("one")

print("a cycle is lost: nothing happens")
lose_pair()
collect()

print("a finalizer that keeps the object")
behaviour = "come back"
thing = Thing("undead")
del thing
print("it is back, finalized:", gc.is_finalized(saved))
print("its last reference goes again: no finalizer")
saved = None

print("a cycle comes back: the collector leaves it alone")
lose_pair()
collect()
print("and is lost again: no finalizer")
saved = None
collect()

print("a finalizer that fails")
behaviour = "fail"
sys.unraisablehook = report
Thing("broken")
print("the program goes on")
