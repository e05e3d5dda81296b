"""The account of memory as a run leaves it behind: accounts in the steady phase, Q along the timeline,
size classes, and whether the four agree with each other.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from harness import SANITIZED, call, check_folder  # noqa: E402

BACKENDS = ["system"] if SANITIZED else ["pool", "system"]


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """A cell that leaks cycles at a steady pace, so that Q only grows from batch to batch."""
    folder = tmp_path_factory.mktemp("memory") / "run"
    done = call("run", "--backend", ",".join(BACKENDS), "--collector", "none,generational",
                "--filter", "^cyclic-graph", "--param", "cyclic-graph.nodes=50", "--param",
                "cyclic-graph.live=5000", "--param", "cyclic-graph.garbage=100", "--param",
                "cyclic-graph.break=leave", "--repetitions", "1",
                "--latency-repetitions", "0", "--min-time", "4ms", "--out", folder, timeout=300)
    assert done.returncode == 0, done.stderr
    return [sample for sample in check_folder(folder) if sample["kind"] == "memory"]


def cells(samples, collector):
    found = [sample for sample in samples
             if sample["role"] == "cell" and sample["collector"] == collector]
    assert found
    return found


def looks(sample):
    timeline = sample["timeline"]
    assert len(timeline["at_ns"]) == len(timeline["rss_bytes"]) == len(timeline["requested_bytes"])
    return [(at, requested) for at, requested in zip(timeline["at_ns"], timeline["requested_bytes"])]


def test_a_run_has_twenty_accounts_and_all_that_belongs_to_them(samples):
    for sample in samples:
        assert sample["valid"], sample["reason"]
        assert len(sample["accounts"]) == min(20, sample["batches"])
        assert sample["accounts"][-1]["batch"] == sample["batches"] - 1
        assert sample["attribution"] == "bytes" or sample["backend"] != "system" \
            or sample["attribution"] == "merged"
        assert all(account["huge_page_bytes"] is not None for account in sample["edges"])
        assert sample["size_classes"]


def test_the_requested_bytes_are_known_at_every_look(samples):
    for sample in cells(samples, "none") + cells(samples, "generational"):
        found = looks(sample)
        assert len(found) >= 5
        assert all(requested is not None for _, requested in found)
        # From outside nothing is seen that was not there: Q never passes what is resident.
        for requested, rss in zip(sample["timeline"]["requested_bytes"],
                                  sample["timeline"]["rss_bytes"]):
            assert requested <= rss


def test_a_look_between_two_accounts_sees_what_lies_between_them(samples):
    """Under `none` every graph leaks: Q grows, and at any moment there is at most the graph in hand
    above what the next account finds."""
    seen = 0
    for sample in cells(samples, "none"):
        accounts = sample["accounts"]
        requested = [account["requested_bytes"] for account in accounts]
        assert requested == sorted(requested) and requested[-1] > 2 * requested[0]
        in_hand = 50 * 200
        for before, after in zip(accounts, accounts[1:]):
            for at, found in looks(sample):
                if before["at_ns"] < at < after["at_ns"]:
                    seen += 1
                    assert before["requested_bytes"] <= found <= after["requested_bytes"] + in_hand
    assert seen >= 5


def test_uncollected_bytes_grow_where_nothing_collects_and_stay_bounded_where_something_does(samples):
    for leaking, collected in zip(cells(samples, "none"), cells(samples, "generational")):
        assert leaking["backend"] == collected["backend"]
        grown = [account["uncollected_bytes"] for account in leaking["accounts"]]
        assert all(later > earlier for earlier, later in zip(grown, grown[1:]))
        assert leaking["metrics"]["uncollected_peak_bytes"] == grown[-1]
        assert collected["metrics"]["uncollected_peak_bytes"] < grown[-1] / 2


def test_the_masked_times_are_those_of_the_accounts_and_hold_no_look(samples):
    for sample in samples:
        moments = sorted(account["at_ns"] for account in sample["accounts"] + sample["edges"])
        masked = sample["timeline"]["masked_ns"]
        assert len(masked) == len(moments)
        for (begin, end), moment, later in zip(masked, moments, moments[1:] + [None]):
            assert moment <= begin <= end and (later is None or end <= later)
            assert not any(begin <= at <= end for at in sample["timeline"]["at_ns"])


def test_time_and_latency_samples_have_none_of_it(tmp_path):
    done = call("run", "--backend", "system", "--collector", "none", "--filter", "^short-lived",
                "--repetitions", "1", "--min-time", "1ms", "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    for sample in check_folder(tmp_path / "run"):
        if sample["kind"] != "memory":
            assert not {"edges", "accounts", "size_classes", "attribution"} & set(sample)
