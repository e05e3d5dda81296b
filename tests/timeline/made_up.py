"""This module makes timelines up, of any shape, so that the figure's edges can be drawn without
running anything. Every document is as results/schema.json says."""

import math


def document(phases=("build", "steady", "release", "collect"), longest_ns=800_000_000, points=10,
             ticks=150, collections=(240, 20, 3), lines=14, scale=1 << 20, **more):
    """A timeline of these phases; `collections` has how many of each generation."""
    ends = _ends(len(phases), longest_ns)
    begins = [0] + ends[:-1]
    made = {
        "record": "timeline", "schema": 1, "heapmark": "0.1.0",
        "started_at": "2026-01-01T00:00:00.000Z",
        "cell": "cyclic-graph/backend:pool/linkage:so/collector:generational/threads:1"
                "/runtime:heapmark",
        "work": "cyclic-graph", "workload": "cyclic-graph", "parameters": {"nodes": 1000},
        "backend": "pool", "linkage": "so", "collector": "generational", "threads": 1,
        "runtime": "heapmark", "version": "", "origin": "/x/libheapmark_pool.so", "seed": "0x1",
        "freelists": False, "iterations": 5000, "interval_ms": 5, "checksum": "0x1f",
        "processes": [_process("curves"), _process("sites")],
        "measuring_ns": 90_000_000, "sampling_ns": 40_000,
        "phases": [{"name": name, "role": "steady", "begin_ns": begin, "end_ns": end}
                   for name, begin, end in zip(phases, begins, ends)],
        "points": _points(phases, ends, points, scale),
        "ticks": _ticks(longest_ns, ticks, scale),
        "rss": {"at_ns": _spread(longest_ns, ticks),
                "bytes": [6 * scale + index * scale // 40 for index in range(ticks)]},
        "collections": [_generation(number, count, longest_ns)
                        for number, count in enumerate(collections)],
        "sites": {"frames": 1, "native": False, "snapshots": 8,
                  "phases": _site_phases(phases, lines, scale)},
        "sites_reason": None,
    }
    made.update(more)
    return made


def _ends(count, longest_ns):
    """The first phases short, the one after them long, the last short: the awkward case."""
    shares = [0.015] * count
    shares[min(1, count - 1)] = 1 - 0.015 * (count - 1)
    ends = [round(longest_ns * sum(shares[:index + 1])) for index in range(count)]
    return ends[:-1] + [longest_ns]


def _spread(longest_ns, count):
    return [round(longest_ns * (index + 0.5) / count) for index in range(count)]


def _process(part):
    return {"part": part, "command": f"heapmark timeline --part {part}", "duration_ns": 1,
            "cpu_ns": 1, "largest_rss_bytes": 1}


def _point(at_ns, phase, ends_phase, scale, wave):
    return {"at_ns": at_ns, "phase": phase, "ends_phase": ends_phase, "rss_bytes": 8 * scale,
            "requested_bytes": 4 * scale, "live_bytes": 3 * scale, "live_objects": 50000,
            "tracked_objects": 31000, "pending_objects": round(500 + 500 * wave),
            "young_objects": 10, "collections": 3, "walk_ns": 5_000_000}


def _points(phases, ends, count, scale):
    longest_ns = ends[-1]
    made = [_point(0, "setup", True, scale, 0)]
    inside = [_point(at, phases[0], False, scale, math.sin(at)) for at in
              _spread(longest_ns, count)]
    edges = [_point(end, name, True, scale, 1) for name, end in zip(phases, ends)]
    return made + sorted(inside + edges, key=lambda point: point["at_ns"])


def _ticks(longest_ns, count, scale):
    return {"at_ns": _spread(longest_ns, count),
            "requested_bytes": [3 * scale + index % 9 * scale // 9 for index in range(count)],
            "tracked_objects": [30000 + index % 7 * 300 for index in range(count)],
            "young_objects": [index % 700 for index in range(count)]}


def _generation(number, count, longest_ns):
    every = 1
    while count > 2000 * every:
        every *= 2
    at = _spread(longest_ns, count)[::every]
    return {"generation": number, "count": count, "collected": 700 * count, "uncollectable": 0,
            "pause_total_ns": 20_000 * count, "pause_max_ns": 90_000 if count else 0,
            "kept_every": every,
            "kept": [{"at_ns": moment, "pause_ns": 20_000, "collected": 700, "uncollectable": 0,
                      "traversed": 900} for moment in at]}


def line(number, increment, held):
    return {"file": "workloads/cyclic_graph.c", "line": 100 + number, "function": f"make_{number}",
            "increment_bytes": increment, "increment_count": increment // 56, "bytes": held,
            "count": held // 56, "highest_bytes": max(held, held - increment),
            "source": f"hm_object *made_{number} = hm_bytes_new(heap, NULL, {number});"}


def _site_phases(phases, lines, scale):
    made, held = [], [0] * lines
    for index, name in enumerate(phases):
        sign = -1 if index and index >= len(phases) - 2 else 1
        changes = []
        for number in range(lines):
            change = scale // (number + 1) // (index + 1) if sign > 0 else -held[number]
            if index == 1 and number % 2:
                change = 0
            held[number] += change
            changes.append(line(number, change, held[number]))
        begin = made[-1]["traced_end_bytes"] if made else 0
        made.append({"phase": name, "traced_begin_bytes": begin, "traced_end_bytes": sum(held),
                     "traced_peak_bytes": max(begin, sum(held)), "blocks_begin": 0,
                     "blocks_end": 0, "tracer_bytes": 4096, "lines": changes, "functions": [],
                     "types": [], "tracebacks": []})
    return made
