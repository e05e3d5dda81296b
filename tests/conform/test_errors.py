"""Misuse by a program gives CPython's errors; one that is not caught ends the program with its line."""

import pytest

from interpreter import fails, holds, run

PREPARED = """
class A
class S slots x
callback c
end
generator g
  yield 1
end
i = 5
l = list 1 2
t = tuple 1 2
d = dict 'k' 1
s = set 1
a = new A
o = new S
e = cell
w = weak-set
v = weak-values
k = weak-keys
f = finalize a c 1
n = start g
m = method c a
r = weakref a
gone = new A
p = proxy gone
del gone
"""

ERRORS = {
    "TypeError": [
        "i[0] = 1", "x = i[0]", "del i[0]", "t[0] = 1", "del t[0]", "x = l['k']", "l['k'] = 1",
        "x = s[0]", "d[l] = 1", "x = d[l]", "x = d[d]", "add s l", "add s s", "add s e", "x = set l",
        "x = dict l 1", "discard s l", "call i", "call l 1", "call c", "x = next l", "x = next i",
        "x = deref l", "x = vars l", "x = vars i", "x = vars o", "x = function l", "x = method i a",
        "x = weakref i", "x = weakref l", "x = weakref t", "x = proxy d", "x = finalize i c",
        "x = weakref r", "add w i", "add w l", "discard w i", "v['k'] = i", "k[i] = 1", "x = start g 1",
        "print length i", "print contains i 1", "print contains d l", "print dead l", "print length a",
        "x = v[l]", "call f 1 2"],
    "AttributeError": [
        "append i 1", "append t 1", "append d 1", "add l 1", "add d 1", "discard l 1", "clear t",
        "clear i", "close l", "detach l", "x = pop t", "x = pop s", "print keys l", "print pending l",
        "x = a.nothing", "del a.nothing", "i.x = 1", "l.x = 1", "x = l.x", "o.y = 1", "x = o.x",
        "del o.x", "x = c.content", "m.self = 1", "x = t.x", "x = None.x"],
    "IndexError": ["x = l[2]", "x = l[-3]", "l[5] = 1", "del l[2]", "x = t[2]", "x = garbage[0]"],
    "NameError": ["x = missing", "del missing", "missing.x = 1", "append l missing", "x = l[missing]"],
    "KeyError": ["x = d['x']", "del d['x']", "x = d[1]", "x = v['x']", "del v['x']", "x = k[a]",
                 "del k[a]"],
    "ValueError": ["x = e.content", "collect 3", "print collect -1", "print objects 3"],
    "ReferenceError": ["x = p.x", "p.x = 1", "del p.x", "append p 1", "add p 1", "clear p", "close p",
                       "x = next p", "print length p", "print contains p 1", "print keys p",
                       "print equal p 1", "x = vars p", "x = p[0]", "p[0] = 1", "call p", "x = l[p]", "l[p] = 1",
                       "print pending p"],
    "RuntimeError": ["raise it"],
}


@pytest.mark.parametrize("error", ERRORS)
def test_every_error(error):
    holds(PREPARED + "".join(f"fails {error} {line}\n" for line in ERRORS[error]))


def test_for_over_something_else():
    done = run("l = list 1\nfor x in l\nend\n")
    assert done.returncode == 5
    assert done.stderr == "t.conform:2: TypeError: 'list' object is not a weak container\n"


def test_nothing_changes_when_it_fails():
    holds(PREPARED + """
fails TypeError t[0] = i
fails AttributeError x = list a l l.y
""" + """
fails TypeError x = dict 'a' a l 1
fails AttributeError append t a
expect refcount a == 3
expect length l == 2
""")


def test_the_line_of_an_error():
    fails("a = list\n\ntimes 3\n  x = a[0]\nend\n",
          "t.conform:4: IndexError: list index out of range")


def test_all_operands_come_before_the_deed():
    fails("a = 5\ncall a a.x\n", "t.conform:2: AttributeError: 'int' object has no attribute 'x'")


def test_words_of_errors_are_cpythons():
    holds("""
class A
callback note_error
  raise x
end
class B
finalizer B
  x = nothing
end
class C
finalizer C
  l = list
  x = l[3]
end
class D
finalizer D
  append 5 5
end
class E
finalizer E
  d = dict
  x = d['key']
end
class F
finalizer F
  x = weakref 5
end
b = new B
del b
expect log == unraisable NameError: name 'nothing' is not defined
b = new C
del b
expect log == unraisable IndexError: list index out of range
b = new D
del b
expect log == unraisable AttributeError: 'int' object has no attribute 'append'
b = new E
del b
expect log == unraisable KeyError: 'key'
b = new F
del b
expect log == unraisable TypeError: cannot create weak reference to 'int' object
""")
