"""A generator abandoned half-way; see 12_abandoned_generator.c for the lesson in words."""

import gc

gc.disable()
gc.collect()


class File:
    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    def __del__(self):
        print(f"    {self.name} is closed")


def lines(name, box=None):
    file = File(name)
    try:
        for number in range(3):
            yield number
    finally:
        print(f"    finally of {name}")


def read_items(generator, limit):
    count = 0
    while count < limit and next(generator, None) is not None:
        count += 1
    print("    items read:", count)


print("read to the end")
generator = lines("a")
read_items(generator, 10)
del generator

print("left half-way, closed by hand")
generator = lines("b")
read_items(generator, 1)
generator.close()
print("    close() is done")
del generator

print("left half-way, last reference gone")
generator = lines("c")
read_items(generator, 1)
del generator

print("never begun")
generator = lines("d")
del generator

print("left half-way, in a cycle")
box = []
generator = lines("e", box)
box.append(generator)
del box
read_items(generator, 1)
del generator
print("    lost")
found = gc.collect()
print("    gc.collect() returns", found)
