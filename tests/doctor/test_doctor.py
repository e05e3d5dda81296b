"""Tests of `heapmark doctor`: every check in each of its states, on machines made of files."""

import json
import sys

import pytest

from harness import call, refused
from machine_tree import build

CPU = "sys/devices/system/cpu"
GROUP = "sys/fs/cgroup/user.slice"
OLD = {"proc/self/cgroup": "5:memory:/box\n4:cpu,cpuacct:/box\n1:name=systemd:/\n0::/\n"}
NO_GROUP = {"proc/self/cgroup": None}

#: check, files that are changed, verdict, what the value says, what the remedy says
STATES = [
    ("governor", {}, "ok", "performance on all of 2", None),
    ("governor", {f"{CPU}/cpu1/cpufreq/scaling_governor": "powersave\n"}, "warn",
     "powersave on 1 of 2", "cpupower frequency-set -g performance"),
    ("governor", {f"{CPU}/cpu{n}/cpufreq/scaling_governor": None for n in (0, 1)}, "cannot tell",
     "no cpufreq", None),
    ("boost", {}, "ok", "off (intel_pstate)", None),
    ("boost", {f"{CPU}/intel_pstate/no_turbo": "0\n"}, "warn", "on (intel_pstate)", "echo 1 | sudo"),
    ("boost", {f"{CPU}/intel_pstate/no_turbo": None, f"{CPU}/cpufreq/boost": "1\n"}, "warn",
     "on (cpufreq)", "echo 0 | sudo"),
    ("boost", {f"{CPU}/intel_pstate/no_turbo": None, f"{CPU}/cpufreq/boost": "0\n"}, "ok",
     "off (cpufreq)", None),
    ("boost", {f"{CPU}/intel_pstate/no_turbo": None}, "cannot tell", "does not tell", None),
    ("smt", {}, "ok", "one for each core", None),
    ("smt", {f"{CPU}/smt/active": "1\n"}, "warn", "several", "echo off"),
    ("smt", {f"{CPU}/smt/active": None}, "cannot tell", "does not tell", None),
    ("cores", {}, "ok", "8 online", None),
    ("cores", {f"{CPU}/online": "0,2-3\n"}, "warn", "3 online", "4 CPUs"),
    ("cores", {f"{CPU}/online": "nonsense\n"}, "cannot tell", "cannot be read", None),
    ("foreign_cpu", {}, "cannot tell", "/proc/stat", None),  # two equal readings tell nothing
    ("load", {}, "ok", "0.10", None),
    ("load", {"proc/loadavg": "3.50 1 1 1/1 1\n"}, "warn", "3.50 over the last minute on 2 CPUs",
     "wait a minute"),
    ("load", {"proc/loadavg": "x\n"}, "cannot tell", "/proc/loadavg", None),
    ("huge_pages", {}, "ok", "madvise", None),
    ("huge_pages", {"sys/kernel/mm/transparent_hugepage/enabled": "[always] madvise never\n"}, "warn",
     "always", "echo madvise"),
    ("huge_pages", {"sys/kernel/mm/transparent_hugepage/enabled": None}, "cannot tell",
     "does not tell", None),
    ("swap", {}, "ok", "none", None),
    ("swap", {"proc/meminfo": "SwapTotal: 2048 kB\nSwapFree: 2048 kB\n"}, "ok", "none of it in use",
     None),
    ("swap", {"proc/meminfo": "SwapTotal: 2048 kB\nSwapFree: 1024 kB\n"}, "warn",
     "1.0 MiB of 2.0 MiB in use", "swapoff"),
    ("swap", {"proc/meminfo": "MemTotal: 1 kB\n"}, "cannot tell", "/proc/meminfo", None),
    ("aslr", {}, "ok", "drawn anew", None),
    ("aslr", {"proc/sys/kernel/randomize_va_space": "0\n"}, "warn", "ASLR is off",
     "kernel.randomize_va_space=2"),
    ("aslr", {"proc/sys/kernel/randomize_va_space": "1\n"}, "warn", "in part",
     "kernel.randomize_va_space=2"),
    ("aslr", {"proc/self/personality": "00040000\n"}, "warn", "for this process", "setarch"),
    ("aslr", {"proc/sys/kernel/randomize_va_space": None}, "cannot tell", "does not tell", None),
    ("cpu_limit", {}, "ok", "none", None),
    ("cpu_limit", {f"{GROUP}/mine/cpu.max": "150000 100000\n"}, "warn", "1.5 CPUs", "quota"),
    ("cpu_limit", {f"{GROUP}/cpu.max": "50000 100000\n"}, "warn", "0.5 CPUs", "quota"),
    ("cpu_limit", {**OLD, "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "-1\n",
                   "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000\n"}, "ok", "none", None),
    ("cpu_limit", {**OLD, "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "200000\n",
                   "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000\n"}, "warn", "2 CPUs",
     "quota"),
    ("cpu_limit", {**OLD}, "cannot tell", "no control group", None),
    ("cpu_limit", NO_GROUP, "cannot tell", "no control group", None),
    ("throttling", {}, "ok", "never", None),
    ("throttling", {f"{GROUP}/mine/cpu.stat": "nr_periods 9\nnr_throttled 7\n"}, "warn", "7 times",
     "quota"),
    ("throttling", {**OLD, "sys/fs/cgroup/cpu,cpuacct/box/cpu.stat": "nr_throttled 3\n"}, "warn",
     "3 times", "quota"),
    ("throttling", {f"{GROUP}/mine/cpu.stat": "usage_usec 5\n"}, "cannot tell", "does not count", None),
    ("memory_limit", {}, "ok", "none", None),
    ("memory_limit", {f"{GROUP}/mine/memory.max": "1073741824\n"}, "warn", "1.0 GiB", "4 GiB"),
    ("memory_limit", {f"{GROUP}/memory.high": "2147483648\n"}, "warn", "2.0 GiB", "4 GiB"),
    ("memory_limit", {f"{GROUP}/mine/memory.max": "8589934592\n"}, "ok", "8.0 GiB", None),
    ("memory_limit", {**OLD, "sys/fs/cgroup/memory/box/memory.limit_in_bytes":
                      "9223372036854771712\n"}, "ok", "none", None),
    ("memory_limit", {**OLD, "sys/fs/cgroup/memory/box/memory.limit_in_bytes": "536870912\n"}, "warn",
     "512.0 MiB", "4 GiB"),
    ("memory_limit", NO_GROUP, "cannot tell", "no control group", None),
    ("virtual_machine", {}, "ok", "no", None),
    ("virtual_machine", {"proc/cpuinfo": "processor: 0\nflags\t: fpu hypervisor sse\nbugs:\n",
                         "sys/class/dmi/id/product_name": "Some VM\n"}, "warn", "guest (Some VM)",
     "pin"),
    ("virtual_machine", {"sys/hypervisor/type": "xen\n"}, "warn", "guest", "pin"),
    ("virtual_machine", {"proc/cpuinfo": "Features : fp asimd\n"}, "cannot tell", "/proc/cpuinfo",
     None),
    ("container", {}, "ok", "no sign", None),
    ("container", {".dockerenv": ""}, "warn", "yes (docker)", "outside"),
    ("container", {"run/.containerenv": ""}, "warn", "yes (podman)", "outside"),
    ("container", {"proc/self/cgroup": "0::/kubepods/pod1\n"}, "warn", "yes (kubepods)", "outside"),
    ("container", NO_GROUP, "cannot tell", "/proc/self/cgroup", None),
    ("clock_source", {}, "ok", "tsc", None),
    ("clock_source", {"sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet\n"},
     "warn", "hpet", "echo tsc"),
    ("clock_source", {"sys/devices/system/clocksource/clocksource0/current_clocksource": None},
     "cannot tell", "does not tell", None),
    ("pressure", {}, "ok", "there", None),
    ("pressure", {"proc/pressure/cpu": None}, "warn", "none", "psi=1"),
    ("hardware_counters", {}, "cannot tell", "only the machine itself", None),
    ("hardware_counters", {"proc/sys/kernel/perf_event_paranoid": "4\n"}, "warn", "is 4",
     "kernel.perf_event_paranoid=2"),
    ("jemalloc", {}, "ok", "5.3.0-1, /usr/lib/x86_64-linux-gnu/libjemalloc.so.2", None),
    ("jemalloc", {"usr/lib/x86_64-linux-gnu/libjemalloc.so.2": None}, "warn",
     "libjemalloc.so.2 is not here", "apt-get install libjemalloc2"),
    ("mimalloc", {}, "ok", "/usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0", None),
    ("mimalloc", {"usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0": None}, "warn", "is not here",
     "apt-get install libmimalloc2.0"),
    ("tcmalloc", {}, "ok", "/usr/local/lib/libtcmalloc_minimal.so.4", None),
    ("tcmalloc", {"usr/local/lib/libtcmalloc_minimal.so.4": None}, "warn", "is not here",
     "apt-get install libtcmalloc-minimal4"),
    ("pool", {}, "ok", "libheapmark_pool.so", None),
    ("pool", {"usr/local/lib/libheapmark_pool.so": None}, "warn", "is not here", "HEAPMARK_POOL_PATH"),
]


def examine(*arguments, **more):
    """Runs doctor and returns its document."""
    done = call("doctor", "--format", "json", *arguments, **more)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return json.loads(done.stdout)


def check_of(document, name):
    return next(check for check in document["checks"] if check["check"] == name)


@pytest.mark.parametrize("name, changes, verdict, value, remedy", STATES,
                         ids=[f"{state[0]}-{state[2]}-{number}" for number, state in
                              enumerate(STATES)])
def test_a_check_in_a_state(tmp_path, name, changes, verdict, value, remedy):
    found = check_of(examine("--root", build(tmp_path, changes)), name)
    assert found["verdict"] == verdict, found
    assert value in found["value"]
    assert found["remedy"] is None if remedy is None else remedy in found["remedy"]


def test_every_check_has_each_of_its_states_tested():
    """What no file shows (environment, Python, disk, counters, others' CPU) has tests of its own."""
    document = examine()
    names = {check["check"] for check in document["checks"]}
    tested = {state[0] for state in STATES}
    assert names - tested == {"environment", "plot_python", "reference", "disk"}
    for name in tested - {"foreign_cpu", "hardware_counters"}:
        verdicts = {state[2] for state in STATES if state[0] == name}
        assert {"ok", "warn"} <= verdicts, name


def test_an_empty_machine_cannot_be_told(tmp_path):
    document = examine("--root", tmp_path)
    verdicts = {check["check"]: check["verdict"] for check in document["checks"]}
    assert verdicts["governor"] == verdicts["swap"] == verdicts["load"] == "cannot tell"
    assert all(check["value"] for check in document["checks"])


def test_the_counts_add_up():
    document = examine()
    for word, member in (("ok", "ok"), ("warn", "warn"), ("cannot tell", "cannot_tell")):
        assert document[member] == sum(check["verdict"] == word for check in document["checks"])
    assert len(document["checks"]) == len({check["check"] for check in document["checks"]}) >= 20
    assert all(check["why"] for check in document["checks"])


def test_the_environment():
    clean = check_of(examine(), "environment")
    assert clean["verdict"] == "ok"
    found = check_of(examine(MALLOC_ARENA_MAX="1", LD_PRELOAD=""), "environment")
    assert found["verdict"] == "warn"
    assert set(found["value"].split()) == {"MALLOC_ARENA_MAX", "LD_PRELOAD"}
    assert found["remedy"].startswith("unset ") and "MALLOC_ARENA_MAX" in found["remedy"]


def test_the_python_of_the_report():
    found = check_of(examine(HEAPMARK_PYTHON=sys.executable), "plot_python")
    assert found["verdict"] == "ok" and found["value"] == sys.executable
    found = check_of(examine(HEAPMARK_PYTHON="/bin/false"), "plot_python")
    assert found["verdict"] == "warn" and "python3-matplotlib" in found["remedy"]


def test_the_python_to_compare_with(tmp_path):
    """Where a run with --reference would do, where the compiler is missing, and where no python is."""
    found = check_of(examine(CC="/no/such/cc"), "reference")
    assert found["verdict"] == "warn" and "/no/such/cc" in found["value"]
    assert "python3-dev" in found["remedy"]
    found = check_of(examine(PATH=str(tmp_path), HOME=str(tmp_path), PYENV_ROOT=str(tmp_path)),
                     "reference")
    assert found["verdict"] == "warn" and found["value"] == "no python3 is here"
    found = check_of(examine("--root", build(tmp_path, {})), "reference")
    assert found["verdict"] == "cannot tell"
    listed = json.loads(call("list", "references", "--format", "json").stdout)["references"]
    able = [entry["runtime"] for entry in listed if entry["available"]]
    found = check_of(examine(), "reference")
    assert found["verdict"] == ("ok" if able else "warn")
    assert not able or found["value"].split(", ")[0] == able[0]


def test_the_pool_where_it_is_named():
    found = check_of(examine(HEAPMARK_POOL_PATH="/no/such.so"), "pool")
    assert found["verdict"] == "warn" and "HEAPMARK_POOL_PATH" in found["remedy"]


def test_the_text_tells_what_the_json_tells(tmp_path):
    root = build(tmp_path, {"proc/sys/kernel/randomize_va_space": "0\n"})
    document = examine("--root", root)
    done = call("doctor", "--root", root)
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    for check in document["checks"]:
        row = next(line for line in lines if line[13:].startswith(check["title"] + " "))
        assert row.startswith(check["verdict"]) and row.endswith(check["value"])
    assert sum(line.strip().startswith("do:") for line in lines) == sum(
        check["remedy"] is not None for check in document["checks"])
    assert lines[-1] == (f"{document['ok']} ok, {document['warn']} to see to,"
                         f" {document['cannot_tell']} that cannot be told")


@pytest.mark.parametrize("arguments, words", [
    (["extra"], ["unexpected argument 'extra'"]), (["--frobnicate"], ["unknown option"]),
    (["--format", "xml"], ["--format", "'xml'", "text or json"]),
    (["--root", "/no/such"], ["--root", "'/no/such'"]),
    (["--root", "/etc/passwd"], ["--root", "not a folder"]), (["--root"], ["needs a value"])])
def test_a_wrong_question_gets_one_line(arguments, words):
    refused(call("doctor", *arguments), *words)
