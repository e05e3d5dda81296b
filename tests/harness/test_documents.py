"""Tests that the man page and the completion say what the command says."""

import json
import re
import shutil
import subprocess

import pytest

from harness import COMMAND, ROOT, SUBCOMMANDS, call, environment


def options_of(command):
    text = call(command, "--help").stdout
    return set(re.findall(r"^ +(?:-\w, )?(--[a-z][a-z-]*)", text, re.MULTILINE))


def manual():
    return (ROOT / "docs" / "heapmark.1").read_text().replace("\\-", "-")


@pytest.mark.parametrize("command", SUBCOMMANDS)
def test_the_manual_has_every_option(command):
    text = manual()
    assert f".B heapmark {command}" in text
    sections = dict(re.findall(r'\.SS "heapmark (\w+)"\n(.*?)(?=\n\.S[SH])', text, re.DOTALL))
    described = set(re.findall(r"^\.BR? (--[a-z-]+)", sections.get(command, ""), re.MULTILINE))
    assert described == options_of(command) - {"--help", "--usage", "--version"}


def test_the_manual_can_be_set():
    if not shutil.which("man"):
        pytest.skip("there is no man here")
    done = subprocess.run(["man", "--warnings", "-l", str(ROOT / "docs" / "heapmark.1")],
                          capture_output=True, text=True, env=environment(MANPAGER="cat"))
    assert done.returncode == 0 and done.stderr == "" and "heapmark run" in done.stdout


def complete(*words):
    """What bash offers for the last word."""
    script = f"""
source {ROOT}/bench/completion.bash
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_heapmark
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", script, "bash", COMMAND, *words], capture_output=True,
                          text=True, check=True, env=environment(), timeout=60)
    assert done.stderr == ""
    return done.stdout.split()


def test_completion_of_commands_and_options():
    assert complete("r") == ["run", "report"]
    assert set(complete("run", "--")) >= options_of("run")
    assert complete("run", "--dry") == ["--dry-run"]


def test_completion_of_names():
    def names(topic):
        return [entry["name"] for entry in json.loads(
            call("list", topic, "--format", "json").stdout)[topic]]

    assert complete("run", "--profile", "") == names("profiles")
    assert complete("run", "--backend", "") == names("backends")
    assert complete("run", "--collector", "=", "gen") == ["generational"]
    assert complete("explain", "peak") == ["peak_rss_bytes"]
    assert complete("list", "b") == ["backends"]
    assert complete("list", "ref") == ["references"]
    assert names("references")[0] in complete("run", "--reference", "")


#: What no list can offer: numbers, expressions, and texts made of names.
FREE = {"N", "N1,N2", "NS", "HEX", "DIGEST", "SECONDS", "TIME", "SIZE", "PERCENT", "PCT", "REGEX",
        "INDEX/COUNT", "NAME=VALUE", "WORKLOAD.NAME=V1,V2"}


def values_of(command):
    """The options that take a value, with the word that --help has for it."""
    text = call(command, "--help").stdout
    return re.findall(r"^ +(?:-\w, )?(--[a-z][a-z-]*)=(\S+)", text, re.MULTILINE)


@pytest.mark.parametrize("command", SUBCOMMANDS)
def test_completion_of_every_value(command, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for option, word in values_of(command):
        offered = complete(command, option, "")
        if "|" in word:
            assert offered == word.split("|"), (command, option)
        elif word in ("DIR", "BASE"):
            assert complete(command, option, f"{tmp_path}/") == [f"{tmp_path}/folder"], option
        elif word == "FILE":
            assert f"{tmp_path}/file" in complete(command, option, f"{tmp_path}/"), option
        else:
            assert offered or word in FREE, (command, option)
