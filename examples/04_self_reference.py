"""Objects that refer to themselves; see 04_self_reference.c for the lesson in words."""

import gc
import weakref

gc.disable()
gc.collect()


class Item:
    def handle(self):
        pass


def refer_to_itself():
    item = Item()
    item.other = item


def refer_to_itself_and_break():
    item = Item()
    item.other = item
    del item.other


def contain_itself():
    items = []
    items.append(items)


def keep_own_method():
    item = Item()
    item.other = item.handle


def know_the_parent():
    parent = Item()
    child = Item()
    parent.other = child
    child.other = parent


def know_the_parent_weakly():
    parent = Item()
    child = Item()
    parent.other = child
    child.other = weakref.ref(parent)


def leak(what, make):
    for _ in range(100):
        make()
    print(f"100 times {what}: gc.collect() returns {gc.collect()}")


leak("an object that is its own attribute", refer_to_itself)
leak("a list that contains itself", contain_itself)
leak("an object that keeps its own method", keep_own_method)
leak("a child that knows its parent", know_the_parent)
leak("the attribute, deleted in time", refer_to_itself_and_break)
leak("a child that knows its parent weakly", know_the_parent_weakly)
