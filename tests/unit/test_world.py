"""The package's data on the countries of the world, and the projection they are drawn in."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pycountry
import pytest

from mapanalysis.figures.places import project_equal_earth
from mapanalysis.sources.world import DATA, read_world

WORLD = read_world()
EARTH = 6371.0088  # km: the mean radius of the earth (IUGG)


def area_of(code: str) -> float:
    """Square kilometres of a country on the map; a hole counts against the land around it."""
    total = 0.0
    for ring in WORLD.shapes[code]:
        x, y = project_equal_earth(ring[:, 0], ring[:, 1])
        total += (x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2
    return abs(total) * EARTH**2


def test_the_files_are_those_that_the_note_describes():
    stated = dict(re.findall(r"^\| `([\w.]+)` \|.*\| `([0-9a-f]{64})` \|", (DATA / "README.md").read_text("utf-8"), re.MULTILINE))  # fmt: skip
    assert stated == {
        name: hashlib.sha256((DATA / name).read_bytes()).hexdigest()
        for name in ("countries.csv", "shapes.json")
    }


def test_countries_are_those_of_iso_3166_and_kosovo():
    iso = {one.alpha_2: one.alpha_3 for one in pycountry.countries}
    assert dict(zip(WORLD.countries["code"], WORLD.countries["alpha_3"], strict=True)) == iso | {"XK": "XKX"}


def test_no_name_stands_for_two_countries():
    names = (WORLD.countries["name"] + "; " + WORLD.countries["other_names"]).str.casefold().str.split("; ")
    owners: dict[str, set[str]] = {}
    for code, own in zip(WORLD.countries["code"], names, strict=True):
        for name in filter(None, own):
            owners.setdefault(name, set()).add(code)
    assert {name: codes for name, codes in owners.items() if len(codes) > 1} == {}
    assert owners["uk"] == {"GB"}
    assert owners["congo"] == {"CG"}


def test_what_is_on_the_map_has_a_shape_and_nothing_else():
    on_map = WORLD.countries.loc[WORLD.countries["is_on_map"], "code"]
    assert set(on_map) == set(WORLD.shapes)
    assert {"GB", "FR", "NO", "XK", "TW", "CY", "SO"} <= set(on_map)
    assert {"HK", "SG", "MT", "BH", "MU"}.isdisjoint(on_map)


def test_rings_are_closed_and_on_the_globe():
    for code, rings in WORLD.shapes.items():
        for ring in rings:
            assert len(ring) >= 4, code
            assert (ring[0] == ring[-1]).all(), code
            assert (np.abs(ring) <= (180, 90)).all(), code


def test_a_population_has_its_year_and_source_and_none_is_made_up():
    known = WORLD.countries[WORLD.countries["population"].notna()]
    unknown = WORLD.countries[WORLD.countries["population"].isna()]
    years = dict(zip(known["population_source"], known["population_year"], strict=True))
    assert years == {"Natural Earth 5.1": 2019, "World Bank": 2018}
    assert set(unknown["population_source"]) == {""}
    assert unknown["population_year"].isna().all()
    assert {"AQ", "TF", "AX", "GF"} <= set(unknown["code"])


def test_populations_of_the_world_add_up_to_those_of_the_world_bank():
    # World Bank, SP.POP.TOTL: the world held 7.59 billion people in 2018 and 7.7 billion in 2019.
    assert 7.55e9 < WORLD.countries["population"].sum() < 7.75e9


@pytest.mark.parametrize(
    ("code", "known"),
    # Land and inland water in 1,000 km2: United Nations, Demographic Yearbook, table 3.
    [("AU", 7692), ("BR", 8516), ("IN", 3287), ("ZA", 1221), ("KZ", 2725), ("SE", 439), ("GB", 242)],
)
def test_land_has_its_true_area_on_the_map(code, known):
    assert area_of(code) / 1000 == pytest.approx(known, rel=0.06)


def test_the_projection_has_the_published_extent():
    """PROJ's constant for the pole, and half the width of EPSG:8857 over the radius of the sphere of equal area."""
    _, north = project_equal_earth(np.array(0.0), np.array(90.0))
    east, _ = project_equal_earth(np.array(180.0), np.array(0.0))
    assert float(north) == pytest.approx(1.3173627591574, abs=1e-12)
    assert float(east) == pytest.approx(17243959.06 / 6371007.1809, abs=1e-8)


def test_the_projection_keeps_area_everywhere():
    """One degree by one degree has cos(latitude) of the area it has at the equator."""
    for latitude in (0.5, 30.5, 60.5, 80.5):
        d = 1e-4
        x, y = project_equal_earth(
            np.array([50.0, 50 + d, 50.0]), np.array([latitude, latitude, latitude + d])
        )
        area = (x[1] - x[0]) * (y[2] - y[0])
        assert area == pytest.approx(np.radians(d) ** 2 * np.cos(np.radians(latitude)), rel=1e-4)
