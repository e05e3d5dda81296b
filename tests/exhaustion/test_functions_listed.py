"""Every public function of the runtime that can ask for memory is swept (test_functions.c): those
declared in the headers are either swept, or never.py says why not."""

import pathlib
import re

import pytest

from never import NEVER, WITHIN

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE.parents[1] / "src"
FOLDERS = ("object", "gc", "graph", "trace")

SWEEP = re.compile(r"^static void sweep_(hm_\w+)\(sweep \*on\)\n\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^\s+SWEPT(?:_WITH)?\((hm_\w+)", re.MULTILINE)


def without_bodies(text):
    """The text of a header without comments, directives and what stands in braces."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.DOTALL)
    text = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.)*", "", text, flags=re.MULTILINE | re.DOTALL)
    depth, kept = 0, []
    for character in text:
        depth -= character == "}"
        if depth == 0:
            kept.append(";" if character == "}" else character)
        depth += character == "{"
    return "".join(kept)


def declared(text):
    """Names of the functions that a header declares."""
    for declaration in re.split(r"[;{]", without_bodies(text)):
        found = re.search(r"\b(hm_\w+)\s*\(", declaration)
        if found and not re.match(r"\s*typedef\b", declaration):
            yield found.group(1)


def public_functions():
    names = set()
    for folder in FOLDERS:
        for header in sorted((SOURCES / folder).glob("*.h")):
            names.update(declared(header.read_text()))
    return names


def sweeps():
    """Name in the table: what the sweep does."""
    bodies, entries = {}, []
    for source in sorted(HERE.glob("functions_*.c")):
        text = source.read_text()
        bodies.update(SWEEP.findall(text))
        entries += ENTRY.findall(text)
    assert sorted(bodies) == sorted(entries), "a sweep is not in its table, or is there twice"
    return bodies


def function_of(sweep, functions):
    """The function that a sweep is named after: itself, or what stands before a further word."""
    fitting = [name for name in functions if sweep == name or sweep.startswith(name + "_")]
    return max(fitting, key=len) if fitting else None


def unlisted(functions, swept):
    """Functions that are neither swept nor in never.py."""
    reasons = [*NEVER, *WITHIN]
    return sorted(name for name in functions - swept
                  if not any(re.fullmatch(pattern, name) for pattern in reasons))


def test_the_headers_are_read():
    functions = public_functions()
    assert {"hm_list_new", "hm_list_append", "hm_dict_set", "hm_decref", "hm_graph_new",
            "hm_trace_start", "hm_gc_collect", "hm_heap_create"} <= functions
    assert len(functions) > 400


def test_every_function_that_can_ask_for_memory_is_swept():
    functions = public_functions()
    swept = {function_of(sweep, functions) for sweep in sweeps()}
    assert unlisted(functions, swept) == [], \
        "sweep each in tests/exhaustion, or say in never.py why not"


#: Sweeps of what runs inside another call: that call.
INSIDE = {"hm_gc_append_garbage": "hm_gc_collect", "hm_gc_keep_uncollectable": "hm_gc_collect",
          "hm_weak_set_next_after_death": "hm_decref"}


def with_helpers(body, text):
    """A sweep's body and those of the functions of its file that it hands itself to."""
    for helper in re.findall(r"^    (\w+)\(on", body, re.MULTILINE):
        found = re.search(rf"^static \w[\w *]*\b{helper}\(sweep \*on.*?^\}}", text,
                          re.MULTILINE | re.DOTALL)
        body += found.group(0) if found else ""
    return body


def test_a_sweep_makes_the_call_it_is_named_after_under_refusal():
    functions = public_functions()
    for source in sorted(HERE.glob("functions_*.c")):
        for sweep, body in SWEEP.findall(source.read_text()):
            name = INSIDE.get(sweep, function_of(sweep, functions))
            assert name, f"sweep_{sweep} is named after no public function"
            whole = with_helpers(body, source.read_text())
            refused = re.findall(r"SWEEP(?:_TOLD)?\(on,(.*?;)$|sweep_arm\(on\);(.*?)sweep_disarm",
                                 whole, re.MULTILINE | re.DOTALL)
            assert any(f"{name}(" in call for calls in refused for call in calls), sweep


@pytest.mark.parametrize("pattern", [*NEVER, *WITHIN])
def test_a_reason_is_of_functions_that_exist_and_are_not_swept(pattern):
    functions = public_functions()
    swept = {function_of(sweep, functions) for sweep in sweeps()}
    meant = {name for name in functions if re.fullmatch(pattern, name)}
    assert meant, "no such function"
    assert not meant & swept, "these have a sweep and need no reason"


def test_what_is_swept_elsewhere_is():
    assert {name for name in WITHIN.values() if name not in sweeps()} == set()


def test_a_new_function_is_found():
    functions = public_functions() | {"hm_list_copy"}
    assert "hm_list_copy" in unlisted(functions, set())
    header = ("/** hm_not_one( */\nbool hm_new_one(int a) HM_MUST_USE;\n"
              "static inline void hm_b(void)\n{ hm_c(); }\n")
    assert list(declared(header)) == ["hm_new_one", "hm_b"]
