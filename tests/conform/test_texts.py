"""A text that is no program: one line with file, line, what is wrong and what was expected."""

import pytest

from interpreter import holds, refused, run

WRONG = [
    ("a = ", 1, "nothing stands after '='"),
    ("a", 1, "'a' is no statement"),
    ("\n\nfly a", 3, "'fly' is no statement"),
    ("a = list b c\na = b c", 2, "'b' is no expression"),
    ("a = tuple\na b = 1", 2, "is no statement"),
    ("5 = list", 1, "'5' is no place"),
    ("'x' = list", 1, "is no place"),
    ("None = list", 1, "is no place"),
    ("garbage = list", 1, "is no place"),
    ("list = list", 1, "'list' is no operand"),
    ("del 5", 1, "is no place"),
    ("del", 1, "a place is missing", "del PLACE..."),
    ("append a", 1, "an operand is missing", "append LIST OPERAND"),
    ("append a b c", 1, "'c' is one word too many", "append LIST OPERAND"),
    ("a = dict 'k'", 1, "a key has no value"),
    ("a = repeat x 1", 1, "a number from 0 up is missing", "repeat N OPERAND"),
    ("a = repeat -1 1", 1, "a number from 0 up is missing"),
    ("a = new A", 1, "'A' is no class"),
    ("generator g\nend\na = new g", 3, "'g' is no class"),
    ("generator g\nend\na = g", 3, "generator g is no object"),
    ("class A\nb = start A", 2, "'A' is no generator"),
    ("class A\nA = 5", 2, "'A' is no place"),
    ("class A\ndel A", 2, "'A' is no place"),
    ("class A\nclass A", 2, "'A' is in use already"),
    ("a = 5\nclass a", 2, "'a' is in use already"),
    ("class", 1, "a name is missing", "class NAME"),
    ("class 5", 1, "'5' cannot be a name"),
    ("class list", 1, "'list' cannot be a name"),
    ("class A strong", 1, "'strong' without 'slots'"),
    ("class A legacy strong", 1, "'strong' has no place here"),
    ("class A slots x x-y", 1, "'x-y' has no place here"),
    ("finalizer A\nend", 1, "'A' is no class"),
    ("class A\nfinalizer A\nend\nfinalizer A\nend", 4, "a second finalizer"),
    ("class A\na = new A\nfinalizer A\nend", 3, "A has instances already"),
    ("class A\nfinalizer A\n  note x", 3, "the block of line 2 does not end", "'end'"),
    ("times 3\nprogram x\nend", 2, "the block of line 1 does not end"),
    ("times 3\n  class A\nend", 2, "a definition inside a block"),
    ("times", 1, "a number from 0 up is missing", "times N"),
    ("end", 1, "'end' is no statement"),
    ("times 1\nend now", 2, "'now' follows 'end'"),
    ("finally", 1, "'finally' is no statement"),
    ("yield 5", 1, "'yield' is no statement"),
    ("for a b in c\nend", 1, "'for' is incomplete", "for NAME in WEAK"),
    ("for a.x in c\nend", 1, "the first word is no name"),
    ("note", 1, "a word is missing"),
    ("note $", 1, "is no operand"),
    ("note $phase.x.", 1, "ends wrongly"),
    ("raise", 1, "a word is missing"),
    ("print", 1, "'' is no query"),
    ("print a", 1, "'a' is no query"),
    ("expect refcount a", 1, "'==' or the value is missing", "expect QUERY == VALUE"),
    ("expect refcount a ==", 1, "'==' or the value is missing"),
    ("expect == 5", 1, "'' is no query"),
    ("expect refcount a b == 5", 1, "'b' is one word too many"),
    ("print stats", 1, "the number of a generation is missing"),
    ("print collect x", 1, "the number of a generation is missing"),
    ("print alive", 1, "a label is missing"),
    ("print alive a'1", 1, "is no label"),
    ("fails FooError a = 1", 1, "'FooError' is no error"),
    ("fails TypeError", 1, "'' is no statement"),
    ("fails TypeError times 3", 1, "'times' is no statement for fails and try"),
    ("fails TypeError fails TypeError raise x", 1, "'fails' is no statement for fails and try"),
    ("try try raise x", 1, "'try' is no statement for fails and try"),
    ("try", 1, "'' is no statement"),
    ("print stats 3", 1, "a generation is 0, 1 or 2"),
    ("print count -1", 1, "a generation is 0, 1 or 2"),
    ("threshold", 1, "one to three thresholds"),
    ("threshold 1 2 3 4", 1, "one to three thresholds"),
    ("threshold -1", 1, "a threshold is a number"),
    ("threshold x", 1, "a threshold is a number"),
    ("debug", 1, "a word is missing"),
    ("debug loud", 1, "an unknown word", "saveall"),
    ("a = self", 1, "'self' is no operand here"),
    ("a = ref", 1, "'ref' is no operand here"),
    ("class A\nfinalizer A\n  a = ref\nend", 3, "'ref' is no operand here"),
    ("class A\nfinalizer A\n  print refcount self\nend", 3, "the interpreter's affair"),
    ("callback c\n  expect refcount ref == 2\nend", 2, "the interpreter's affair"),
    ("class A\nfinalizer A\n  self = 5\nend", 3, "'self' is no place"),
    ("a = 99999999999999999999", 1, "is no number"),
    ("a = 1.", 1, "is no number"),
    ("a = 1x", 1, "is no number"),
    ("a = .5", 1, "'.5' is no operand"),
    ("a = list [1]", 1, "'[1]' is no operand"),
    ("a = 'open", 1, "does not end"),
    ("a = 'back\\slash'", 1, "without a backslash"),
    ("a = b.", 1, "ends wrongly"),
    ("a = b.5", 1, "ends wrongly"),
    ("a = b[", 1, "ends wrongly"),
    ("a = b[]", 1, "ends wrongly"),
    ("a = b[c.d]", 1, "ends wrongly"),
    ("a = b[0]x", 1, "ends wrongly"),
    ("a = b-c", 1, "is no operand"),
    ("generator g p p\nend", 1, "two parameters p"),
    ("generator g self\nend", 1, "cannot be a generator's name"),
    ("generator g\n  append a 1\nend", 2, "a generator's body cannot do this"),
    ("generator g\n  a.x = 1\nend", 2, "a generator's body cannot do this"),
    ("generator g\n  del a.x\nend", 2, "a generator's body cannot do this"),
    ("generator g\nfinally\n  yield 1\nend", 3, "'yield' in a finally"),
    ("generator g\nfinally\nfinally\nend", 3, "'finally' is no statement"),
    ("on-collection now\nend", 1, "a word too many", "on-collection"),
    ("callback c d\nend", 1, "a word too many", "callback NAME"),
    ("program", 1, "a name is missing", "program NAME"),
    ("program a b", 1, "a word too many"),
    ("requires", 1, "'requires' is not followed by a version"),
    ("requires three", 1, "'requires' is not followed by a version"),
]


@pytest.mark.parametrize("text, line, words", [(case[0], case[1], case[2:]) for case in WRONG],
                         ids=[repr(case[0])[:60] for case in WRONG])
def test_wrong_text(text, line, words):
    refused(text, line, *words)


def test_blocks_can_lie_only_so_deep():
    holds("times 1\n" * 100 + "end\n" * 100)
    refused("times 1\n" * 101 + "end\n" * 101, 101, "blocks lie too deep")


def test_nothing_runs_where_a_later_program_is_wrong():
    done = run("print value 5\nprogram b\nfly\n")
    assert (done.returncode, done.stdout) == (2, "")


def test_bytes_that_are_no_text():
    for text in (b"a = '\xff'\n", b"a = '\x00'\n", b"note \xc3\n", b"note \x1b[0m\n"):
        done = run(text)
        assert done.returncode == 2
        assert "expected UTF-8 text" in done.stderr and len(done.stderr.splitlines()) == 1


def test_what_is_read_and_ignored():
    holds("requires 3.13\n# comment\n\n   \n\ta = list # comment\r\nexpect value a == a#comment\n")
    holds("")
    holds("# nothing at all")
    holds("""a = list
""")


def test_words_of_the_language_can_be_attributes():
    holds("""
class A slots list self finally
a = new A
a.list = 1
a.self = 2
a.finally = 3
expect value a.self == 2
""")


def test_names_of_one_program_are_nothing_to_the_next():
    holds("""program one
class A
a = new A
note left
program two
a = list
class B
expect value a == a
expect objects == a
expect log == (empty)
program three
A = 5
expect value A == 5
""")
