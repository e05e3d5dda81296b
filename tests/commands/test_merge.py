"""Tests of `heapmark merge` with shards that were really run, changed where a fault is wanted."""

import json
import shutil

import pytest
from conftest import command, contents, package
from harness import call, check_folder, planned, read_environment, read_journal, refused

RUN = ["--backend", "system,bump", "--collector", "none", "--filter",
       "^(short-lived|growing-dict|streaming-generator)", "--param", "growing-dict.entries=200",
       "--param", "streaming-generator.items=20", "--repetitions", "2", "--min-time", "1ms",
       "--progress", "never"]
COUNT = 3


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The three shards of one plan."""
    folder = tmp_path_factory.mktemp("shards")
    shards = [folder / f"shard{index}" for index in range(1, COUNT + 1)]
    for index, shard in enumerate(shards, start=1):
        done = call("run", *RUN, "--shard", f"{index}/{COUNT}", "--out", shard, timeout=300)
        assert done.returncode == 0, done.stderr
    return shards


@pytest.fixture
def shards(measured, tmp_path):
    """Copies that a test may change."""
    return [shutil.copytree(shard, tmp_path / shard.name) for shard in measured]


def edit(folder, change):
    """Changes environment.json by a function of it."""
    described = read_environment(folder)
    change(described)
    (folder / "environment.json").write_text(json.dumps(described))


def edit_records(folder, change):
    records = change(read_journal(folder))
    (folder / "journal.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))


def refuses(arguments, *words):
    """Refused in one line, nothing written, nothing left beside OUT."""
    before = contents(arguments[-1])
    refused(command("merge", *arguments), *words)
    assert contents(arguments[-1]) == before
    assert not list(arguments[-1].parent.glob("*.merge-*"))


def package_refuses(arguments, *words):
    """The package refuses in one line and leaves the folder that it was to fill empty; the command,
    which makes that folder beside OUT and gives it its name, is asked by the other tests."""
    out, *shards = arguments
    before = contents(out)
    out.mkdir()
    code, output, errors = package("merge", "--name", out.name, out, *shards)
    assert (code, output) == (2, "") and errors.count("\n") == 1, (code, errors)
    assert all(word in errors for word in words), errors
    assert not list(out.iterdir())
    out.rmdir()
    assert contents(out) == before


def test_the_joined_shards_are_the_unsharded_plan(measured, tmp_path):
    out = tmp_path / "whole"
    done = command("merge", out, measured[2], measured[0], measured[1])
    assert (done.returncode, done.stderr) == (0, "")
    samples = read_journal(out)
    assert done.stdout == f"whole: 3 shards, {len(samples)} samples\n"
    assert sorted(path.name for path in out.iterdir()) == [
        "benchmarks.json", "environment.json", "journal.jsonl"]
    check_folder(out)
    assert sorted(sample["id"] for sample in samples) == planned(*RUN)
    assert [sample["sequence"] for sample in samples] == list(range(len(samples)))
    described = read_environment(out)
    assert described["state"] == "finished" and described["plan"]["samples"] == len(samples)
    assert described["run"] == "whole" and described["options"]["shard"] is None
    by_id = {sample["id"]: sample for shard in measured for sample in read_journal(shard)}
    for sample in samples:
        assert sample == {**by_id[sample["id"]], "sequence": sample["sequence"]}


def test_its_plan_is_the_one_an_unsharded_run_writes(measured, tmp_path):
    """Same order of samples, same padding, same works as a run that was never split."""
    out, plain = tmp_path / "joined", tmp_path / "plain"
    assert command("merge", out, *measured).returncode == 0
    assert call("run", *RUN, "--out", plain, timeout=300).returncode == 0
    ran = sorted(read_journal(plain), key=lambda sample: sample["sequence"])
    same = ("id", "sequence", "padding_bytes", "seed", "cell", "kind", "role", "repetition")
    assert [[sample[name] for name in same] for sample in read_journal(out)] == \
        [[sample[name] for name in same] for sample in ran]
    ours, theirs = (read_environment(folder) for folder in (out, plain))
    assert [work["work"] for work in ours["plan"]["works"]] == \
        [work["work"] for work in theirs["plan"]["works"]]
    assert [work["checksums"] for work in ours["plan"]["works"] if work["work"] != "empty"] != []
    assert set(ours) == set(theirs) and set(ours["plan"]) == set(theirs["plan"])
    assert ours["options"] == theirs["options"]


def test_the_report_takes_it_for_a_run(measured, tmp_path):
    out = tmp_path / "whole"
    assert command("merge", out, *measured).returncode == 0
    assert command("report", out, timeout=300).returncode == 0
    assert (out / "report.html").stat().st_size > 10000
    assert command("compare", out, "--by", "backend", "--metric", "ns_per_op").returncode == 0


def test_an_empty_folder_is_taken_and_a_slash_at_its_end(measured, tmp_path):
    (tmp_path / "empty").mkdir()
    assert command("merge", f"{tmp_path}/empty/", *measured).returncode == 0
    check_folder(tmp_path / "empty")


def test_a_missing_shard_is_said(measured, tmp_path):
    done = command("merge", tmp_path / "part", measured[0], measured[2])
    assert done.returncode == 3 and done.stderr == ""
    assert "missing: shard 2/3" in done.stdout
    samples = check_folder(tmp_path / "part", state="interrupted")
    assert len(samples) < read_environment(tmp_path / "part")["plan"]["samples"]
    assert command("merge", tmp_path / "one", measured[1]).returncode == 3


def test_missing_samples_are_said_and_resumed(shards, tmp_path):
    lost = []

    def without_two(records):
        lost.extend(record["id"] for record in records[-2:])
        return records[:-2]
    edit_records(shards[0], without_two)
    edit(shards[0], lambda described: described.update(state="interrupted"))
    done = command("merge", tmp_path / "part", *shards)
    assert done.returncode == 3 and "missing: 2 samples of shard 1/3" in done.stdout
    samples = check_folder(tmp_path / "part", state="interrupted")
    assert not {sample["id"] for sample in samples} & set(lost)
    done = call("run", "--resume", "--out", tmp_path / "part", timeout=300)
    assert done.returncode == 0, done.stderr
    samples = check_folder(tmp_path / "part")
    assert sorted(sample["id"] for sample in samples) == planned(*RUN)


def test_rounds_are_numbered_anew_and_joined(shards, tmp_path):
    """Adaptive rounds have the same sequence numbers in each shard."""
    added = {}
    for index, shard in enumerate(shards):
        first = read_environment(shard)["plan"]["shard"]["samples"]
        cells = []

        def with_a_round(records):
            news = [json.loads(json.dumps(record)) for record in records
                    if record["role"] == "cell" and record["kind"] == "time" and
                    record["repetition"] == 1]
            for place, record in enumerate(news):
                record.update(repetition=2, sequence=first + place,
                              id=record["id"].replace("#time#1", "#time#2"))
                cells.append(record["cell"])
            added[index] = [record["id"] for record in news]
            return records + news
        edit_records(shard, with_a_round)
        edit(shard, lambda described: described["plan"].update(
            rounds=[cells] if cells else [], samples=described["plan"]["samples"] + len(cells)))
    assert command("merge", tmp_path / "whole", *shards).returncode == 0
    samples = check_folder(tmp_path / "whole")
    expected = [name for index in sorted(added) for name in added[index]]
    assert len(expected) >= 6
    assert [sample["id"] for sample in samples if sample["repetition"] == 2] == expected
    assert [sample["sequence"] for sample in samples] == list(range(len(samples)))
    (joined,) = read_environment(tmp_path / "whole")["plan"]["rounds"]
    assert [f"{cell}#time#2" for cell in joined] == expected


def test_what_is_given_twice_is_refused(measured, shards, tmp_path):
    refuses([tmp_path / "out", shards[0], shards[0]], "shard 1/3 is given twice")
    refuses([tmp_path / "out", *shards, measured[1]], "shard 2/3 is given twice")


@pytest.mark.parametrize("what, change", [
    ("heapmark", lambda d: d.update(heapmark="9.9.9")),
    ("git_commit", lambda d: d.update(git_commit="0" * 40)),
    ("build", lambda d: d["build"].update(compiler="clang 14")),
    ("seed", lambda d: d.update(seed="0x2")),
    ("options.freelists", lambda d: d["options"].update(freelists=True)),
    ("options.repetitions", lambda d: d["options"].update(repetitions=7)),
    ("plan.shard.count", lambda d: d["plan"]["shard"].update(count=4)),
    ("plan.shard.samples", lambda d: d["plan"]["shard"].update(samples=999)),
    ("back end system's version", lambda d: next(
        entry for entry in d["backends"] if entry["name"] == "system").update(version="glibc 9"))])
def test_mixtures_are_refused_with_what_differs(shards, tmp_path, what, change):
    edit(shards[1], change)
    package_refuses([tmp_path / "out", *shards], "are not shards of one run", f"{what} differs")
    package_refuses([tmp_path / "out", "--different-machines", *shards], f"{what} differs")


def test_machines_are_mixed_only_when_told(shards, tmp_path):
    edit(shards[1], lambda described: described["machine"].update(cpu_model="Imaginary 9001"))
    refuses([tmp_path / "out", *shards], "machine.cpu_model differs", "Imaginary 9001",
            "--different-machines")
    done = command("merge", tmp_path / "out", "--different-machines", *shards)
    assert done.returncode == 0
    check_folder(tmp_path / "out")


def test_two_checksums_of_a_work_are_refused(shards, tmp_path):
    def changed(records):
        chosen = next(record for record in records if record["valid"] and record["role"] == "cell")
        chosen["checksum"] = "0x1"
        return records
    edit_records(shards[0], changed)
    refuses([tmp_path / "out", *shards], "has the checksum 0x1, its work has 0x")


def test_a_sample_or_a_work_in_two_shards_is_refused(shards, tmp_path):
    stolen = next(record for record in read_journal(shards[1]) if record["role"] == "cell")
    edit_records(shards[0], lambda records: records + [stolen])
    refuses([tmp_path / "out", *shards], "is of a work of another shard")
    work = read_environment(shards[1])["plan"]["works"][0]
    edit(shards[0], lambda described: described["plan"]["works"].append(work))
    refuses([tmp_path / "out", *shards], f"work {work['work']} is in")


def test_what_is_no_shard_is_refused(shards, tmp_path):
    edit(shards[0], lambda described: described["plan"].update(shard=None))
    refuses([tmp_path / "out", *shards], "is no shard: it was run without --shard")
    edit(shards[0], lambda described: described["plan"].update(shard={"index": 5, "count": 3}))
    refuses([tmp_path / "out", *shards], "plan.shard is not what docs/results.md says")
    refuses([tmp_path / "out", tmp_path / "nothing", shards[1]], "No such file or directory")


@pytest.mark.parametrize("content", ["{", "[]", "", '{"record": "sample"}\n'])
def test_hostile_journals_are_refused(shards, tmp_path, content):
    (shards[2] / "journal.jsonl").write_text(content if content.endswith("\n") else content + "\n")
    package_refuses([tmp_path / "out", *shards], "shard3")


def test_out_must_be_new(shards, tmp_path):
    (tmp_path / "file").write_text("text")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for out, words in ((shards[0], "is no empty folder"), (tmp_path / "file", "is no empty folder"),
                       (tmp_path / "link", "is no empty folder"), (".", "has no name of its own"),
                       (tmp_path / "gone" / "out", "cannot be made: No such file or directory")):
        refuses([out, *shards], words)
    refused(command("merge", tmp_path / "out"), "which runs?")
