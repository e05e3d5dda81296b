"""This module is what must agree before shards are joined, so that a mixture is refused with the one
thing that differs and where."""

from __future__ import annotations

from .errors import InputError
from .load import Run

#: What of the machine decides about figures; load and the like differ by nature.
_MACHINE = ("cpu_model", "cores_online", "memory_bytes", "kernel", "os", "libc", "caches", "thp",
            "governor", "virtual_machine", "aslr", "swap_bytes")
_SAME = ("heapmark", "git_commit", "git_dirty", "build", "profile", "seed", "baseline", "collectors",
         "metrics")
_PLAN = ("backends", "collectors", "threads")
_BACKEND = ("available", "version", "environment")


def shard_of(run: Run) -> dict:
    """`plan.shard` of a run; InputError where the run is no shard."""
    shard = run.environment["plan"].get("shard")
    sound = isinstance(shard, dict) and all(
        isinstance(shard.get(name), int) and not isinstance(shard[name], bool)
        for name in ("index", "count", "samples"))
    if shard is None:
        raise InputError(f"{run.folder} is no shard: it was run without --shard; merge joins shards of"
                         " one plan")
    if not sound or not 1 <= shard["index"] <= shard["count"] or not all(
            isinstance(work, str) for work in _list(shard.get("works"))):
        raise InputError(f"{run.folder}/environment.json: plan.shard is not what docs/results.md says")
    return shard


def _list(value) -> list:
    return value if isinstance(value, list) else [None]


def check_same_plan(runs: list[Run], different_machines: bool) -> None:
    """Raises InputError at the first thing in which the runs are not shards of one run."""
    first = runs[0]
    seen: dict[int, Run] = {}
    for run in runs:
        shard = shard_of(run)
        if shard["index"] in seen:
            raise InputError(f"shard {shard['index']}/{shard['count']} is given twice:"
                             f" {seen[shard['index']].folder} and {run.folder}")
        seen[shard["index"]] = run
        for what, ours, theirs in _pairs(first, run, different_machines):
            if ours != theirs:
                raise InputError(f"{first.folder} and {run.folder} are not shards of one run: {what}"
                                 f" differs ({_short(ours)}, {_short(theirs)}){_advice(what)}")
    _check_works(runs)


def _pairs(first: Run, run: Run, different_machines: bool):
    """(what, first's, run's) of all that must be equal."""
    one, other = first.environment, run.environment
    for name in _SAME:
        yield name, one.get(name), other.get(name)
    for name in ("count", "samples", "works"):
        yield f"plan.shard.{name}", shard_of(first).get(name), shard_of(run).get(name)
    for name in _PLAN:
        yield f"plan.{name}", one["plan"][name], other["plan"][name]
    for name in sorted((set(one["options"]) | set(other["options"])) - {"shard", "huge_pages"}):
        yield f"options.{name}", one["options"].get(name), other["options"].get(name)
    yield from _backend_pairs(one, other, different_machines)
    if not different_machines:
        for name in _MACHINE:
            yield f"machine.{name}", one["machine"].get(name), other["machine"].get(name)


def _backend_pairs(one: dict, other: dict, different_machines: bool):
    names = _BACKEND if different_machines else (*_BACKEND, "origin")
    ours, theirs = ({(entry["name"], entry["linkage"]): entry for entry in environment["backends"]}
                    for environment in (one, other))
    yield "backends", sorted(ours), sorted(theirs)
    for key in sorted(set(ours) & set(theirs)):
        for name in names:
            yield f"back end {key[0]}'s {name}", ours[key].get(name), theirs[key].get(name)


def _short(value) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _advice(what: str) -> str:
    return "; --different-machines joins them all the same" if what.startswith("machine.") else ""


def _check_works(runs: list[Run]) -> None:
    """A work belongs to one shard with all that is planned on it, and each is of the plan."""
    owner: dict[str, Run] = {}
    planned = set(shard_of(runs[0])["works"])
    for run in runs:
        for work in run.environment["plan"]["works"]:
            name = work["work"]
            if name in owner:
                raise InputError(f"work {name} is in {owner[name].folder} and in {run.folder}: a work"
                                 " belongs to one shard")
            if name not in planned:
                raise InputError(f"{run.folder}: work {name} is not in plan.shard.works")
            owner[name] = run
    for run in runs:
        for sample in run.samples:
            if owner.get(sample["work"]) is not run:
                raise InputError(f"{run.folder}: sample {sample['id']} is of a work of another shard")


def check_checksums(runs: list[Run]) -> None:
    """Raises InputError where valid samples of one work and thread count computed two things."""
    known: dict[tuple, str] = {}
    for run in runs:
        for work in run.environment["plan"]["works"]:
            for threads, checksum in (work.get("checksums") or {}).items():
                known[work["work"], threads] = checksum
        for sample in run.samples:
            if not sample["valid"] or sample.get("checksum") is None:
                continue
            key = sample["work"], f"threads:{sample['threads']}"
            expected = known.setdefault(key, sample["checksum"])
            if expected != sample["checksum"]:
                raise InputError(f"{run.folder}: sample {sample['id']} has the checksum"
                                 f" {sample['checksum']}, its work has {expected} elsewhere")
