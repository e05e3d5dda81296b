"""What sys.getsizeof says, and what not; see 15_getsizeof.c for the lesson in words."""

from sys import getsizeof


class Point:
    __slots__ = ("x", "y")


class Open:
    pass


def show_growth(what, container, add):
    sizes, before = [], 0
    for number in range(101):
        now = getsizeof(container)
        if now != before:
            sizes.append(str(now))
        before = now
        add(container, number)
    print(f"{what}: {' '.join(sizes)}")


print("1:", getsizeof(1))
print("2 ** 30:", getsizeof(2**30))
print("2 ** 60:", getsizeof(2**60))
print("1.5:", getsizeof(1.5))
print("True:", getsizeof(True))
print("None:", getsizeof(None))
print("b'':", getsizeof(b""))
print("b'abc':", getsizeof(b"abc"))
# 49 and 52 in 3.11, 41 and 44 from 3.12 on: a str lost its pointer to wchar_t.
print("~ '':", getsizeof(""))
print("~ 'abc':", getsizeof("abc"))

print("():", getsizeof(()))
print("(None, None, None):", getsizeof((None, None, None)))
print("[]:", getsizeof([]))
print("[None] * 1000:", getsizeof([None] * 1000))
print("{}:", getsizeof({}))
print("set():", getsizeof(set()))
print("an instance with two slots:", getsizeof(Point()))
# 56 in 3.11, 48 from 3.12 on.
print("~ an instance with attributes:", getsizeof(Open()))

show_growth("a list that grows", [], list.append)
show_growth("a dict that grows", {}, lambda table, number: table.update({number: number}))

print("[i for i in range(1000000)]:", getsizeof([i for i in range(1000000)]))
print("list(range(1000000)):", getsizeof(list(range(1000000))))

inner = [None] * 1000
outer = [inner] * 1
print(f"[[None] * 1000]: {getsizeof(outer)}, and what it refers to: {getsizeof(outer) + getsizeof(inner)}")
