"""This module is how a picture becomes files, so that the same run gives the same bytes.

SVG ids depend on the figure's name and on the order of what is drawn alone (matplotlib's own hold the
address of a clip path in memory), carry its name as a prefix (many SVGs share one page), and there is
no date. Marks with tips get a <title>. `inline_svg` is the same drawing for the
report: its neutral colours are CSS variables, its paper is the page.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree

from ..style import NEUTRALS, printable
from .picture import Picture

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_FONT = re.compile(r"font: (?P<rest>[^;]*?)(?P<size>[\d.]+px) [^;]*|font-family: [^;]*")
_HASH = re.compile(r"(?:[mph]|image|C[0-9a-f]+_[0-9a-f]+_)[0-9a-f]{10}")
_URL = re.compile(r"url\(#([^)]*)\)")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")

ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


def svg_root(picture: Picture, name: str) -> ElementTree.Element:
    """The picture as SVG, its tips in place and its ids prefixed with `name`."""
    buffer = io.StringIO()
    picture.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(buffer.getvalue())
    for parent in root.iter():
        for metadata in parent.findall(f"{{{_SVG}}}metadata"):
            parent.remove(metadata)
    _add_tips(root, picture.tips)
    _prefix_ids(root, name)
    for path in root.iter(f"{{{_SVG}}}path"):
        path.set("d", _LONG_NUMBER.sub(_rounded, path.get("d", "")))
    root.set("role", "img")
    root.set("aria-label", printable(picture.summary))
    return root


def svg_file(root: ElementTree.Element) -> bytes:
    """The SVG as a file of its own."""
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def inline_svg(root: ElementTree.Element) -> str:
    """The SVG for a page that sets --ink, --muted, … and --figure-font."""
    text = ElementTree.tostring(root, encoding="unicode")
    copy = ElementTree.fromstring(text)
    width = float(copy.get("width", "0").removesuffix("pt"))
    copy.set("style", f"width: {width / 72 * 100:.0f}px")
    for attribute in ("width", "height"):
        copy.attrib.pop(attribute, None)
    for element in copy.iter():
        style = element.get("style")
        if style:
            element.set("style", _themed(style))
    return ElementTree.tostring(copy, encoding="unicode")


def png_file(picture: Picture) -> bytes:
    """The picture as PNG, at twice a screen's resolution."""
    buffer = io.BytesIO()
    picture.figure.savefig(buffer, format="png", dpi=160, metadata={"Software": None})
    return buffer.getvalue()


def _add_tips(root: ElementTree.Element, tips: dict[str, str]) -> None:
    for element in root.iter(f"{{{_SVG}}}g"):
        text = tips.get(element.get("id", ""))
        if text is not None:
            title = ElementTree.Element(f"{{{_SVG}}}title")
            title.text = text
            element.insert(0, title)


def _prefix_ids(root: ElementTree.Element, name: str) -> None:
    """Gives every id the prefix `name`; ids that are hashes become numbers in order of appearance."""
    names = {}
    for element in root.iter():
        own = element.get("id")
        if own is not None:
            names[own] = f"{name}-d{len(names)}" if _HASH.fullmatch(own) else f"{name}-{own}"
            element.set("id", names[own])
    for element in root.iter():
        if element.get(_LINK, "").startswith("#"):
            element.set(_LINK, f"#{names[element.get(_LINK)[1:]]}")
        for key, value in element.attrib.items():
            if "url(#" in value:
                element.set(key, _URL.sub(lambda match: f"url(#{names[match[1]]})", value))


def _rounded(match: re.Match) -> str:
    return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")


def _themed(style: str) -> str:
    for name, colour in NEUTRALS.items():
        style = style.replace(colour, f"var(--{name}, {colour})")
    return _FONT.sub(_plain_font, style)


def _plain_font(match: re.Match) -> str:
    family = "font-family: var(--figure-font)"
    if match["size"] is None:
        return family
    words = (match["rest"] or "").split()
    weight = "; font-weight: 700" if "bold" in words or "700" in words else ""
    slant = "; font-style: italic" if "italic" in words else ""
    return f"font-size: {match['size']}{weight}{slant}; {family}"
