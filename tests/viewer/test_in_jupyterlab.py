"""The widget in a real JupyterLab: shown below its cell, used there, and read from Python in the next cell."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

import nbformat
import pytest
from small_map import copy_map, studies_with

JUPYTER = Path(sys.executable).with_name("jupyter-lab")
TOKEN = "for-this-test"
CELLS = (
    "from mapanalysis.viewer import EvidenceMap\nevidence_map = EvidenceMap()\nevidence_map",
    "print('selected:', *sorted(evidence_map.selected['study_id']))",
)
SETTINGS = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")


@pytest.fixture
def notebook(tmp_path) -> Path:
    """A notebook in the small map."""
    path = copy_map(tmp_path / "small") / "explore.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


@pytest.fixture
def server(notebook, tmp_path):
    """The address of a JupyterLab that knows nothing of the user's settings and asks nobody for news."""
    if not JUPYTER.exists():
        pytest.skip("JupyterLab is not installed")
    folders = {f"JUPYTER_{name}": str(tmp_path / name) for name in SETTINGS}
    folders |= {f"JUPYTERLAB_{name}": str(tmp_path / name) for name in ("SETTINGS_DIR", "WORKSPACES_DIR")}
    silent = tmp_path / "CONFIG_DIR" / "labconfig" / "page_config.json"
    silent.parent.mkdir(parents=True)
    silent.write_text(
        json.dumps({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}})
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "ip": "127.0.0.1",
        "port": port,
        "port_retries": 0,
        "token": TOKEN,
        "root_dir": notebook.parent,
    }
    command = [JUPYTER, "--no-browser", "--allow-root", *(f"--ServerApp.{k}={v}" for k, v in options.items())]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=notebook.parent, env=os.environ | folders, stdout=log, stderr=log
        )
    try:
        wait_for_server(f"http://127.0.0.1:{port}/api?token={TOKEN}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for_server(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "JupyterLab has ended"
        try:
            urllib.request.urlopen(address).close()
            return
        except URLError:
            time.sleep(0.05)
    pytest.fail("JupyterLab does not answer")


@pytest.fixture
def lab(browser, server):
    """JupyterLab with the notebook open and its kernel ready."""
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{server}/lab/tree/explore.ipynb?token={TOKEN}&reset")
    page.get_by_text("| Idle").wait_for()
    yield page
    page.context.close()


def run_cell(page, number: int, shown: str):
    """Runs a cell and gives its output, once `shown` is in it."""
    cell = page.locator(".jp-CodeCell").nth(number)
    cell.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    cell.locator(f".jp-OutputArea-output {shown}").first.wait_for()
    return cell.locator(".jp-OutputArea").first


def test_the_map_is_shown_used_by_keys_and_read_from_python(lab):
    output = run_cell(lab, 0, ".ma-status")
    assert "13 studies" in output.locator(".ma-status").inner_text()
    # Without a word from the widget, these keys would delete the cell, and add others.
    output.get_by_role("button", name="How to use").focus()
    for key in ("d", "d", "a", "b", "x", "ArrowDown"):
        lab.keyboard.press(key)
    assert lab.locator(".jp-CodeCell").count() == 2
    assert lab.evaluate("document.activeElement.textContent") == "How to use"
    output.locator("button.ma-legend-segment", has_text="Review").click()
    output.locator(".ma-right").wait_for()
    _, *selected = run_cell(lab, 1, "pre").inner_text().split()
    assert set(selected) == studies_with("kind", "synthesis", "narrative", "pooled")
