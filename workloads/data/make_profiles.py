#!/usr/bin/env python3
"""Makes allocation_profiles.def from allocation-profiles.json, both beside this file.

With --check it writes nothing and exits with 1 where the two do not agree.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE / "allocation-profiles.json"
TARGET = HERE / "allocation_profiles.def"

HEAD = """\
/* Made by make_profiles.py from allocation-profiles.json: do not edit. HM_PROGRAM_BEGIN(symbol,
   name, what) opens a program, each HM_PROGRAM_BIN(size_to, lifetimes...) is a range of sizes,
   HM_PROGRAM_END closes it. */
"""


def text_of(programs):
    """The .def as a text."""
    lines = []
    for name, program in programs.items():
        what = program["what"].replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'HM_PROGRAM_BEGIN({name}, "{name.replace("_", "-")}", "{what}")')
        for row in program["histogram"]:
            counts = ", ".join(str(count) for count in row["lifetimes"])
            lines.append(f"HM_PROGRAM_BIN({row['size_to']}, {counts})")
        lines.append("HM_PROGRAM_END")
    return HEAD + "\n".join(lines) + "\n"


def main(arguments):
    """Writes the file, or compares it."""
    text = text_of(json.loads(SOURCE.read_text())["programs"])
    if arguments == ["--check"]:
        same = TARGET.read_text() == text
        if not same:
            print(f"{TARGET.name} is not what {SOURCE.name} gives; run make_profiles.py",
                  file=sys.stderr)
        return 0 if same else 1
    if arguments:
        print("usage: make_profiles.py [--check]", file=sys.stderr)
        return 2
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
