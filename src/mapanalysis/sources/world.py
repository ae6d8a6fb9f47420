"""The countries of the world, as the package knows them: codes, names, population, shapes. `data/README.md` says from what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).resolve().parents[1] / "data"


@dataclass(frozen=True)
class World:
    """`countries`: one row per country: code (ISO 3166-1 alpha-2, or XK), alpha_3, name, other_names (joined by "; "),
    is_on_map (it has a shape), population (people), population_year, population_source.
    `shapes`: for each code its rings, arrays of longitude and latitude in degrees; holes run the other way.
    """

    countries: pd.DataFrame
    shapes: dict[str, tuple[np.ndarray, ...]]


@cache
def read_world() -> World:
    """The countries of the world from the package's data; read once."""
    table = pd.read_csv(DATA / "countries.csv", dtype="str", na_filter=False)
    numbers = {
        name: pd.to_numeric(table[name].where(table[name] != "")).astype("Int64")
        for name in ("population", "population_year")
    }
    rings = json.loads((DATA / "shapes.json").read_bytes())
    return World(
        table.assign(is_on_map=table["is_on_map"] == "yes", **numbers),
        {code: tuple(np.array(ring).reshape(-1, 2) for ring in own) for code, own in rings.items()},
    )
