"""Weak references and the order of their callbacks; see 16_weak_references.c for the lesson in
words."""

import gc
import sys
import weakref

gc.disable()
gc.collect()

watcher = None


def answer(ref):
    return "None" if ref() is None else "the object"


class Thing:
    __slots__ = ("me", "__weakref__")

    def __del__(self):
        print("    finalizer: the weak reference gives", answer(watcher))


def watch(thing):
    def callback(name):
        return lambda ref: print(f"    callback {name}: the weak reference gives", answer(ref))

    return [weakref.ref(thing, callback(name)) for name in ("one", "two", "three")]


thing = Thing()
print(f"references: {sys.getrefcount(thing)}", end="")
watcher = weakref.ref(thing)
print(f", with a weak one: {sys.getrefcount(thing)}")
again = weakref.ref(thing)
print("two weak references without a callback, one object:", watcher is again)
print("weak references:", weakref.getweakrefcount(thing))
print("it gives", answer(watcher))
del thing
print("now it gives", answer(watcher))

print("by the last reference")
thing = Thing()
watcher = weakref.ref(thing)
refs = watch(thing)
del thing

print("in a collection")
thing = Thing()
watcher = weakref.ref(thing)
refs = watch(thing)
thing.me = thing
del thing
found = gc.collect()
print("    gc.collect() returns", found)

print("a weak reference that died before its object calls nobody")
thing = Thing()
watcher = weakref.ref(thing)
weakref.ref(thing, lambda ref: print("    callback nobody"))
del thing
