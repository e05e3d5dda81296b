"""Finalizers, callbacks, generators and gc callbacks: their words, their errors, their order."""

from interpreter import fails, holds


def test_finalizer_and_resurrection():
    holds("""
class A
finalizer A
  note $self
  kept = self
end
a = new A
del a
expect log == a
expect alive a == True
expect finalized kept == True
del kept
expect alive a == False
expect log == (empty)
""")


def test_names_in_a_body_are_the_programs():
    holds("""
class A
finalizer A
  made = list self
  append seen 1
end
seen = list
a = new A
del a
expect length seen == 1
expect value made == made
expect same made[0] made[0] == True
expect objects == seen a made
""")


def test_self_can_be_used_everywhere():
    holds("""
class A
finalizer A
  self.x = list self
  w = weakref self
  note $self.x $w
  del self.x
end

a = new A
del a
expect log == self.x w
expect dead w == True
""")


def test_errors_in_bodies_end_that_body_only():
    holds("""
class A
finalizer A
  note before
  raise in $self
  note never
end
callback c
  x = nothing
end
a = new A
w = weakref a c
del a
expect log == before; unraisable RuntimeError: in $self; unraisable NameError: name 'nothing' is not defined
on-collection
  raise in $phase
end
collect
expect log == unraisable RuntimeError: in $phase; unraisable RuntimeError: in $phase
""")


def test_an_error_of_a_called_callback_is_the_callers():
    holds("""
callback c
  raise oops
end
fails RuntimeError call c 1
m = method c 1
fails RuntimeError call m
fails TypeError call c
fails TypeError call c 1 2 3
fails TypeError call 5
expect log == (empty)
""")
    fails("callback c\n  note x\n  raise oops\nend\n\ncall c 1\n",
          "t.conform:3: RuntimeError: oops")


def test_callback_words():
    holds("""
class A
callback c
  note $ref
  expect dead ref == True
  kept = ref
end
callback one
  note $self
end
a = new A
w = weakref a c
del a
expect log == w
expect same kept w == True
m = method one 5
call m 6
expect log == 5
""")
    fails("callback one\n  note $self\nend\ncall one 6\n",
          "t.conform:2: NameError: name 'self' is not defined")


def test_a_callback_may_call_itself_until_it_is_too_deep():
    fails("callback c\n  call c ref\nend\ncall c 1\n",
          "t.conform:2: RecursionError: maximum recursion depth exceeded")


def test_bodies_inside_bodies():
    holds("""
class A
class B
finalizer B
  note inner $self
end
finalizer A
  note begin $self
  del b
  note end $self
end
a = new A
b = new B
del a
expect log == begin a; inner b; end a
""")


def test_statements_of_all_kinds_in_a_body():
    holds("""
class A
finalizer A
  times 2
    scope
      t = list self
    end
  end
  collect
  fails RuntimeError raise x
  note done
end
a = new A
a.me = a
del a
expect collect == 1
expect log == done
expect alive t'2 == False
""")


def test_print_in_a_body_has_its_own_line():
    assert holds("""class A
finalizer A
  print value self
end
a = new A
del a
""") == ["3: value self = a"]


def test_on_collection():
    holds("""
on-collection
  note $phase $generation $collected $uncollectable
end
a = list
append a a
del a
collect
expect log == start 2 0 0; stop 2 1 0
on-collection
  note second $phase
end
collect 0
expect log == start 0 0 0; second start; stop 0 0 0; second stop
""")


def test_a_collection_inside_a_collection_does_nothing():
    holds("""
class A
finalizer A
  expect collect == 0
  note done
end
a = new A
a.me = a
del a
expect collect == 1
expect log == done
""")


def test_generator_names():
    holds("""
generator g p
  x = list
  yield x
  yield a
  note $p $x $a
  del x
  yield p
end
a = 5
x = 6
i = start g 7
v = next i
expect value v == x
expect value x == 6
v = next i
expect value v == 5
v = next i
expect log == 7 x 5
expect value v == 7
expect objects == i
""")


def test_generator_ends():
    holds("""
generator g
  x = list
  yield x
  yield 2
finally
  note bye $x
end
i = start g
del i
expect log == (empty)
i = start g
v = next i
del i
expect log == bye x
i = start g
v = next i
v = next i
v = next i
expect value v == None
expect log == bye x'2
i = start g
v = next i
append v i
del i v
# Its finally ends it before the collection counts what it frees.
expect collect == 0
expect log == bye x'3
expect objects == (none)
""")


def test_generator_errors():
    holds("""
generator g p
  yield 1
  x = p.missing
  yield 2
finally
  note bye
end
generator h
  yield 1
finally
  x = nothing
end
i = start g 5
v = next i
fails AttributeError v = next i
expect log == bye
v = next i
expect value v == None
i = start h
v = next i
del i
expect log == unraisable NameError: name 'nothing' is not defined
""")
    fails("generator h\n  yield 1\nfinally\n  x = nothing\nend\ni = start h\nv = next i\nclose i\n",
          "t.conform:4: NameError: name 'nothing' is not defined")


def test_a_running_generator():
    holds("""
class A
finalizer A
  fails ValueError v = next i
  fails ValueError close i
  note done
end
generator g
  x = new A
  yield 1
  del x
  yield 2
end
i = start g
v = next i
v = next i
expect log == done
expect value v == 2
""")


def test_at_the_end_nothing_more_is_called():
    assert holds("""
class A
finalizer A
  print value 5
end
callback c
  print value 6
end
generator g
  yield 1
finally
  note $7
end
a = new A
w = weakref a c
i = start g
v = next i
f = finalize a c 1
b = new A
b.me = b
del b
""") == []
