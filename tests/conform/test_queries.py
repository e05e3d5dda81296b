"""Every query tells what docs/conform.md says."""

from interpreter import fails, holds


def test_counts_and_sizes():
    holds("""
a = list
expect refcount a == 2
b = list a a
expect refcount a == 4
expect refcount b[0] == 4
expect refcount None == 4294967295
expect refcount 5 == 4294967295
expect size a == 56
expect size 5 == 28
expect size 1.5 == 24
expect size 'abc' == 44
""")


def test_types():
    holds("""
class A
callback c
end
generator g
end
a = new A
expect type a == A
expect type A == type
expect type c == function
w = weakref a
expect type w == weakref
p = proxy a
expect type p == weakproxy
q = proxy c
expect type q == weakcallableproxy
i = start g
expect type i == generator
f = finalize a c
expect type f == finalize
x = weak-set
expect type x == WeakSet
x = weak-keys
expect type x == WeakKeyDictionary
x = weak-values
expect type x == WeakValueDictionary
x = cell
expect type x == cell
x = frame
expect type x == frame
x = method c 1
expect type x == method
expect type None == NoneType
expect type True == bool
expect type 1.5 == float
""")


def test_equality():
    holds("""
a = list 1 'x'
b = list 1.0 'x'
expect equal a b == True
expect same a b == False
append b 3
expect equal a b == False
expect equal 1 True == True
expect equal 1 '1' == False
d = dict 1 a
e = dict 1.0 a
expect equal d e == True
e[2] = 3
expect equal d e == False
s = set 1 2
t = set 2 1.0
expect equal s t == True
k = cell 1
l = cell 1
expect equal k l == True
clear l
expect equal k l == False
v = tuple a
z = tuple a
expect equal v z == True
q = list
append q q
expect equal q q == True
""")


def test_equality_of_instances_and_what_refers_to_them():
    holds("""
class A
callback c
end
o = new A
u = new A
expect equal o u == False
expect equal o o == True
w = weakref o
x = weakref o c
y = weakref u
expect equal w x == True
expect equal w y == False
p = proxy o
expect equal p o == True
expect equal o p == True
m = method c o
n = method c o
expect equal m n == True
del o m n
expect equal w x == False
fails ReferenceError print equal p p
""")


def test_equality_of_weak_containers():
    holds("""
class A
o = new A
u = new A
s = weak-set
t = weak-set
expect equal s t == True
add s o
expect equal s t == False
add t o
expect equal s t == True
k = weak-keys
v = weak-values
d = dict
expect equal k v == True
expect equal v d == True
v['k'] = o
d['k'] = o
expect equal v d == True
expect equal d v == True
expect equal k v == False
d['k'] = u
expect equal d v == False
k[o] = list
l = list
e = dict o l
expect equal k e == True
""")


def test_endless_comparison():
    fails("""a = list
append a a
b = list
append b b
print equal a b
""", "t.conform:5: RecursionError: maximum recursion depth exceeded in comparison")


def test_containers():
    holds("""
class A
o = new A
u = new A
l = list 1 o
expect length l == 2
expect contains l o == True
expect contains l 1.0 == True
expect contains l u == False
d = dict 'k' 1
expect contains d 'k' == True
expect contains d 1 == False
fails TypeError print contains d l
s = set o 1
expect contains s o == True
expect contains s s == False
fails TypeError print contains s l
expect keys s == 1 o
expect contains 'hello' 'ell' == True
fails TypeError print contains 'hello' 1
w = weak-set
add w o
expect contains w o == True
expect contains w u == False
expect contains w 5 == False
expect length w == 1
k = weak-keys
k[o] = 1
expect contains k o == True
expect value k[o] == 1
fails KeyError x = k[u]
v = weak-values
v['a'] = u
v['b'] = o
expect keys v == 'a' 'b'
expect same v['a'] u == True
del u
expect keys v == 'b'
fails KeyError x = v['a']
del v['b']
expect keys v == (none)
fails TypeError print length 5
fails TypeError print contains 5 5
fails AttributeError print keys l
""")


def test_collector_knowledge():
    holds("""
class A
finalizer A
end
a = new A
expect tracked a == True
expect finalized a == False
expect tracked 5 == False
d = dict
expect tracked d == False
d['k'] = a
expect tracked d == True
w = weakref a
expect dead w == False
p = proxy a
expect dead p == False
expect weakrefs a == 2
expect weakrefs 5 == 0
clear d
del a
expect dead w == True
expect dead p == True
fails TypeError print dead d
fails TypeError print dead 5
fails AttributeError print pending d
""")


def test_alive():
    holds("""
a = list
expect alive a == True
expect alive b == False
t = tuple 1
collect
expect tracked t == False
expect alive t == True
l = list t
del t
expect alive t == True
del l
expect alive t == False
append a a
del a
expect alive a == True
freeze
expect alive a == False
unfreeze
collect
expect alive a == False
""")


def test_alive_of_frozen_objects_follows_names():
    holds("""
a = list
a2 = tuple a
freeze
expect objects == (none)
expect alive a == True
expect alive a2 == True
unfreeze
""")


def test_alive_inside_a_collection():
    holds("""
class A
finalizer A
  note $self
  expect alive a == False
  kept = self
  expect alive a == True
end
a = new A
a.me = a
del a
collect
expect alive a == True
""")


def test_objects_and_references():
    holds("""
class A
a = new A
b = list a a
c = tuple a b 5
a.x = b
expect objects == a b c
expect referents b == a
expect referents c == a b
expect referents a == b
expect referents 5 == (none)
expect referrers a == b c
expect referrers b == a c
expect referrers c == (none)
expect objects 0 == a b c
collect 0
expect objects 0 == (none)
expect objects 1 == a b c
collect 1
expect objects 2 == a b c
fails ValueError print objects 3
expect objects -1 == a b c
fails ValueError print objects -2
fails ValueError print collect 3
fails ValueError collect -1
""")


def test_garbage():
    holds("""
debug saveall
a = list
b = list a
append a b
del a b
expect collect == 2
debug none
expect garbage == a b
expect alive b == True
g = garbage
expect same g garbage == True
expect same garbage[0] g[0] == True
clear garbage
expect garbage == (none)
expect collect == 2
expect stats 2 == 2 4 0
""")


def test_legacy_finalizers():
    holds("""
class L legacy
finalizer L
  note $self
end
a = new L
a.me = a
del a
expect collect == 1
expect log == (empty)
expect garbage == a
expect stats 2 == 1 0 1
b = new L
del b
expect log == b
""")


def test_counts_of_generations():
    holds("""
collect
expect count 1 == 0
collect 0
collect 0
expect count 1 == 2
collect 1
expect count 1 == 0
expect count 2 == 1
""")


def test_log_is_emptied():
    holds("""
expect log == (empty)
note a b
note c
expect log == a b; c
expect log == (empty)
""")


def test_a_collection_inside_of_alive():
    holds("""
on-collection
  b = None
end
a = list
expect garbage == (none)
freeze
b = list a
c = list b
c[0] = None
enable
threshold 1 1 1
expect alive a == True
disable
expect value b == None
""")
