"""References and their counts; see 01_references.c for the lesson in words."""

from sys import getrefcount

a = []
print("one name:", getrefcount(a))

b = a
print("a second name:", getrefcount(a))

items = [a]
print("an item of a list:", getrefcount(a))

table = {"key": a}
print("a value in a dict:", getrefcount(a))

del b
print("the second name is gone:", getrefcount(a))
del items
print("the list is gone:", getrefcount(a))
table.clear()
print("the dict is empty:", getrefcount(a))

left = []
name = left
right = []
print("two names of a list, one object:", left is name)
print("two empty lists, one object:", left is right)

# int("7") and not 7: a compiler may make one constant of two.
print("7 and 7, one object:", int("7") is int("7"))
print("1000 and 1000, one object:", int("1000") is int("1000"))

# From 3.12 on these are immortal, and their count is 4294967295. Up to 3.11 they have a true
# count, of all the references in the interpreter: a large number that moves.
print("~ None:", getrefcount(None))
print("~ 7:", getrefcount(7))
many = [None] * 1000
print("~ None, 1000 references later:", getrefcount(None))
