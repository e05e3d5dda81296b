"""A cache that cannot leak; see 17_weak_cache.c for the lesson in words."""

import gc
from weakref import WeakValueDictionary

gc.disable()
gc.collect()


class Image:
    pass


cache = WeakValueDictionary()
loads = 0


def load(name):
    global loads
    image = cache.get(name)
    if image is None:
        loads += 1
        image = cache[name] = Image()
    return image


def show(when):
    print(f"{when}: loaded {loads}, in the cache:", *[name for name, image in cache.items()])


sun = load("sun")
moon = load("moon")
same = load("sun")
show("two images, one of them twice")
print("the sun loaded again, one object:", sun is same)

del same
show("one user of the sun is gone")
del sun
show("and the other")
sun = load("sun")
show("the sun is wanted again")

moon.itself = moon
del moon
show("the moon is lost, but in a cycle")
print("gc.collect() returns", gc.collect())
show("it is collected")
