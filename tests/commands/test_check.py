"""Tests of `heapmark check`: 0 only where everything is proven, 1 only where a regression is, 4 for all
that cannot be told."""

import pytest
from conftest import command, package, slower

QUIET = {"process_noise": 0.002, "batch_noise": 0.005}


@pytest.fixture
def base(make):
    return make("base", seed=1, **QUIET)


def check(*arguments):
    """The gate's exit code and what it prints; in the package a regression is 10."""
    code, output, errors = package("check", *arguments)
    assert errors == ""
    return {10: 1}.get(code, code), output


def test_the_command_ends_with_the_documented_codes(base, make):
    new = make("new", seed=2, time=slower("pool", 1.2), **QUIET)
    noisy = make("noisy", seed=3, process_noise=0.15)
    for run, code in ((base, 4), (make("same", seed=4, **QUIET), 0), (new, 1), (noisy, 4)):
        arguments = ["--max-regression", "0"] if run == base else []
        done = command("check", base, run, *arguments)
        assert (done.returncode, done.stderr) == (code, "")


def test_equal_runs_pass(base, make):
    code, text = check(base, make("new", seed=2, **QUIET))
    assert code == 0
    assert text.startswith("new against base, at most +5 %\n")
    assert "  ns_per_op: 12 cells below the bound, 0 above, 0 not to be told\n" in text
    assert "  peak_rss_bytes: 12 cells below the bound, 0 above, 0 not to be told\n" in text
    assert text.endswith("Passed: every figure is proven below the bound.\n")


def test_a_regression_is_found_and_named(base, make):
    new = make("new", seed=2, time=slower("pool", 1.2), **QUIET)
    code, text = check(base, new)
    assert code == 1
    assert "  ns_per_op: 8 cells below the bound, 4 above, 0 not to be told\n" in text
    found = text.split("Regressions:\n")[1]
    assert found.count("/backend:pool/") == 4 and "/backend:system/" not in found
    assert "1.2" in found and text.endswith("Regression: 4 figures proven worse than the bound.\n")


def test_the_bound_is_the_one_given(base, make):
    new = make("new", seed=2, time=slower("pool", 1.2), **QUIET)
    assert check(base, new, "--max-regression", "30")[0] == 0
    assert check(base, new, "--max-regression", "10%")[0] == 1
    assert check(base, new, "--max-regression", "20")[0] == 4


def test_an_improvement_passes(base, make):
    assert check(base, make("new", seed=2, time=slower("pool", 0.7), **QUIET))[0] == 0


def test_noise_is_neither_a_pass_nor_a_regression(make):
    noisy = {"process_noise": 0.15, "batch_noise": 0.2}
    code, text = check(make("base", seed=1, **noisy), make("new", seed=2, **noisy))
    assert code == 4
    assert "Not to be told:" in text and "the interval holds the bound" in text
    assert "Unstable: " in text.splitlines()[-1]


def test_a_regression_outweighs_what_cannot_be_told(make):
    noisy = {"process_noise": 0.04}
    runs = make("base", seed=1, **noisy), make("new", seed=2, time=slower("pool", 3), **noisy)
    code, text = check(*runs, "--max-regression", "1")
    assert code == 1 and "Not to be told:" in text


def test_a_cell_that_is_gone_does_not_pass(base, make):
    new = make("new", seed=2, backends=("pool", "system"), **QUIET)
    code, text = check(base, new)
    assert code == 4
    gone = text.split("Not to be told:\n")[1]
    assert gone.count("/backend:tcmalloc/") == 8 and gone.count("is not in the new run") == 8
    assert check(base, new, "--filter", "/backend:(pool|system)/")[0] == 0


def test_a_cell_that_fails_does_not_pass(base, make):
    new = make("new", seed=2, invalid={("pool", "time"): "killed by signal 11"}, **QUIET)
    code, text = check(base, new)
    assert code == 4 and text.count("no value in new") == 4


def test_a_kind_of_sample_that_is_gone_does_not_pass(base, make):
    def without_memory(records):
        return [record for record in records
                if record["kind"] != "memory" or record["backend"] != "pool"]
    code, text = check(base, make("new", seed=2, records=without_memory, **QUIET))
    assert code == 4 and text.count("has no memory sample in the new run") == 4


def test_new_cells_are_nobodys_regression(make):
    base = make("base", seed=1, backends=("pool", "system"), **QUIET)
    assert check(base, make("new", seed=2, **QUIET))[0] == 0


def test_one_memory_sample_cannot_pass(make):
    runs = make("base", memory=1, **QUIET), make("new", memory=1, **QUIET)
    code, text = check(*runs)
    assert code == 4 and text.count("one sample has no interval") == 12
    assert check(*runs, "--metric", "internal_fragmentation_ratio")[0] == 0


def test_memory_is_gated(base, make):
    def larger(records):
        for record in records:
            if record["kind"] == "memory" and record["backend"] == "tcmalloc":
                record["metrics"]["peak_rss_bytes"] = int(record["metrics"]["peak_rss_bytes"] * 1.2)
        return records
    new = make("new", seed=2, records=larger, **QUIET)
    code, text = check(base, new)
    assert code == 1 and text.count("    peak_rss_bytes: ") == 4
    assert check(base, new, "--metric", "ns_per_op")[0] == 0


def test_more_is_better_is_gated_the_other_way(base, make):
    slow, fast = (make(f"new{factor}", seed=2, time=slower("pool", factor), **QUIET)
                  for factor in (1.2, 0.8))
    assert check(base, slow, "--metric", "ops_per_second")[0] == 1
    assert check(base, fast, "--metric", "ops_per_second")[0] == 0


def test_a_contaminated_run_proves_nothing_about_time(base, make):
    new = make("new", seed=2, control_shift=1.3, time=slower("pool", 2), **QUIET)
    code, text = check(base, new)
    assert code == 4 and "contaminated by the A/A control" in text
    assert check(base, new, "--metric", "peak_rss_bytes")[0] == 0


def test_a_zero_bound_wants_proof_of_no_loss(make):
    run = make("run", **QUIET)
    assert check(run, run, "--max-regression", "0", "--metric", "internal_fragmentation_ratio")[0] == 0
    assert check(run, run, "--max-regression", "0")[0] == 4
    assert check(run, make("new", time=slower("pool", 0.5), **QUIET), "--max-regression", "0",
                 "--filter", "/backend:pool/", "--metric", "ns_per_op")[0] == 0


def test_a_package_that_dies_is_no_regression(base, tmp_path):
    """Python ends with 1 where the package has a defect, which must not read as a regression."""
    broken = tmp_path / "package" / "heapmark_plot"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("")
    (broken / "__main__.py").write_text("raise RuntimeError('a defect')\n")
    done = command("check", base, base, HEAPMARK_PLOT=tmp_path / "package")
    assert done.returncode == 6
    assert done.stderr.splitlines()[-1].startswith("heapmark check: the package heapmark_plot failed")
