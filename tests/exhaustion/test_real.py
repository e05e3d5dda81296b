"""An address space used up for real, under every back end: the process may map so many MiB more than
it has after its start, and asks until it gets NULL (exhaust.c)."""

import os
import subprocess

import pytest

EXHAUST = os.environ["HEAPMARK_EXHAUST"]
POOL = os.environ["HEAPMARK_POOL_LIBRARY"]
BACKENDS = ["system", "pool", "jemalloc", "mimalloc", "tcmalloc", f"preload:{POOL}"]
FOREIGN = ["jemalloc", "mimalloc", "tcmalloc"]
MEBIBYTES = [8, 64]
UNAVAILABLE = 20
CALLS = ["malloc", "calloc", "calloc_overflow", "realloc", "aligned_alloc"]

#: The part of what is left of the addresses that can be had. A foreign allocator takes addresses by
#: chunks of its own size and place, and one that no longer fits is lost: jemalloc had 3.8 of 8 MiB.
OUR_PART, FOREIGN_PART = 1 / 2, 1 / 4

#: What a foreign allocator does otherwise, so that a change shows. None ends the process by itself.
ERRNO_LEFT_ALONE = {"mimalloc": {"calloc_overflow"}, "tcmalloc": {"calloc_overflow"}}

pytestmark = pytest.mark.skipif(os.environ.get("HEAPMARK_SANITIZED", "") != "",
                                reason="a sanitizer reserves terabytes of addresses")


def settings(spec):
    """The environment of a sample of this back end."""
    told = subprocess.run([EXHAUST, "--environment", spec], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stdout
    return {**os.environ, **dict(line.split("=", 1) for line in told.stdout.splitlines())}


def name_of(spec):
    return "preload" if spec.startswith("preload") else spec


def exhaust(spec, what, mebibytes):
    """What the program found."""
    done = subprocess.run([EXHAUST, spec, what, str(mebibytes)], capture_output=True, text=True,
                          timeout=300, env=settings(spec), errors="replace")
    found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    if done.returncode == UNAVAILABLE:
        pytest.skip(found["error"])
    assert done.returncode == 0 and found.get("ok") == "1", \
        f"exit {done.returncode}: {done.stdout}{done.stderr}"
    return found


@pytest.mark.parametrize("mebibytes", MEBIBYTES)
@pytest.mark.parametrize("spec", BACKENDS, ids=name_of)
def test_blocks_until_null(spec, mebibytes):
    """NULL with ENOMEM, earlier blocks whole, everything can be freed, and about as much had again."""
    found = exhaust(spec, "blocks", mebibytes)
    for call in CALLS:
        left_alone = call in ERRNO_LEFT_ALONE.get(name_of(spec), ())
        expected = "NULL errno unset" if left_alone else "NULL ENOMEM"
        assert found.get(call, expected) == expected, f"{call} says {found[call]}"
    if "pool" in spec:
        assert found["shrink"] == "block", "a block is refused room that it has"
    first = int(found["round_1_bytes"])
    part = FOREIGN_PART if spec in FOREIGN else OUR_PART
    assert first >= part * (mebibytes << 20), "less can be had than is left of the addresses"
    for later in ("round_2_bytes", "round_3_bytes"):
        assert int(found[later]) >= first / 2, found


@pytest.mark.parametrize("mebibytes", MEBIBYTES)
@pytest.mark.parametrize("spec", BACKENDS, ids=name_of)
def test_objects_until_memory_error(spec, mebibytes):
    """MemoryError, a sound heap that goes on with what is dropped, and that ends without memory."""
    found = exhaust(spec, "objects", mebibytes)
    assert int(found["objects"]) > 1000
    # Three quarters are dropped; how much of their room serves again is the allocator's.
    assert int(found["objects_again"]) > int(found["objects"]) / 20, found
