"""The map on screen in a real browser: maps as payloads, written as pages and opened from disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from gap_rules import PEER_RULES, SMALL_RULES
from real_browser import opened, show_file
from small_map import copy_map

from mapanalysis.evidence import Evidence, load_evidence
from mapanalysis.viewer.page import render_map
from mapanalysis.viewer.payload import View, build_payload

ROOT = Path(__file__).resolve().parents[2]
PEER_VIEW = View(
    row="function",
    column="outcome",
    segment="design",
    need="need",
    country="country",
    quality="stated_quality",
)
SMALL_VIEW = View(
    row="activity", column="effect", segment="kind", need="gardener", country="nation", quality="certainty"
)


@pytest.fixture(scope="session")
def peer_support() -> Evidence:
    """The evidence of the map that this repository holds."""
    return load_evidence(ROOT)


@pytest.fixture(scope="session")
def small_evidence(tmp_path_factory) -> Evidence:
    """The evidence of the small map of the tests."""
    return load_evidence(copy_map(tmp_path_factory.mktemp("maps") / "small"))


@pytest.fixture(scope="session")
def peer_payload(peer_support):
    """The payload of the peer support map. Copy it before changing it."""
    return build_payload(peer_support, PEER_VIEW, PEER_RULES, "2026-11", "2026-11-23")


@pytest.fixture(scope="session")
def small_payload(small_evidence):
    """The payload of the small map: three levels, findings, every awkward study. Copy it before changing it."""
    return build_payload(small_evidence, SMALL_VIEW, SMALL_RULES, "small", "2026-01-31")


@pytest.fixture(scope="session")
def pages(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def write_page(pages):
    """Gives the address of a payload's page; a page is written once."""

    def write(payload) -> str:
        html = render_map(payload).encode("utf-8")
        path = pages / f"{hashlib.sha256(html).hexdigest()[:16]}.html"
        if not path.exists():
            path.write_bytes(html)
        return path.as_uri()

    return write


@pytest.fixture(scope="session")
def window(browser):
    """One window for all tests: opening another takes longer than most tests."""
    return opened(browser)


@pytest.fixture
def open_map(window, write_page):
    """Opens a payload's map and gives the window once the map is drawn.

    `hash` is the state in the address, as "style=heat"; `size` and `media` as in `real_browser.show_file`. `asked_for`
    of the window lists what the page asked for, `complaints` what the browser said.
    """

    def show(payload, hash="", size=(1280, 900), **media):
        address = write_page(payload) + (f"#{hash}" if hash else "")
        show_file(window, address, size, **media)
        window.wait_for_selector("#map .ma-main")
        return window

    return show


@pytest.fixture
def without_javascript(browser):
    """A window in which no script runs."""
    page = opened(browser, java_script_enabled=False, viewport={"width": 1280, "height": 900})
    yield page
    page.context.close()
