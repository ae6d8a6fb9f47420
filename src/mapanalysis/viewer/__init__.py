"""The map on screen: one HTML file, and the same map as a widget in JupyterLab."""

from typing import Any

__all__ = ["EvidenceMap"]


def __getattr__(name: str) -> Any:
    """`EvidenceMap`, imported when it is asked for: a run of the notebooks shows no widget and need not wait for it."""
    if name == "EvidenceMap":
        from mapanalysis.viewer.widget import EvidenceMap

        return EvidenceMap
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
