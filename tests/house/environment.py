"""Prints environment.yml for users of conda, made from pyproject.toml.

    python tests/house/environment.py > environment.yml

Conda gives Python alone: not all packages are known to it, and two installers for one package get in each other's way.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = "# Made by tests/house/environment.py from pyproject.toml: change that, not this."


def make_environment(pyproject: str) -> str:
    """The text of environment.yml: what the package needs, and what the notebooks in JupyterLab need."""
    project = tomllib.loads(pyproject)["project"]
    required = sorted(project["dependencies"] + project["optional-dependencies"]["lab"])
    lines = [
        HEADER,
        f"name: {project['name']}",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        f"  - python{project['requires-python']}",
        "  - pip",
        "  - pip:",
        *(f"      - {requirement}" for requirement in required),
        "      - -e .",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(make_environment((ROOT / "pyproject.toml").read_text(encoding="utf-8")), end="")
