"""Every statement does what docs/conform.md says."""

from interpreter import fails, holds


def test_store_and_del():
    holds("""
a = list
expect refcount a == 2
b = a
expect refcount a == 3
expect same a b == True
b = None
expect refcount a == 2
b = list a
del a b[0]
expect length b == 0
expect alive a == False
expect objects == b
""")


def test_what_was_there_is_dropped_after_the_store():
    holds("""
class A
finalizer A
  note $a
end
a = new A
a = list
expect log == a'2
b = list 1
b[0] = new A
b[0] = 5
expect log == a'2
""")


def test_places():
    holds("""
class A
a = new A
a.x = list 1 2
a.x[-1] = dict
a.x[1]['k'] = 7
a.x[1][a] = 8
expect value a.x[1]['k'] == 7
expect value a.x[1][a] == 8
del a.x[1]['k']
expect keys a.x[1] == a
i = 0
a.x[i] = 9
expect value a.x[0] == 9
del a.x
fails AttributeError b = a.x
c = cell
c.content = a
expect same c.content a == True
del c.content
fails ValueError b = c.content
""")


def test_append_add_discard_clear():
    holds("""
class A
a = list
append a 1
append a 'x'
expect length a == 2
clear a
expect length a == 0
s = set
add s 1
add s 'x'
add s 1
expect keys s == 'x' 1
discard s 1
discard s 5
discard s s
expect keys s == 'x'
clear s
expect length s == 0
w = weak-set
o = new A
add w o
expect keys w == o
discard w o
expect length w == 0
d = dict 'k' o
clear d
expect length d == 0
c = cell o
clear c
clear c
expect refcount o == 2
k = weak-keys
k[o] = 1
clear k
v = weak-values
v[1] = o
v['two'] = o
clear v
expect length k == 0
expect length v == 0
""")


def test_clear_of_a_weak_dictionary_goes_from_the_end():
    holds("""
class A
finalizer A
  note $self
end
k = weak-keys
a = new A
b = new A
k[a] = new A
k[b] = new A
clear k
expect log == k[b]; k[a]
""")


def test_call_detach_and_run_exit():
    holds("""
class A
callback c
  note c $ref
end
callback two
  note two $self $ref
end
call c 1
call two 'a' 'b'
expect log == c 1; two 'a' 'b'
m = method two 5
call m 6
expect log == two 5 6
d = dict
f = function d
call f
call f 1
fails TypeError call f 1 2

a = new A
x = finalize a c 1
y = finalize a c 2
z = finalize a c 3
expect pending x == True
call x
expect pending x == False
expect log == c 1
detach z
del a
expect log == c 2
b = new A
x = finalize b c 4
y = finalize b c 5
run-exit
expect log == c 5; c 4
expect alive b == True
""")


def test_close():
    holds("""
generator g
  x = list
  yield x
  note never
finally
  note bye
end
a = start g
close a
expect log == (empty)
a = start g
x = next a
close a
expect log == bye
close a
expect log == (empty)
b = next a
expect value b == None
""")


def test_collector_statements():
    holds("""
expect enabled == False
enable
expect enabled == True
disable
expect enabled == False
threshold 5
threshold 7 8
threshold 1000 20 30
expect threshold == 1000 20 30
threshold 5
expect threshold == 5 20 30
debug saveall stats
expect debug == 33
debug leak
expect debug == 38
debug none
expect debug == 0
a = list
append a a
freeze
expect frozen == 1
expect objects == (none)
unfreeze
expect frozen == 0
expect objects == a
del a
collect 0
expect alive a == True
collect
expect alive a == False
expect stats 0 == 1 0 0
expect stats 2 == 1 1 0
""")


def test_automatic_collection_when_enabled():
    lines = holds("""
threshold 50
times 200
  a = list
  append a a
end
expect stats 0 == 0 0 0
enable
times 200
  a = list
  append a a
end
disable
print stats 0
print stats 1
print stats 2
""")
    assert sum(int(line.split(" = ")[1].split()[0]) for line in lines) >= 3


def test_times():
    holds("""
a = list
times 3
  times 4
    append a 1
  end
end
expect length a == 12
times 0
  append a 1
end
expect length a == 12
times 3
  b = list
end
expect value b == b'3
""")


def test_for_over_weak_containers():
    holds("""
class A
a = new A
b = new A
k = weak-keys
k[a] = 1
k[b] = 2
for n in k
  note $n
end
expect log == a; b
v = weak-values
v['x'] = a
v['y'] = b
for n in v
  note $n
end
expect log == 'x'; 'y'
s = weak-set
add s a
for n in s
  note $n
  expect refcount a == 4
end
expect log == a
expect refcount a == 2
""")


def test_for_while_members_die():
    holds("""
class A
k = weak-keys
keep = list
times 4
  a = new A
  append keep a
  k[a] = 1
end
del a
for n in k
  note $n
  clear keep
end
expect log == a
expect length k == 0
expect objects == k keep
""")


def test_a_name_of_for_is_gone_after():
    fails("""s = weak-set
class A
a = new A
add s a
for n in s
  del n
  n = 5
end
expect value n == 5
""", "t.conform:9: NameError: name 'n' is not defined")


def test_scope():
    holds("""
class A
finalizer A
  note $self
end
a = new A
scope
  c = new A
  b = new A
  d = new A
  del c
  c = new A
  a = None
  e = 5
end
expect log == c; a; b; d; c'2
fails RuntimeError raise left
scope
  scope
    x = new A
  end
  expect log == x
  y = new A
end
expect log == y
""")


def test_a_name_dropped_in_a_scope_that_was_there_before():
    holds("""
a = list
scope
  del a
  a = list
end
expect value a == a'2
""")


def test_note_and_raise():
    holds("""
class A
a = new A
a.x = list
note plain $a $a.x $5 $'text' $None $a.x
expect log == plain a a.x 5 'text' None a.x
expect log == (empty)
note one
note two
expect log == one; two
fails RuntimeError raise some words
""")
    fails("raise some   words", "t.conform:1: RuntimeError: some words")


def test_print_counts_lines_from_the_programs_first():
    assert holds("""a = list
print   refcount  a
program p
a = list

print value a # comment
""") == ["2: refcount a = 2", "program p", "4: value a = a"]


def test_expect_that_is_not_met_ends_the_program():
    assert fails("""
a = list
print value a
expect refcount a == 7
print value a
program next
print value 5
""", "t.conform:4: expected 7, got 2: refcount a") == ["3: value a = a", "program next", "2: value 5 = 5"]


def test_expect_in_a_body_ends_the_program():
    fails("""class A
finalizer A
  expect value 5 == 6
  note never
end
a = new A
times 5
  del a
end
print log
""", "t.conform:3: expected 6, got 5: value 5")


def test_fails():
    holds("""
a = list
fails IndexError b = a[0]
fails AttributeError a.x = 1
fails RuntimeError raise x
""")
    fails("a = 1\nfails TypeError a = 2\n",
          "t.conform:2: expected TypeError, got no error: a = 2")
    fails("fails TypeError raise x\n",
          "t.conform:1: expected TypeError, got RuntimeError: raise x")


def test_try():
    holds("""
a = 5
try append a 1
try a = list
try append a 2
try b = missing
expect log == error AttributeError; error NameError
expect length a == 1
""")


def test_deep_and_long():
    holds("""
l = list
times 200000
  l = list l
end
del l
expect objects == (none)
class A
a = new A
times 100000
  b = new A
  b.next = a
  a.back = b
  a = b
  del b
end
expect value a == b'100000
del a
expect collect == 100001
""")
