"""This module is data that wants to be more: texts that a browser, a terminal, a shell, a spreadsheet or a
printf would obey, and the runs that carry them in every text they have."""

import json
from pathlib import Path

from synthetic import Recipe, write_run

CANARY = "http://127.0.0.1:9/canary"
SCRIPTS = [
    "<script>document.title='PWNED'</script>",
    "</td></table></style></title><script>document.title='PWNED'</script>",
    "\"><img src=x onerror=\"document.title='PWNED'\">",
    "' onmouseover='document.title=`PWNED`' autofocus onfocus='document.title=`PWNED`' x='",
    "<svg onload=document.title='PWNED'><a xlink:href=\"javascript:document.title='PWNED'\">x</a></svg>",
    f"<iframe src='{CANARY}'></iframe><link rel=stylesheet href='{CANARY}'><img src='{CANARY}'>",
    f"<meta http-equiv=refresh content='0;url={CANARY}'><base href='{CANARY}/'>",
    f"}} body {{ background: url({CANARY}) }} @import '{CANARY}'; x {{",
    "javascript:document.title='PWNED'",
    "{{ 7 * 7 }}{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "]]><script>document.title='PWNED'</script><!--", "--><script>document.title='PWNED'</script>",
]
TERMINAL = ["\x1b]0;PWNED\x07", "\x1b[2J\x1b[31mred", "\x9b31m", "a\rb", "\u202egnp.exe", "\x08\x08\x08"]
FORMATS = ["%s%s%s%n", "%1$999999d", "{0.__class__}", "$(touch PWNED)", "`touch PWNED`", "; touch PWNED #",
           "../../../../tmp/PWNED", "/etc/passwd", "a/../../b", "file:///etc/passwd", "\\\\host\\share",
           "nul\x00byte"]
FORMULAS = ["=cmd|' /C calc'!A0", "+1+cmd|'x'!A0", "-2+3+cmd|'x'!A0", "@SUM(1+1)*cmd|'x'!A0", "\t=1+1",
            "\r=1+1", "=HYPERLINK(\"http://127.0.0.1:9/\",\"x\")"]
TEXTS = [*SCRIPTS, *TERMINAL, *FORMATS, *FORMULAS]
LONG = "A" * 1_000_000

#: Members that choose what is computed, so that a text of another kind ends the reading: they are
#: attacked one by one in test_numbers_and_nesting.
_CHOOSING = {"record", "role", "kind", "linkage", "runtime", "state", "seed", "direction", "kinds", "edge",
             "phase", "settle", "started_at", "finished_at", "optimized", "group", "metrics", "edges",
             "baseline", "threads", "why", "name", "work", "workload", "backend", "collector", "cell", "id",
             "works", "backends", "collectors", "rounds", "environment", "plan", "attribution"}


def spread(value, texts, name=""):
    """`value` with every text that names nothing replaced by the next attack."""
    if isinstance(value, dict):
        return {key: spread(member, texts, key) if key not in _CHOOSING else
                _inside(member, texts) for key, member in value.items()}
    if isinstance(value, list):
        return [spread(member, texts, name) for member in value]
    return next(texts) if isinstance(value, str) else value


def _inside(member, texts):
    """A member that chooses stays; the tables under such a name are gone through."""
    if isinstance(member, dict):
        return spread(member, texts)
    if isinstance(member, list) and member and isinstance(member[0], dict):
        return [spread(one, texts) for one in member]
    return member


def endless(texts):
    while True:
        yield from texts


def hostile_run(folder: Path, texts=TEXTS, label="<script>document.title='PWNED'</script>") -> Path:
    """A run in which everything that is a text is an attack, the label of a back end too."""
    recipe = Recipe(works=1, backends=("pool", "system", "dies"), collectors=("none",), batches=5,
                    repetitions=3, labels={"pool": label},
                    invalid={("dies", "time"): texts[0], ("dies", "memory"): texts[-1]})
    write_run(folder, recipe)
    stream = endless(texts)
    path = folder / "environment.json"
    path.write_text(json.dumps(spread(json.loads(path.read_text()), stream)))
    path = folder / "journal.jsonl"
    lines = [spread(json.loads(line), stream) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "benchmarks.json").write_text(json.dumps({"context": texts, "benchmarks": [
        {"name": text, "run_name": text, "real_time": text} for text in texts]}))
    return folder


def contents(place: Path) -> dict:
    """Every file and link below `place` with what it holds."""
    return {str(path.relative_to(place)): path.readlink() if path.is_symlink() else path.read_bytes()
            for path in sorted(place.rglob("*")) if path.is_symlink() or path.is_file()}
