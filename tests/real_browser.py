"""The machine's own Chromium, started and watched: what its pages ask for, and what it has to say of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Without these a browser started as root refuses to work, or speaks to its maker's servers.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def path_of_browser() -> str:
    """The machine's Chromium; without one the test fails where `CI` is set, and is skipped elsewhere."""
    named = os.environ.get("CHROMIUM", "")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return found
    words = f"no browser: looked for {named or ', '.join(BROWSERS)}; install chromium, or set CHROMIUM to its path"
    if os.environ.get("CI", "").casefold() in ("", "0", "false"):
        pytest.skip(words)
    pytest.fail(words)


@contextmanager
def started_browser() -> Iterator[Any]:
    """The browser, for as long as the block lasts."""
    from playwright.sync_api import sync_playwright

    path = path_of_browser()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield started
        started.close()


def opened(browser: Any, **options: Any) -> Any:
    """A window that reads files only. `asked_for` lists what its pages ask for, `complaints` what the browser says."""
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(10_000)
    page.asked_for, page.complaints = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))

    def refuse(route: Any) -> None:
        page.asked_for.append(route.request.url)
        route.continue_() if route.request.url.startswith("file:") else route.abort()

    page.route("**/*", refuse)
    return page


def show_file(window: Any, address: str, size: tuple[int, int] = (1280, 900), **media: Any) -> Any:
    """Shows a file in a window of a size and with the media asked for; motion is off unless asked for."""
    window.goto("about:blank")
    window.asked_for.clear()
    window.complaints.clear()
    window.set_viewport_size({"width": size[0], "height": size[1]})
    window.emulate_media(**({"media": "screen", "color_scheme": "light", "reduced_motion": "reduce"} | media))
    window.goto(address)
    return window
