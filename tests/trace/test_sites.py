"""object/sites.h has a twin for every public function that asks a heap for memory that stays."""

import pathlib
import re

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "src"

# They take a heap first and ask it for nothing, or for nothing that outlives the call; or they are
# for the runtime's own files alone.
QUIET = re.compile(
    r"hm_(heap_(destroy|remove_roots|set_unraisable_hook|live_bytes|take_account|check|garbage)|fail"
    r"|x?decref|(un)?track(_new)?|store(_first(_all)?)?|tell_(stores|tracked)|object_\w+|getsizeof"
    r"|(list|tuple|cell|frame|generator)_set|list_append_growing"
    r"|(dict|instance|weak\w+)_(get|delete|pop(_item)?)"
    r"|\w+_(clear|contains|discard|remove|length)|weak_\w+_next|weakref_(get|call_back|object_dies)"
    r"|weakproxy_(referent|truth|equal)|dict_(set_shown|show|stay_tracked))")


def public_functions():
    """Names of functions in the headers of heapmark.h whose first parameter is a heap to change."""
    for header in re.findall(r'#include "(object/\w+\.h)"', (SOURCES / "heapmark.h").read_text()):
        text = re.sub(r"/\*.*?\*/", "", (SOURCES / header).read_text(), flags=re.DOTALL)
        yield from re.findall(r"^[a-z][\w ]*?[ *](hm_\w+)\(hm_heap \*heap", text, re.MULTILINE)


def test_every_function_is_sited_or_quiet():
    sites = (SOURCES / "object/sites.h").read_text()
    twins = set(re.findall(r"^#define (hm_\w+)\(", sites, re.MULTILINE))
    names = set(public_functions())
    assert {"hm_list_new", "hm_dict_set", "hm_list_set"} <= names
    missing = sorted(name for name in names - twins if not QUIET.fullmatch(name))
    assert missing == [], "give each a twin in src/object/sites.h, or say in QUIET that it is quiet"
    assert sorted(twins - names) == [], "these twins are of no public function"


def test_a_function_without_a_twin_is_found():
    assert not QUIET.fullmatch("hm_list_copy")
    assert not QUIET.fullmatch("hm_dict_new")
    assert QUIET.fullmatch("hm_list_clear")
