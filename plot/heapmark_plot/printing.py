"""This module is text for a terminal, so that names of others are no commands to it."""


def plain(text: str) -> str:
    """`text` on one line, with "?" for control characters and those that turn the direction."""
    return "".join(character if character.isprintable() else "?" for character in
                   " ".join(text.split()))
