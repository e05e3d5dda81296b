"""Dependencies point one way: a forbidden #include, import or link fails here.

The table is that of docs/architecture.md. A component may include itself and what its row names.
"""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Longest prefix wins. A component that is a single header stands for that header alone.
COMPONENTS = {
    "src/base/": "base",
    "src/object/": "runtime",
    "src/heapmark.h": "runtime",
    "src/gc/": "gc",
    "src/graph/": "graph",
    "src/trace/": "trace",
    "allocators/allocator.h": "allocator seam",
    "allocators/call.h": "allocator seam",
    "allocators/": "allocators",
    "workloads/": "workloads",
    "bench/measure/": "measure",
    "bench/gbench.": "gbench",
    "bench/gbench_parts/": "gbench",
    "bench/": "bench",
}

MAY_INCLUDE = {
    "base": set(),
    "allocator seam": {"base"},  # and call.h the pool's fast paths: see below
    "runtime": {"allocator seam", "base"},
    "gc": {"runtime", "base"},
    "graph": {"runtime", "base"},
    "trace": {"runtime", "base"},
    "allocators": {"allocator seam", "base"},
    "workloads": {"runtime", "allocator seam", "base"},
    "measure": {"base"},
    "gbench": set(),
    "bench": {"workloads", "measure", "gbench", "gc", "graph", "trace", "allocators", "allocator seam",
              "runtime", "base"},
}

# Linkage inline: the one way by which the pool is compiled into the runtime and the workloads.
EXCEPTIONS = {("allocators/call.h", "allocators/pool/inline.h"),
              ("allocators/call.h", "allocators/pool/pool.h")}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
ROOTS = ["", "src/"]

# Written by the build, not by us.
GENERATED = {"git_commit.h"}


def component_of(path):
    for prefix in sorted(COMPONENTS, key=len, reverse=True):
        if path.startswith(prefix):
            return COMPONENTS[prefix]
    return None


def sources():
    for folder in ("src", "allocators", "workloads", "bench"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".c", ".h", ".cc", ".def"):
                yield path


def resolve(path, name):
    """The project's file that an include names, as a path from the root."""
    for root in ROOTS:
        if (ROOT / root / name).is_file():
            return root + name
    beside = path.parent / name
    return str(beside.resolve().relative_to(ROOT)) if beside.is_file() else None


def forbidden(text, path):
    """The includes of `text`, which stands in the file `path`, that its component may not have."""
    own = component_of(str(path.relative_to(ROOT)))
    here = str(path.relative_to(ROOT))
    for name in INCLUDE.findall(text):
        if name in GENERATED:
            continue
        target = resolve(path, name)
        if target is None:
            yield f"{path.relative_to(ROOT)}: \"{name}\" is not a file of the project"
            continue
        other = component_of(target)
        if (here, target) in EXCEPTIONS:
            continue
        if other != own and other not in MAY_INCLUDE[own]:
            yield f"{path.relative_to(ROOT)} ({own}) includes {target} ({other})"


def test_every_include_points_the_allowed_way():
    wrong = [line for path in sources() for line in forbidden(path.read_text(), path)]
    assert wrong == []


@pytest.mark.parametrize("where, include", [
    ("src/base/status.c", "object/heap.h"),
    ("src/object/heap.c", "gc/collectors.h"),
    ("src/object/heap.c", "graph/graph.h"),
    ("src/graph/graph.c", "gc/collectors.h"),
    ("workloads/registry.c", "graph/graph.h"),
    ("src/object/heap.c", "allocators/backend.h"),
    ("workloads/registry.c", "bench/measure/clock.h"),
    ("workloads/registry.c", "gc/collectors.h"),
    ("allocators/registry.c", "object/heap.h"),
    ("allocators/registry.c", "bench/stress/model.h"),
    ("bench/measure/clock.c", "bench/sample.h"),
])
def test_a_forbidden_include_is_found(where, include):
    assert list(forbidden(f'#include "{include}"\n', ROOT / where))


def test_nothing_under_measurement_reads_a_clock():
    """Workloads, runtime and collectors know no time: the driver times them."""
    clock = re.compile(r"\b(clock_gettime|gettimeofday|time\.h|rdtsc|getrusage)\b")
    found = [str(path) for folder in ("src", "workloads") for path in (ROOT / folder).rglob("*.[ch]")
             if clock.search(path.read_text())]
    assert found == []


def test_the_one_cpp_file():
    listed = [path for path in ROOT.rglob("*.cc") if "build" not in path.relative_to(ROOT).parts]
    assert [str(path.relative_to(ROOT)) for path in listed] == ["bench/gbench.cc"]


def test_plot_reads_results_and_nothing_else():
    for path in (ROOT / "plot").rglob("*.py"):
        text = path.read_text()
        assert not re.search(r"subprocess|ctypes|\bbench/|\bworkloads/|\ballocators/", text), path


def needed_libraries(path):
    text = subprocess.run(["readelf", "-d", path], check=True, capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", text)


def test_no_foreign_allocator_is_linked():
    """A linked allocator would be the malloc of the whole process, whatever is asked for."""
    for name in needed_libraries(os.environ["HEAPMARK_COMMAND"]):
        assert not re.search(r"jemalloc|mimalloc|tcmalloc|heapmark_pool", name)
