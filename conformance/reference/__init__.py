"""This package is the language of docs/conform.md on a real CPython, so that what heapmark's runtime
does can be laid beside what CPython does.

`words` reads words, `parser` makes programs of them, `machine` holds a running program's state,
`values`, `statements`, `queries` and `generators` do what the words say, `native` is what only
ctypes can reach, `runner` runs programs one after the other.

Invariant: while a program runs, nothing here makes a container that outlives the statement, and what
holds the program's objects is no object of the collector. So counts, collections and addresses are
the program's own.
"""
