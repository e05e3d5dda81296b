"""Tests of libheapmark_pool.so as a program's whole malloc: programs do what they do with libc's, and
a witness in each of their processes says that the pool was the one that served."""

import os
import re
import subprocess
from pathlib import Path

import pytest

FIXTURES = Path(os.environ["HEAPMARK_FIXTURES"])
POOL = Path(os.environ["HEAPMARK_POOL_LIBRARY"]).resolve()
WITNESS = POOL.parent / "libheapmark_witness.so"
SANITIZED = os.environ.get("HEAPMARK_SANITIZED", "")
CPYTHONS = [path for path in os.environ.get("HEAPMARK_CPYTHONS", "").split(":") if path]
LONG = os.environ.get("HEAPMARK_PRELOAD_LONG") == "yes"
DEBIAN = "/usr/bin/python3"

pytestmark = pytest.mark.skipif(bool(SANITIZED), reason="a sanitized library cannot be preloaded")
long = pytest.mark.skipif(not LONG, reason="takes minutes: runs as preload.long")
quick = pytest.mark.skipif(LONG, reason="ran as preload.quick")


def variables(**more):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("HEAPMARK_") and name != "LD_PRELOAD"}
    return {**kept, "LC_ALL": "C.UTF-8", "PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "1", **more}


def under_libc(command, folder, **more):
    return subprocess.run(list(map(str, command)), capture_output=True, cwd=folder, timeout=1500,
                          env=variables(**more))


def witnessed(path):
    """(executable, file of malloc) of each process that wrote to the witness's file."""
    words = path.read_bytes().split(b"\0")[:-1]
    assert len(words) % 5 == 0
    return [(os.fsdecode(words[at + 3]), os.fsdecode(words[at + 4]))
            for at in range(0, len(words), 5)]


def under_pool(command, folder, **more):
    """The finished process; each of its processes must have had the pool as its malloc."""
    told = folder / "witness"
    told.write_bytes(b"")
    done = subprocess.run(list(map(str, command)), capture_output=True, cwd=folder, timeout=1500,
                          env=variables(LD_PRELOAD=f"{WITNESS}:{POOL}", HEAPMARK_WITNESS=str(told),
                                        **more))
    served = witnessed(told)
    told.unlink()
    assert served, "no process had the witness"
    assert {str(Path(file).resolve()) for _, file in served} == {str(POOL)}
    return done, [Path(executable).name for executable, _ in served]


def same(command, tmp_path, clean=lambda text: text, processes=1, code=0):
    """The command does and says the same under both; returns what it wrote to standard output."""
    libc = under_libc(command, tmp_path)
    pool, served = under_pool(command, tmp_path)
    assert libc.returncode == code, libc.stderr
    assert pool.returncode == code, pool.stderr
    assert clean(pool.stdout) == clean(libc.stdout)
    assert clean(pool.stderr) == clean(libc.stderr)
    assert len(served) >= processes
    return pool.stdout


# ---- libc's promises ----

@quick
def test_libcs_promises_are_kept(tmp_path):
    done, _ = under_pool([FIXTURES / "malloc_calls"], tmp_path)
    assert (done.returncode, done.stdout.decode().splitlines()) == (
        0, ['told: <malloc version="heapmark-pool-1">', "0 promises broken"])


@quick
def test_the_promises_are_libcs(tmp_path):
    """The program that asks for them finds them kept by libc, but for what it tells of itself."""
    done = under_libc([FIXTURES / "malloc_calls"], tmp_path)
    broken = re.findall(r"broken: (.*)", done.stdout.decode())
    assert [line for line in broken if "hblk" not in line] == []


@quick
@pytest.mark.parametrize("call", ["free", "realloc", "malloc_usable_size"])
@pytest.mark.parametrize("kind", ["data", "stack", "mapped", "wild", "inside-huge", "far-inside-huge",
                                  "freed-huge", "inside-large", "freed-large"])
def test_a_foreign_pointer_ends_the_process_with_a_line(tmp_path, call, kind):
    done, _ = under_pool([FIXTURES / "foreign_pointer", call, kind], tmp_path)
    assert done.returncode == -6, done
    assert re.fullmatch(rf"pool: {call} of 0x[0-9a-f]+, which is not a live block of this pool\n",
                        done.stderr.decode())


@quick
def test_cpp_new_and_delete_come_to_the_pool(tmp_path):
    (tmp_path / "new.cpp").write_text("""
#include <dlfcn.h>
#include <cstdint>
#include <cstdio>
#include <map>
#include <new>
#include <string>
struct alignas(256) wide { char bytes[256]; };
struct told { std::uint64_t allocated, active, resident, metadata; };
int main() {
    auto stats = reinterpret_cast<bool (*)(told *)>(dlsym(RTLD_DEFAULT, "hm_pool_stats"));
    told before{}, during{}, after{};
    if (stats) stats(&before);
    auto *map = new std::map<int, std::string>;
    for (int key = 0; key < 10000; key++) (*map)[key] = std::string(100, 'x');
    auto *one = new wide; auto *many = new wide[10];
    std::printf("%d\\n", reinterpret_cast<std::uintptr_t>(one) % 256 == 0 &&
                        reinterpret_cast<std::uintptr_t>(many) % 256 == 0);
    if (stats) stats(&during);
    delete map; delete one; delete[] many;
    if (stats) stats(&after);
    if (stats && during.allocated < before.allocated + 1000000) return 3;
    if (stats && after.allocated > before.allocated + 100000) return 4;
    try { volatile std::size_t most = SIZE_MAX / 2; ::operator delete(::operator new(most)); }
    catch (const std::bad_alloc &) { std::puts("bad_alloc"); }
    return stats ? 0 : 5;
}
""")
    subprocess.run(["g++", "-std=c++17", "-O1", "new.cpp", "-o", "new", "-ldl"], cwd=tmp_path,
                   check=True)
    done, _ = under_pool([tmp_path / "new"], tmp_path)
    assert (done.returncode, done.stdout) == (0, b"1\nbad_alloc\n")
    assert under_libc([tmp_path / "new"], tmp_path).returncode == 5


# ---- programs ----

def write_large_source(path, functions):
    """C that keeps a compiler busy: structures, switches, loops, calls, strings."""
    lines = ["#include <stdio.h>", "#include <string.h>"]
    for n in range(functions):
        cases = " ".join(f"case {c}: total += x * {c + n} + record.values[{c % 7}]; break;"
                         for c in range(12))
        lines.append(
            f"struct record{n} {{ int values[8]; char name[{16 + n % 9}]; struct record{n} *next; }};\n"
            f"static long work{n}(int x) {{\n"
            f"  struct record{n} record = {{{{{n}, 2, 3}}, \"name{n}\", 0}}; long total = 0;\n"
            f"  for (int i = 0; i < x % 17; i++) {{ switch ((x + i) % 13) {{ {cases} default: total ^= i; }} }}\n"
            f"  return total + (long)strlen(record.name){f' + work{n - 1}(x - 1)' if n else ''};\n}}")
    lines.append(f"int main(void) {{ printf(\"%ld\\n\", work{functions - 1}(100)); return 0; }}")
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("functions", [pytest.param(150, marks=quick), pytest.param(1500, marks=long)])
def test_gcc_compiles_a_large_file(tmp_path, functions):
    write_large_source(tmp_path / "large.c", functions)
    made = {}
    for name, start in (("libc", under_libc), ("pool", under_pool)):
        command = ["gcc", "-O2", "-g0", "-frandom-seed=1", "large.c", "-o", f"out-{name}"]
        done = start(command, tmp_path)
        if name == "pool":
            done, served = done
            assert {"cc1", "as", "collect2"} <= {re.sub("^.*-linux-gnu-", "", one) for one in served}
        assert (done.returncode, done.stderr) == (0, b"")
        made[name] = (tmp_path / f"out-{name}").read_bytes()
    assert made["pool"] == made["libc"]


@quick
def test_gpp_compiles_templates(tmp_path):
    (tmp_path / "t.cpp").write_text("#include <map>\n#include <regex>\n#include <string>\n"
                                    "std::map<std::string, std::regex> all;\nint main() { "
                                    "return std::regex_match(\"ab\", std::regex(\"a+b\")) ? 0 : 1; }\n")
    same(["g++", "-std=c++17", "-O1", "-S", "-o", "-", "t.cpp"], tmp_path, processes=2)


SQL = """
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, value REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
  INSERT INTO t SELECT i, printf('name-%05d', (i * 7919) % 60000), i * 0.5 FROM n;
CREATE INDEX by_name ON t(name);
DELETE FROM t WHERE id % 3 = 0;
UPDATE t SET name = name || hex(zeroblob(id % 300)) WHERE id % 5 = 0;
SELECT count(*), sum(length(name)), max(name), total(value) FROM t;
SELECT a.id, b.id FROM t a JOIN t b ON a.name = b.name ORDER BY a.name DESC LIMIT 20;
SELECT substr(name, 7, 2) k, count(*), group_concat(id) FROM t GROUP BY k ORDER BY k LIMIT 40;
VACUUM; PRAGMA integrity_check;
"""


@quick
def test_sqlite3(tmp_path):
    assert b"\nok\n" in same(["sqlite3", ":memory:", SQL], tmp_path)


@quick
def test_perl(tmp_path):
    script = (r"my %h; for my $i (1..120000) { my $k = ($i * 7919) % 30011; push @{$h{$k}}, 'x' x ($i % 90); "
              r"delete $h{($i * 31) % 30011} if $i % 3 == 0; } my $t = ''; "
              r"for my $k (sort { $a <=> $b } keys %h) { $t .= $k . ':' . join(',', map { length } @{$h{$k}}) . ';'; } "
              r"$t =~ s/(\d+):(\d*)/$2-$1/g; print length($t), ' ', unpack('%32C*', $t), qq(\n); "
              r"my $pid = fork; if (!$pid) { my @a = map { 'y' x $_ } 1..2000; exit(@a == 2000 ? 0 : 1); } "
              r"waitpid $pid, 0; print $?, qq(\n);")
    assert same(["perl", "-e", script], tmp_path).endswith(b"\n0\n")


@quick
def test_a_shell_pipeline(tmp_path):
    same(["/bin/bash", "-c", "seq 1 200000 | sort -r | awk '{s+=$1; a[$1%977]=a[$1%977] $1} "
          "END {print s; for (k in a) n+=length(a[k]); print n}' | tee out | sha256sum"], tmp_path,
         processes=4)


# ---- CPython ----

def each_python():
    found = [*CPYTHONS, DEBIAN]
    return [path for at, path in enumerate(found)
            if os.path.realpath(path) not in map(os.path.realpath, found[:at])]


THREADS = """
import sys, threading, queue, json, gc, os
work = queue.Queue()
def make(seed):
    for n in range(400):
        work.put(json.dumps({"key%d" % k: list(range((k * seed) % 50)) for k in range(n % 60)}))
    work.put(None)
totals = []
def use():
    total = 0
    while (text := work.get()) is not None:
        total += sum(map(sum, json.loads(text).values()))
    totals.append(total)
threads = [threading.Thread(target=make, args=(s,)) for s in (3, 7)] + \\
          [threading.Thread(target=use) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sum(totals), gc.collect() >= 0)
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        del totals; gc.collect(); os._exit(len([str(n) * 9 for n in range(9999)]) % 256)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@quick
@pytest.mark.parametrize("python", each_python())
def test_python_with_threads_and_forks(tmp_path, python):
    same([python, "-W", "ignore", "-c", THREADS], tmp_path)  # 3.12 warns if a thread is still ending


@quick
@pytest.mark.parametrize("python", each_python())
def test_the_pool_really_serves_pythons_objects(tmp_path, python):
    script = ("import ctypes, sys\nclass told(ctypes.Structure): _fields_ = [(n, ctypes.c_uint64) for n in 'abcd']\n"
              "stats = ctypes.CDLL(None).hm_pool_stats\na, b = told(), told()\nstats(ctypes.byref(a))\n"
              "kept = [bytes(200) + bytes([n % 256]) for n in range(20000)]\nstats(ctypes.byref(b))\n"
              "print(b.a - a.a > 20000 * 200)")
    done, _ = under_pool([python, "-c", script], tmp_path)
    assert done.stdout == b"True\n", done.stderr


def has_tests(python):
    return subprocess.run([python, "-c", "import test.test_json, test.test_dict, test.test_gc"],
                          capture_output=True).returncode == 0


def untimed(text):
    """Without times, loads, seeds and the names of folders that carry a process's number."""
    text = re.sub(rb"Using random seed: \d+", b"", text)
    text = re.sub(rb"0:\d\d:\d\d load avg: [\d.]+ ", b"", text)
    text = re.sub(rb"0:\d\d:\d\d ", b"", text)
    text = re.sub(rb"(Ran \d+ tests? in|Total duration:|Total tests:.*|test_\w+ took) ?[\d. minsec]*", rb"\1", text)
    text = re.sub(rb"(duration: |in |took )[\d.]+ ?(ms|s|sec|min)( \d+ ?(sec|ms))?", rb"\1", text)
    return re.sub(rb"(test_python_|worker_)\w+", rb"\1", text)


@long
@pytest.mark.parametrize("python", each_python())
def test_pythons_own_tests(tmp_path, python):
    if not has_tests(python):
        pytest.skip(f"{python} has no test package (Debian's is libpython3.11-testsuite)")
    same([python, "-m", "test", "test_json", "test_dict", "test_gc"], tmp_path, clean=untimed)


