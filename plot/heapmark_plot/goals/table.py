"""This module is the table of goals as data, so that what is asked stands in one place and is judged
by one rule. A new goal is one entry of GOALS.

Words: a **side** is the cells of one back end: label, linkage and runtime. A goal sets side `new`
against each of its `rivals`, on the same work, collector and thread count, within one run; a goal
without rivals is about a metric that is a ratio already. Its **slots** are what it must be measured
on: each of `works` × `collectors` × `threads`.

Invariant: nothing here knows a run; labels that only a run knows (the newest mimalloc's) are filled
in by the judge.
"""

from __future__ import annotations

from dataclasses import dataclass

#: A ratio's interval must end at or below the limit, in every slot and against every rival.
MOST = "at most"
#: No interval, widened over all ratios of the goal, may lie wholly above the limit.
NONE_ABOVE = "none above"

#: Stands for the label that --newest-mimalloc names.
NEWEST_MIMALLOC = "<newest mimalloc>"


@dataclass(frozen=True)
class Side:
    """Cells of one back end. `runtime` is a regular expression; `optimised` asks for a python3 that
    was built with PGO and LTO."""

    backend: str
    linkage: str = "so"
    runtime: str = "heapmark"
    optimised: bool = False

    @property
    def is_reference(self) -> bool:
        return self.linkage == "runtime"


@dataclass(frozen=True)
class Goal:
    """A line of the table. `works` are regular expressions over works' names, each of which some work
    must match; `brief` says what one is in words."""

    name: str
    group: str
    brief: str
    works: tuple[str, ...]
    limit: float
    new: Side
    rivals: tuple[Side, ...] = ()
    metric: str = "cpu_ns_per_op"
    rule: str = MOST
    collectors: tuple[str, ...] = ("none",)
    threads: tuple[int, ...] = (1,)
    least_live_bytes: int = 0  #: slots whose live data stays below do not count


POOL, INLINE = Side("pool"), Side("pool-inline", "inline")
MIMALLOC, JEMALLOC, TCMALLOC = (Side(name) for name in ("mimalloc", "jemalloc", "tcmalloc"))
BUMP = Side("bump", "static")
DEBIAN = r"cpython-3\.11\.\d+"
PYMALLOC_311 = Side("cpython-pymalloc", "runtime", DEBIAN, optimised=True)
PYMALLOC_313 = Side("cpython-pymalloc", "runtime", r"cpython-3\.13\.\d+")

#: One block at a time, and a rolling queue of 1,000: the oldest freed, a new one in its place.
LIFO, FIFO, CHURN = "batch/blocks:1", "churn/live:1000/sizes:fixed/victim:oldest", "churn"
#: 1,000 blocks allocated, then all freed, the last or the first of them first.
LIFO_BATCHES, FIFO_BATCHES = "batch", "batch/order:fifo"
#: 1e6 blocks freed in random order: each with its malloc, and the frees alone.
RANDOM = (r"batch/blocks:1000000/order:random", r"batch/blocks:1000000/order:random/timed:free")
ALLOCATE = r"batch/blocks:1000000/timed:allocate"

#: What the pool is measured on: name, works, words, and which of the four limits it has.
PATTERNS = (
    ("lifo", (LIFO,), "LIFO, 64 B", 0),
    ("lifo-batches", (LIFO_BATCHES,), "LIFO in batches of 1,000, 64 B", 0),
    ("fifo", (FIFO,), "FIFO of 1,000, 64 B", 1),
    ("fifo-batches", (FIFO_BATCHES,), "FIFO in batches of 1,000, 64 B", 1),
    ("churn", (CHURN,), "churn, 16–512 B, 1e5 live", 2),
    ("random-free", RANDOM, "random free of 1e6, 64 B", 3),
)

#: The pool's classes up to 1 KiB: in steps of 16 to 128, then eight between powers of two.
CLASSES = tuple(range(16, 129, 16)) + tuple(
    base + step * base // 8 for base in (128, 256, 512) for step in range(1, 9))
#: Each raw workload but `batch`, as it is without parameters: a run for other goals may have some of
#: them with parameters, and without the rivals of this one.
RAW_WORKLOADS = ("churn", "fragmentation-comb", "size-ramp")
#: Those that are nothing on one thread.
THREADED_WORKLOADS = ("producer-consumer", "server-threads")
#: Object workloads whose live data can be made 32 MiB or more.
LARGE_WORKLOADS = ("short-lived", "cyclic-graph", "growing-dict", "lru-cache", "request-mix",
                   "release-refill")


def _patterns(name: str, group: str, rival: Side, limits: tuple) -> list[Goal]:
    """The patterns with the limits for LIFO, FIFO, churn and random free."""
    return [Goal(f"{name}-{pattern}", group, brief, works, limits[which], POOL, (rival,))
            for pattern, works, brief, which in PATTERNS]


def _inline(name: str, brief: str, work: str) -> Goal:
    return Goal(name, "inline vs the vtable", brief, (work,), 0.80, INLINE, (POOL,))


def _class_works(size: int) -> tuple[str, str]:
    shown = "" if size == 64 else f"/size:{size}"
    return f"{LIFO_BATCHES}{shown}", f"{FIFO_BATCHES}{shown}"


def _of_workload(name: str) -> str:
    return rf"{name}(/.+)?"


def _runtime(kind: str, work: str, brief: str, limit: float = 0.5) -> Goal:
    return Goal(f"runtime-{kind}", "runtime vs CPython through its C API", brief, (work,), limit, POOL,
                (PYMALLOC_311,), collectors=("off", "generational"))


def _dict(operation: str, size: str, works: tuple[str, ...], limit: float) -> Goal:
    return Goal(f"dict-{operation}-{size}", "dict vs CPython", f"{operation} at {size}", works, limit,
                POOL, (PYMALLOC_311,), collectors=("off", "generational"))


_RAW_RIVALS = (JEMALLOC, MIMALLOC, TCMALLOC)

GOALS: tuple[Goal, ...] = (
    *_patterns("pymalloc-3.11", "pool vs pymalloc of Debian's python3 3.11", PYMALLOC_311,
               (0.60, 0.60, 0.45, 0.70)),
    *_patterns("pymalloc-3.13", "pool vs pymalloc of python3 3.13", PYMALLOC_313,
               (0.35, 0.40, 0.40, 0.60)),
    *_patterns("mimalloc", "pool vs Debian's mimalloc", MIMALLOC, (0.50, 0.65, 0.70, 0.90)),
    *_patterns("newest-mimalloc", "pool vs the newest mimalloc", Side(NEWEST_MIMALLOC),
               (0.65, 0.75, 0.75, 0.95)),
    _inline("inline-lifo", "LIFO, 64 B", LIFO),
    _inline("inline-lifo-batches", "LIFO in batches of 1,000, 64 B", LIFO_BATCHES),
    Goal("raw", "pool vs the best of jemalloc, mimalloc, tcmalloc",
         "every size class 16–1024 and every raw workload, 1 and 2 threads",
         tuple(work for size in CLASSES for work in _class_works(size))
         + ("batch/order:random",) + RAW_WORKLOADS, 1.02, POOL,
         _RAW_RIVALS, rule=NONE_ABOVE, threads=(1, 2)),
    Goal("raw-threads", "pool vs the best of jemalloc, mimalloc, tcmalloc",
         "what takes more than one thread: frees by another, objects of dying threads",
         THREADED_WORKLOADS, 1.02, POOL, _RAW_RIVALS, rule=NONE_ABOVE, threads=(2,)),
    Goal("bump", "pool vs bump, pre-faulted", "warm, 1e6 allocations of 64 B", (ALLOCATE,), 1.6, POOL,
         (BUMP,)),
    Goal("peak-rss", "peak RSS vs the best of jemalloc and mimalloc",
         "every object workload with peak L ≥ 32 MiB", tuple(map(_of_workload, LARGE_WORKLOADS)), 1.10,
         POOL, (JEMALLOC, MIMALLOC), metric="peak_rss_bytes", collectors=("generational",),
         least_live_bytes=32 * 2**20),
    Goal("rss-churn", "RSS over live data", "after churn", (CHURN,), 1.25, POOL,
         metric="rss_over_live"),
    Goal("rss-drop-age", "RSS over live data", "after dropping 90 % by age and purge",
         (r"churn/victim:oldest/drop:age",), 2.0, POOL, metric="rss_over_live_after_purge"),
    Goal("rss-drop-random", "RSS over the pages that hold a survivor",
         "after dropping 90 % at random and purge", (r"churn/drop:random",), 1.1, POOL,
         metric="rss_over_live_pages"),
    _runtime("tuple", "object-create", "tuple, created and dropped"),
    _runtime("list", "object-create/kind:list", "list, created and dropped"),
    _runtime("dict", "object-create/kind:dict", "dict, created and dropped"),
    _runtime("instance", "object-create/kind:instance", "instance, created and dropped"),
    _runtime("generator", "generator-resume", "one item of a generator"),
    _dict("insert", "1e3", ("dict-access", "dict-access/keys:sequential"), 0.45),
    _dict("insert", "1e6", ("dict-access/entries:1000000",), 0.40),
    _dict("get", "1e3", ("dict-access/operation:get", "dict-access/operation:get/keys:sequential"),
          0.5),
    _dict("get", "1e6", ("dict-access/operation:get/entries:1000000",), 0.45),
)
