"""`heapmark stress` as its tests start it."""

import os
import subprocess
import time

import pytest

HEAPMARK = os.environ["HEAPMARK_COMMAND"]
BROKEN = os.environ["HEAPMARK_BROKEN"]
SANITIZED = os.environ.get("HEAPMARK_SANITIZED", "")
unsanitized = pytest.mark.skipif(bool(SANITIZED), reason="foreign libraries run without sanitizers")


def stress(*arguments, timeout=280, **more):
    done = subprocess.run([HEAPMARK, "stress", *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, **more)
    print(done.stdout, done.stderr)
    return done


def new_seed():
    seed = int(os.environ.get("HEAPMARK_TEST_SEED", "0"), 0) or time.time_ns() & 0xffffffffffff
    print(f"HEAPMARK_TEST_SEED={seed:#x}")
    return seed
