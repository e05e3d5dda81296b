"""Every expression makes what docs/conform.md says, and labels are given as it says."""

import pytest

from interpreter import holds, run


def test_containers():
    holds("""
a = list
b = list a 1 'x'
t = tuple a b
s = set 1 2 1
d = dict 'k' a 5 b

expect length b == 3
expect same t[0] a == True
expect same t[-1] b == True
expect keys s == 1 2
expect keys d == 'k' 5
expect same d['k'] a == True
expect same d[5] b == True
e = tuple
expect value e == ()
expect refcount a == 5
""")


def test_lists_of_a_length():
    holds("""
o = list
a = repeat 1000 o
expect refcount o == 1002
expect size a == 8056
b = range 5
expect size b == 104
expect value b[4] == 4
c = grow 5
expect size c == 120
d = range 1000000
expect size d == 8000056
e = list o o o
expect size e == 80
z = repeat 0 o
expect size z == 56
""")


def test_instances():
    holds("""
class A
class S slots y x
class T slots x strong
class E slots
a = new A
a.anything = 1
a.content = 2
s = new S
s.x = 1
s.y = 2
fails AttributeError s.z = 3
fails AttributeError v = s.q
del s.x
fails AttributeError v = s.x
w = weakref s
t = new T
fails TypeError w = weakref t
e = new E
fails AttributeError e.x = 1
v = vars a
expect keys v == 'anything' 'content'
expect value v == v
u = vars a
expect value u == v
expect same u v == True
v['x'] = t
expect same a.x t == True
fails TypeError v = vars s
fails TypeError v = vars v
""")


def test_code():
    holds("""
callback c
  note c $ref
end
x = list
e = cell
f = cell x
expect same f.content x == True
d = dict
g = function d
expect same g.globals d == True
call g
m = method c x
expect same m.self x == True
n = method g x
call n
fails TypeError call n 1
fails TypeError q = method x x
fails TypeError q = method c None
fails TypeError q = function x
fr = frame x d
expect refcount x == 6
expect referents fr == x d
it = frame itself x
expect referents it == x it
del fr it
expect collect == 1
expect refcount x == 5
""")


def test_generators():
    holds("""
generator g p q
  yield p
  x = list q
  yield x
end
a = list
i = start g a 2
b = next i
expect same a b == True
b = next i
expect value b == x
expect value b[0] == 2
b = next i
expect value b == None
b = next i
expect value b == None
fails TypeError i = start g
fails TypeError i = start g 1 2 3
fails TypeError b = next a
""")


def test_weak_things():
    holds("""
class A
callback c
  note c $ref
end
a = new A
w = weakref a
v = weakref a
expect same w v == True
expect value v == w
x = weakref a c
y = weakref a c
expect same x y == False
p = proxy a
q = proxy a
expect same p q == True
z = proxy a c
expect weakrefs a == 5
b = deref w
expect same a b == True
del b
p.attribute = 5
expect value a.attribute == 5
n = weakref a None
expect same n w == True
del a
expect log == c z; c y; c x
b = deref w
expect value b == None
fails ReferenceError b = p.attribute
fails ReferenceError p.attribute = 1
fails TypeError w = weakref 5
fails TypeError w = weakref p
fails TypeError b = deref 5
fails TypeError b = deref p
""")


def test_pop():
    holds("""
a = list 1
o = list
append a o
b = pop a
expect same b o == True
expect value b == o
b = pop a
fails IndexError b = pop a
t = tuple
fails AttributeError b = pop t
""")


def test_atoms():
    lines = holds("""
print value 12
print value -3
print value 1.5
print value 100.0
print value -0.0625
print value 0.00001
print value 123456789012345678.0
print value 0.1
print value 1234567890123456.0
print value 'text with blanks'
print value 'ä'
print value True
print value None
print length 'äö'
print same 256 256
print same 257 257
print same 'x' 'x'
print same 1.5 1.5
""")
    assert [line.split(" = ")[1] for line in lines] == [
        "12", "-3", "1.5", "100.0", "-0.0625", "1e-05", "1.2345678901234568e+17", "0.1",
        "1234567890123456.0", "'text with blanks'", "'ä'", "True", "None", "2", "True", "False",
        "True", "False"]


def test_labels():
    holds("""
class A
a = list
expect value a == a
a = list
expect value a == a'2
b = a
expect value b == a'2
b = list
expect value b == b
a = 5
a = tuple
a = list
expect value a == a'3
o = new A
o.x = list
expect value o.x == o.x
d = dict
d['k'] = list
expect value d['k'] == d['k']
d[o] = list
expect value d[o] == d[o]
expect alive d[o] == True
expect alive d['k']'2 == False
d['k'] = list
expect alive d['k']'2 == True
expect alive d['k'] == False
expect value A == A
g = garbage
expect value g == <list>
""")


def test_a_label_is_given_before_the_store_and_used_up_by_it():
    holds("""
t = tuple 1
fails TypeError t[0] = list
l = list 1
t = l
t[0] = list
expect value t[0] == t[0]'2
""")


def test_a_new_object_at_an_old_address_has_no_old_label():
    holds("""
class A
times 100
  a = new A
  b = list a
  del a b
end
expect objects == (none)
a = new A
expect value a == a'101
expect alive a'100 == False
""")


@pytest.mark.parametrize("expression", ["repeat 10000000000000000 1", "range 10000000000000000"])
def test_more_than_memory_ends_the_program(expression):
    done = run(f"a = {expression}\n")
    assert done.returncode == 5
    assert done.stderr.startswith("t.conform:1: MemoryError: ")
