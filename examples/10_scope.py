"""Clean-up at the end of a scope, and clean-up delayed; see 10_scope.c for the lesson in words."""

import gc
import sys

gc.disable()
gc.collect()

kept_frame = None


class File:
    __slots__ = ("name", "me")

    def __init__(self, name):
        self.name = name

    def close(self):
        if self.name is not None:
            print(f"    {self.name} is closed")
        self.name = None

    __del__ = close

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def read_simply():
    file = File("the local's file")
    print("    reading")


def read_in_a_cycle():
    file = File("the cycle's file")
    file.me = file
    print("    reading")


def read_and_keep_the_frame():
    global kept_frame
    file = File("the kept frame's file")
    kept_frame = sys._getframe()
    print("    reading")


def read_and_close():
    with File("the with block's file") as file:
        file.me = file
        print("    reading")


def call(function):
    print(function.__name__)
    function()
    print("    returned")


def collect():
    found = gc.collect()
    print("    gc.collect() returns", found)


call(read_simply)
call(read_in_a_cycle)
collect()
call(read_and_keep_the_frame)
collect()
print("    the frame goes")
kept_frame = None
call(read_and_close)
collect()
