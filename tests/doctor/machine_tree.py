"""A machine in a folder: the files of /proc and /sys that doctor reads, in a state in which all is
well, for tests to change."""

WELL = {
    "sys/devices/system/cpu/online": "0-7\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
    "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "performance\n",
    "sys/devices/system/cpu/intel_pstate/no_turbo": "1\n",
    "sys/devices/system/cpu/smt/active": "0\n",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    "proc/meminfo": "MemTotal: 16000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
    "proc/sys/kernel/randomize_va_space": "2\n",
    "proc/self/personality": "00000000\n",
    "proc/self/cgroup": "0::/user.slice/mine\n",
    "sys/fs/cgroup/user.slice/mine/cpu.max": "max 100000\n",
    "sys/fs/cgroup/user.slice/mine/cpu.stat": "usage_usec 5\nnr_throttled 0\n",
    "sys/fs/cgroup/user.slice/mine/memory.max": "max\n",
    "proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu vme de\nbugs\t: hypervisor_bug\n",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
    "proc/pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
    "proc/sys/kernel/perf_event_paranoid": "2\n",
    "proc/loadavg": "0.10 0.20 0.30 1/100 1234\n",
    "proc/stat": "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 50 0 50 400 0 0 0 0 0 0\n"
                 "cpu1 50 0 50 400 0 0 0 0 0 0\nbtime 1\n",
    "usr/lib/x86_64-linux-gnu/libjemalloc.so.2": "library",
    "usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0": "library",
    "usr/local/lib/libtcmalloc_minimal.so.4": "library",
    "usr/local/lib/libheapmark_pool.so": "library",
    "var/lib/dpkg/status": "Package: libjemalloc-dev\nVersion: 9\n\nPackage: libjemalloc2\n"
                           "Status: install ok installed\nVersion: 5.3.0-1\n\nPackage: other\n"
                           "Version: 7\n",
}


def build(root, changes):
    """Makes the folder: `changes` are texts by path, None for a file that is not there."""
    for path, text in {**WELL, **changes}.items():
        if text is None:
            continue
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root
