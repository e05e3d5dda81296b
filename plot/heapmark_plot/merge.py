"""This module is the joining of shards into the run that they are parts of, so that several machines,
or several nights, make one run that every reader takes for one.

A shard says of itself which part it is (`plan.shard`, docs/results.md). Fixed samples have the
unsharded plan's sequence numbers already; those of adaptive rounds are numbered anew, by round, then
shard, then sequence. What is refused and what is only said: a mixture of plans, builds, or machines
(unless asked for), a shard given twice, a sample or a work twice, and two checksums of one work are
refused; a shard that is not there and samples that are missing are said, and the joined run is
`interrupted`. Invariant: nothing is written before all of it is known to fit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError, OutputError
from .files import write_whole
from .language import join, plural
from .load import Run, load_run
from .merge_checks import check_checksums, check_same_plan, shard_of

#: What it means that something is missing: no sample of it is valid.
INCOMPLETE = 3


@dataclass(frozen=True)
class _Line:
    """A record as the shard's journal holds it."""

    shard: int
    sequence: int
    repetition: int
    id: str
    text: str


def merge_runs(out: str, name: str, folders: list[str], different_machines: bool) -> tuple[str, int]:
    """Writes environment.json and journal.jsonl of the joined run `name` into the empty folder `out`;
    returns what to print and the exit code, INCOMPLETE where something is missing."""
    runs = sorted((load_run(folder) for folder in folders), key=lambda run: shard_of(run)["index"])
    check_same_plan(runs, different_machines)
    check_checksums(runs)
    lines = _ordered(runs)
    environment = _joined_environment(runs, name, folders)
    missing = _missing(runs)
    if missing:
        environment["state"] = "interrupted"
    journal = "".join(f"{line}\n" for line in lines)
    head = json.dumps(environment, ensure_ascii=False, indent=1) + "\n"
    _write(Path(out), {"journal.jsonl": journal, "environment.json": head})
    told = [f"{name}: {plural(len(runs), 'shard')}, {plural(len(lines), 'sample')}"]
    return "\n".join(told + missing) + "\n", INCOMPLETE if missing else 0


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        for name, text in files.items():
            write_whole(folder / name, text.encode("utf-8"))
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from None


def _ordered(runs: list[Run]) -> list[str]:
    """All records in the unsharded plan's order, with its sequence numbers."""
    fixed_count = shard_of(runs[0])["samples"]
    lines = [line for run in runs for line in _lines(run)]
    places: dict[str, _Line] = {}
    for line in lines:
        if line.id in places:
            raise InputError(f"sample {line.id} is in shards {places[line.id].shard} and {line.shard}")
        places[line.id] = line
    fixed = sorted((line for line in lines if line.sequence < fixed_count),
                   key=lambda line: line.sequence)
    for first, second in zip(fixed, fixed[1:]):
        if first.sequence == second.sequence:
            raise InputError(f"samples {first.id} and {second.id} have both the sequence number"
                             f" {first.sequence}: these are not shards of one plan")
    added = sorted((line for line in lines if line.sequence >= fixed_count),
                   key=lambda line: (line.repetition, line.shard, line.sequence))
    return [line.text for line in fixed] + [_numbered(line.text, fixed_count + place)
                                            for place, line in enumerate(added)]


def _lines(run: Run) -> list[_Line]:
    """The records of a journal as texts: load_run has judged them, and turned lists into arrays."""
    texts = (run.folder / "journal.jsonl").read_text(encoding="utf-8").split("\n")
    return [_Line(shard_of(run)["index"], int(sample["sequence"]), int(sample["repetition"]),
                  sample["id"], text) for sample, text in zip(run.samples, texts)]


def _numbered(text: str, sequence: int) -> str:
    record = json.loads(text)
    record["sequence"] = sequence
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _joined_environment(runs: list[Run], name: str, folders: list[str]) -> dict:
    """The first shard's environment with what the others add."""
    environments = [run.environment for run in runs]
    joined = json.loads((runs[0].folder / "environment.json").read_text(encoding="utf-8"))
    ended = [environment["finished_at"] for environment in environments]
    whole = shard_of(runs[0])["count"] == len(runs)
    joined.update(
        run=name, command_line=["heapmark", "merge", name, *folders],
        started_at=min(environment["started_at"] for environment in environments),
        finished_at=None if None in ended else max(ended),
        state="finished" if all(environment["state"] == "finished"
                                for environment in environments) else "interrupted")
    joined["options"]["shard"] = None
    plans = [environment["plan"] for environment in environments]
    works = {work["work"]: work for plan in plans for work in plan["works"]}
    joined["plan"].update(
        works=[works[work] for work in shard_of(runs[0])["works"] if work in works],
        rounds=_joined_rounds(plans), shard=None,
        samples=sum(plan["samples"] for plan in plans) if whole
        else shard_of(runs[0])["samples"] + sum(_added(run) for run in runs))
    return joined


def _added(run: Run) -> int:
    """How many samples the rounds beyond the fixed ones have in a shard."""
    return sum(sample["sequence"] >= shard_of(run)["samples"] for sample in run.samples)


def _joined_rounds(plans: list[dict]) -> list[list[str]]:
    """Round k has the cells of all shards' rounds k, in the shards' order."""
    most = max(len(plan.get("rounds") or []) for plan in plans)
    return [[cell for plan in plans for cell in (plan.get("rounds") or [])[number:number + 1]
             for cell in cell] for number in range(most)]


def _missing(runs: list[Run]) -> list[str]:
    """What is not there, a line each."""
    there = {shard_of(run)["index"] for run in runs}
    count = shard_of(runs[0])["count"]
    gone = [f"{index}/{count}" for index in range(1, count + 1) if index not in there]
    said = []
    if gone:
        said.append(f"missing: {'shard' if len(gone) == 1 else 'shards'} {join(gone)}; merge again"
                    " when measured, --resume cannot add a shard")
    for run in runs:
        short = int(run.environment["plan"]["samples"]) - len(run.samples)
        if short > 0 or run.environment["state"] != "finished":
            shard = shard_of(run)
            said.append(f"missing: {plural(max(short, 0), 'sample')} of shard"
                        f" {shard['index']}/{shard['count']} ({run.folder} is"
                        f" {run.environment['state']}); `heapmark run --resume` goes on with it")
    return said
