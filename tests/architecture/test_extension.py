"""One more of a kind is one file and one registry line: this adds a workload, a back end, a
collector and a metric to a copy of the sources, builds it, and finds and runs them by name.

The report's figures have a test of their own kind in tests/plot.
"""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["src", "allocators", "workloads", "bench", "plot", "examples", "cmake", "results"]

WORKLOAD = """
#include "workloads/workload.h"

static int64_t made;

static void *setup(const hm_workload_context *context) { return (void *)context->heaps[0]; }

static bool step(void *state, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(thread);
    for (uint64_t index = 0; index < iterations; index++) {
        hm_object *number = hm_int_new(state, 100000 + (int64_t)index);
        if (number == NULL)
            return false;
        made += hm_int_value(number) > 0;
        hm_decref(state, number);
    }
    return true;
}

static bool check(void *state, uint64_t *checksum)
{
    HM_UNUSED(state);
    *checksum = (uint64_t)made;
    return true;
}

static uint64_t operations(const int64_t *parameters) { HM_UNUSED(parameters); return 1; }
static void teardown(void *state) { HM_UNUSED(state); }

const hm_workload hm_added_workload = {
    .name = "added", .brief = "an added workload", .group = "object", .operation = "one int",
    .phases = {{"steady", HM_PHASE_STEADY, step}}, .setup = setup, .operations = operations,
    .check = check, .teardown = teardown};
"""

BACKEND = """
#include "allocators/native.h"
#include "base/attributes.h"
#include <stdlib.h>

static hm_status bind(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    HM_UNUSED(spec);
    HM_UNUSED(error);
    allocator->malloc = malloc;
    allocator->free = free;
    allocator->realloc = realloc;
    allocator->calloc = calloc;
    return HM_OK;
}

const hm_backend hm_backend_added = {.name = "added-backend", .brief = "an added back end",
                                     .linkage = HM_LINKAGE_STATIC, .bind = bind};
"""

COLLECTOR = """
#include "gc/collectors.h"

const hm_collector hm_collector_added = {.name = "added-collector", .brief = "an added collector",
                                         .prefix_bytes = 32};
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """The path of a heapmark built from a copy with one more of each kind."""
    copy = tmp_path_factory.mktemp("extended")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder,
                        ignore=shutil.ignore_patterns("20*", "latest", "__pycache__"), symlinks=True)
    for name in ("CMakeLists.txt", "CMakePresets.json"):
        shutil.copy(ROOT / name, copy / name)
    for path, text, registry, line in [
        ("workloads/added.c", WORKLOAD, "workloads/registry.def", "HM_WORKLOAD(hm_added_workload)"),
        ("allocators/added.c", BACKEND, "allocators/registry.def", "HM_BACKEND(added)"),
        ("src/gc/added.c", COLLECTOR, "src/gc/registry.def", "HM_COLLECTOR(added)"),
    ]:
        (copy / path).write_text(text)
        with open(copy / registry, "a") as file:
            file.write(line + "\n")
    with open(copy / "bench/metrics.def", "a") as file:
        file.write('HM_METRIC(added_count, "count", "none", "time", "An added metric")\n')
    build = copy / "build"
    subprocess.run(["cmake", "-G", "Ninja", "-S", copy, "-B", build, "-DHEAPMARK_TESTS=OFF",
                    "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_FLAGS_RELEASE=-O0"],
                   check=True, capture_output=True)
    done = subprocess.run(["cmake", "--build", build, "--target", "heapmark"], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stdout
    return build / "heapmark"


def listed(command, kind):
    done = subprocess.run([command, "list", kind, "--format", "json"], check=True,
                          capture_output=True, text=True)
    found = json.loads(done.stdout)
    entries = found[kind] if isinstance(found, dict) else found
    return {entry["name"] for entry in entries}


def test_each_is_listed(extended):
    assert "added" in listed(extended, "workloads")
    assert "added-backend" in listed(extended, "backends")
    assert "added-collector" in listed(extended, "collectors")
    done = subprocess.run([extended, "explain", "added_count"], check=True, capture_output=True,
                          text=True)
    assert "An added metric" in done.stdout


def test_a_sample_runs_on_them(extended):
    cell = ("added/backend:added-backend/linkage:static/collector:added-collector/threads:1"
            "/runtime:heapmark")
    done = subprocess.run([extended, "sample", cell, "--iterations", "1000", "--batches", "3"],
                          check=True, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"})
    record = json.loads(done.stdout)
    assert record["valid"] and record["metrics"]["ns_per_op"] > 0
    assert record["metrics"]["added_count"] is None
