"""This module keeps who noticed which mutant, and tells it at the end."""

import pytest

_noticed = {}  # name of the mutant -> {name of the program: how it ended}


@pytest.fixture(scope="session")
def noticed():
    return _noticed


def pytest_terminal_summary(terminalreporter):
    if not _noticed:
        return
    terminalreporter.section("mutants and what notices them")
    for name, by in _noticed.items():
        terminalreporter.line(f"{name}: {'; '.join(f'{program} ({how})' for program, how in by.items()) or 'NOBODY'}")
    most = max(map(len, _noticed.values()))
    terminalreporter.line(f"{len(_noticed)} mutants, {sum(map(bool, _noticed.values()))} noticed"
                          + (f", by up to {most} programs each" if most > 1 else ""))
