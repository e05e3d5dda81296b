"""This module is the way from a timeline's folder to its figure: timeline.json is read and held
against results/schema.json, drawn, and timeline.svg and timeline.png are put beside it, each whole
or not at all."""

from __future__ import annotations

import json
from pathlib import Path

from .errors import InputError, OutputError
from .files import read_text, write_whole
from .figures import render, timeline
from .schema import problem, validator
from .style import context

NAME = "timeline"


def load_timeline(folder) -> dict:
    """The timeline in `folder`, as the schema says it is."""
    path = Path(folder) / f"{NAME}.json"
    try:
        document = json.loads(read_text(path))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; is {folder} a timeline's folder?") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    fault = problem(validator("timeline_document"), document)
    if fault:
        raise InputError(f"{path}: {fault}")
    return document


def write_figure(folder) -> None:
    """Draws the timeline in `folder` into it."""
    document = load_timeline(folder)
    with context(NAME):
        picture = timeline.draw(document)
        files = {f"{NAME}.svg": render.svg_file(render.svg_root(picture, NAME)),
                 f"{NAME}.png": render.png_file(picture)}
    try:
        for name, content in files.items():
            write_whole(Path(folder) / name, content)
    except OSError as error:
        raise OutputError(f"{error.filename or folder}: cannot be written: {error.strerror}") \
            from None
