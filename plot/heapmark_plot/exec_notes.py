"""This module is what must be said beside the figures of an exec run: what PYTHONMALLOC did, what
was left out, and where samples did not do the same."""

from __future__ import annotations

_DEFAULT = ("By default most of its small blocks never reach the preloaded allocator: CPython's own"
            " pool (pymalloc) takes blocks of up to 512 bytes from arenas that come from mmap.")
_OFFER = ("PYTHONMALLOC=malloc sends every block to malloc; --python-malloc both measures both"
          " ways.")


def notes_of(analysis) -> list[str]:
    """The notes, most important first."""
    run = analysis.run
    makers = (_state, _busy, _python, _outputs, _absent, _dropped, _tree)
    return [note for maker in makers for note in maker(run)]


def _state(run) -> list[str]:
    state = run.environment["state"]
    if state == "finished":
        return []
    done, planned = len(run.samples), run.environment["samples"]
    return [f"The run is {state if state == 'interrupted' else 'not finished'}: {done} of {planned}"
            " samples."]


def _busy(run) -> list[str]:
    machine = run.environment["machine"]
    loads = [load for load in (machine["load_1m_start"], machine["load_1m_end"]) if load is not None]
    cores = machine["cores_online"]
    if not loads or not cores or max(loads) <= cores:
        return []
    return [f"The machine was busy: a load of {max(loads):.1f} on {cores} CPUs. Wall times say as"
            " much about the others as about the allocators; CPU times and memory bear it better."]


def _is_python(run) -> bool:
    return run.environment["program"]["python"] or any(
        entry["python"] for sample in run.samples for entry in sample["proof"])


def _python(run) -> list[str]:
    program, choice = run.environment["program"], run.environment["options"]["python_malloc"]
    if not _is_python(run):
        if choice == "environment":
            return []
        return [f"--python-malloc {choice} was asked for, but no process was a CPython: it changed"
                " nothing."]
    if choice == "both":
        return ["A Python program: +malloc is PYTHONMALLOC=malloc, which sends every block to the"
                " allocator; without it pymalloc serves blocks of up to 512 bytes itself, from"
                " arenas that come from mmap and not from the allocator."]
    if choice == "malloc":
        return ["A Python program under PYTHONMALLOC=malloc: every block goes to the allocator, none"
                " to CPython's own pool."]
    if choice == "pymalloc":
        return [f"A Python program under PYTHONMALLOC=pymalloc. {_DEFAULT}"]
    if program["python_ignores_environment"]:
        return [f"A Python program started with -E or -I, so PYTHONMALLOC is not read. {_DEFAULT}"]
    given = program["python_malloc"]
    if given:
        return [f"A Python program; your environment says PYTHONMALLOC={given}. {_OFFER}"]
    return [f"A Python program. {_DEFAULT} {_OFFER}"]


def _outputs(run) -> list[str]:
    seen: dict[str, set] = {}
    for sample in run.samples:
        if sample["valid"] and sample["output"] is not None:
            seen.setdefault(sample["variant"], set()).add(sample["output"]["hash"])
    if len(set().union(*seen.values())) <= 1:
        return []
    varying = [label for label, hashes in seen.items() if len(hashes) > 1]
    if varying:
        return ["Standard output differed between samples of the same allocator"
                f" ({', '.join(varying)}): the runs may not have done the same work. Where the output"
                " holds times or addresses, --ignore-output leaves it alone."]
    return ["Standard output differed between allocators, the same in all samples of each: the"
            " program's result depends on its allocator, and the figures may be of different work."]


def _absent(run) -> list[str]:
    return [f"Left out: {entry['label']}: {entry['reason']}" for entry in run.environment["variants"]
            if not entry["available"]]


def _dropped(run) -> list[str]:
    names = run.environment["dropped_variables"]
    if not names:
        return []
    return [f"Not handed on from your environment, because it changes allocators:"
            f" {', '.join(names)}."]


def _tree(run) -> list[str]:
    if max(sample["most_processes"] for sample in run.samples) < 2:
        return []
    return ["Several processes ran at once: peak RSS is the largest sum over them at a look, in"
            " which a page that several share counts once for each; the largest process's peak is"
            " its own."]
