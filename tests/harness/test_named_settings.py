"""Settings of a back end that has a name: from the option to the sample's environment and back."""

import json

import pytest

from harness import SANITIZED, call, check_folder, planned, read_environment, refused

pytestmark = pytest.mark.skipif(SANITIZED, reason="no other allocator can be bound")

SETTING = "HEAPMARK_BUMP_BYTES=1MiB"  # too little for any work: whoever has it fails, and says why
CELL = "batch/backend:{}/linkage:static/collector:none/threads:1/runtime:heapmark"
RUN = ["--profile", "standard", "--collector", "none", "--filter", "^batch/backend:", "--repetitions",
       "1", "--memory-repetitions", "0", "--latency-repetitions", "0", "--precision", "off",
       "--min-time", "1ms", "--progress", "never"]


def sample(label, *arguments):
    done = call("sample", CELL.format(label), "--iterations", "20", "--batches", "2", *arguments)
    return json.loads(done.stdout), done.returncode


def test_a_sample_runs_with_them():
    assert sample("bump")[1] == 0
    record, code = sample("bump", "--backend", f"bump;env={SETTING}")
    assert code == 3 and not record["valid"]
    assert f"--backend 'bump;env={SETTING}'" in record["command"]


def test_a_label_of_its_own_stands_beside_the_plain_one(tmp_path):
    out = tmp_path / "run"
    done = call("run", *RUN, "--backend", "bump", "--backend", f"tight=bump;env={SETTING}", "--out", out)
    assert done.returncode == 3, done.stderr
    own = [entry for entry in check_folder(out) if entry["role"] == "cell"]
    assert {entry["backend"]: entry["valid"] for entry in own} == {"bump": True, "tight": False}
    assert all(("--backend" in entry["command"]) == (entry["backend"] == "tight") for entry in own)
    assert read_environment(out)["options"]["backends"] == ["bump", f"tight=bump;env={SETTING}"]


def test_the_pool_s_own_settings_reach_it():
    cell = "churn/live:1000/backend:{}/linkage:so/collector:none/threads:1/runtime:heapmark"
    wrong = "pool;env=HEAPMARK_POOL_RETAIN=sometimes"
    done = call("sample", cell.format("pool"), "--backend", wrong, "--iterations", "10")
    assert "HEAPMARK_POOL_RETAIN" in done.stdout + done.stderr
    eager = call("sample", cell.format("eager"), "--backend", "eager=pool;env=HEAPMARK_POOL_RETAIN=0",
                 "--iterations", "100", "--batches", "2")
    assert eager.returncode == 0, eager.stderr
    assert "libheapmark_pool.so" in json.loads(eager.stdout)["origin"]


def test_the_plan_is_the_same_for_the_same_settings():
    spec = f"tight=bump;env={SETTING}"
    ids = planned(*RUN, "--backend", spec)
    assert ids == planned(*RUN, "--backend", spec)
    assert any("/backend:tight/linkage:static/" in entry for entry in ids)


@pytest.mark.parametrize("specs, words", [
    (["pool;env=X"], ["env=X has no value"]),
    (["pool;prefix=je_"], ["prefix= is for so: only"]),
    (["mimalloc=pool"], ["the name of a back end"]),
    (["pool", "pool;env=A=1"], ["two back ends are called pool", "LABEL=SPEC"]),
])
def test_what_cannot_be_is_refused_in_one_line(specs, words):
    given = [part for spec in specs for part in ("--backend", spec)]
    refused(call("run", *RUN, *given, "--dry-run"), *words)
