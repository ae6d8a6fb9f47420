"""Puts this folder on the path of the tests, for the helpers that stand in it (`small_tables`), and starts one browser."""

import pytest
from real_browser import started_browser


@pytest.fixture(scope="session")
def browser():
    """The machine's Chromium: one for all, because a second cannot be driven beside it."""
    with started_browser() as browser:
        yield browser
