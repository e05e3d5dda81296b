"""del drops a name, not an object; see 02_del.c for the lesson in words."""


class Noisy:
    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    def __del__(self):
        print(f"    {self.name} is gone")


a = Noisy("the first")
b = a
print("del a: it has another name")
del a
print("del b: that was its last name")
del b

print("c = None: another value is as good as del")
c = Noisy("the second")
c = None

print("del items[0]: an item is a reference too")
items = [Noisy("the third")]
del items[0]

print("del items: a container takes along what only it held")
items.append(Noisy("the fourth"))
items.append(Noisy("the fifth"))
kept = items[0]
del items
print("del kept: the fourth had been held here")
del kept

print("the loop is over: its variable still has the last item")
loop = [Noisy("the sixth")]
for item in loop:
    pass
del loop
print("del item")
del item
