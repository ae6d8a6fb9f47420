"""Makes the package's data on the countries of the world, once; src/mapanalysis/data/README.md says from what.

    python docs/world.py geopandas-0.14.4-py3-none-any.whl src/mapanalysis/data

Writes `countries.csv` and `shapes.json` and prints their SHA-256. Same inputs, same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import struct
import sys
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pycountry

FOLDER = "geopandas/datasets/naturalearth_lowres/naturalearth_lowres"
SOURCE_SHA256 = {
    ".shp": "1f689e60b357e1e98702d5d9f774e95e77fc6b324487cadf57eb9317d533ce12",
    ".dbf": "5cfbcaa21ce5fad798abf2ec65ab0db59538f9bb8a37273ef62b6aa8121487fd",
}
DECIMALS = 1  # of a degree: 11 km, a tenth of a point on a map as wide as an A4 page
FEWEST_POINTS = 4  # of a ring, the last being the first again: fewer hold no land
NATURAL_EARTH, WORLD_BANK = "Natural Earth 5.1", "World Bank"
YEAR_OF = {NATURAL_EARTH: 2019, WORLD_BANK: 2018}

# Shapes whose code is none of ISO 3166-1. ISO 3166-2 lists the land of the first two under the countries named.
# Kosovo has no code; XK is the one that ISO leaves to users, and that the European Union and the World Bank take.
CODE_BY_NAME = {"N. Cyprus": "CY", "Somaliland": "SO", "Kosovo": "XK"}
# The figure of Cyprus is for the whole island; that of Somalia is without Somaliland, whose own is added.
POPULATION_LEFT_OUT = {"N. Cyprus"}
NO_RESIDENTS = {"AQ", "TF"}
# Total population in 2018 (World Development Indicators, SP.POP.TOTL) of places that have no shape.
POPULATION_2018 = {
    "ABW": 105845, "AND": 77006, "ASM": 55465, "ATG": 96286, "BHR": 1569439, "BMU": 63973, "BRB": 286641,
    "COM": 832322, "CPV": 543767, "CUW": 159800, "CYM": 64174, "DMA": 71625, "FRO": 48497, "FSM": 112640,
    "GIB": 33718, "GRD": 111454, "GUM": 165768, "HKG": 7451000, "IMN": 84077, "KIR": 115847, "KNA": 52441,
    "LCA": 181889, "LIE": 37910, "MAC": 631636, "MAF": 37264, "MCO": 38682, "MDV": 515696, "MHL": 58413,
    "MLT": 484630, "MNP": 56882, "MUS": 1265303, "NRU": 12704, "PLW": 17907, "PYF": 277679, "SGP": 5638676,
    "SMR": 33785, "STP": 211028, "SXM": 40654, "SYC": 96762, "TCA": 37665, "TON": 103197, "TUV": 11508,
    "VCT": 110210, "VGB": 29802, "VIR": 106977, "WSM": 196130,
}  # fmt: skip
MORE_NAMES = {"GB": ["UK", "Great Britain"], "US": ["USA"], "AE": ["UAE"], "TR": ["Turkey"]}

Ring = list[tuple[float, float]]


def main(wheel: str, folder: str) -> None:
    parts = read_source(Path(wheel))
    shapes: dict[str, list[list[float]]] = {}
    names: dict[str, list[str]] = {}
    population: dict[str, int] = {}
    for row, rings in zip(read_rows(parts[".dbf"]), read_rings(parts[".shp"]), strict=True):
        code = code_of(row)
        flat = [flatten(ring) for ring in rings]
        shapes.setdefault(code, []).extend(ring for ring in flat if len(ring) >= 2 * FEWEST_POINTS)
        if row["name"] not in CODE_BY_NAME:
            names.setdefault(code, []).append(row["name"])
        if row["name"] not in POPULATION_LEFT_OUT:
            population[code] = population.get(code, 0) + round(float(row["pop_est"]))
    lines = [
        json.dumps(code) + ":" + json.dumps(shapes[code], separators=(",", ":")) for code in sorted(shapes)
    ]
    write(Path(folder, "shapes.json"), "{\n" + ",\n".join(lines) + "\n}\n")
    write(Path(folder, "countries.csv"), list_countries(set(shapes), names, population))


def read_source(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        parts = {suffix: archive.read(FOLDER + suffix) for suffix in SOURCE_SHA256}
    for suffix, data in parts.items():
        assert hashlib.sha256(data).hexdigest() == SOURCE_SHA256[suffix], f"another {suffix} than stated here"
    return parts


def read_rows(data: bytes) -> Iterator[dict[str, str]]:
    """The records of a dBASE table as text."""
    n_rows, header, width = struct.unpack("<IHH", data[4:12])
    fields = [
        (data[at : at + 11].split(b"\0")[0].decode("ascii"), data[at + 16])
        for at in range(32, header - 1, 32)
    ]
    for number in range(n_rows):
        at = header + number * width + 1  # after the mark of deletion
        row = {}
        for name, size in fields:
            row[name] = data[at : at + size].decode("latin-1").strip()
            at += size
        yield row


def read_rings(data: bytes) -> Iterator[list[Ring]]:
    """The rings of each polygon of a shapefile: outer ones clockwise, holes the other way."""
    at = 100
    while at < len(data):
        (length,) = struct.unpack(">4xI", data[at : at + 8])
        record = data[at + 8 : at + 8 + 2 * length]
        n_rings, n_points = struct.unpack("<ii", record[36:44])
        ends = [*struct.unpack(f"<{n_rings}i", record[44 : 44 + 4 * n_rings]), n_points]
        numbers = struct.unpack(
            f"<{2 * n_points}d", record[44 + 4 * n_rings : 44 + 4 * n_rings + 16 * n_points]
        )
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        yield [points[start:stop] for start, stop in pairwise(ends)]
        at += 8 + 2 * length


def code_of(row: dict[str, str]) -> str:
    """The alpha-2 code of a shape."""
    if row["name"] in CODE_BY_NAME:
        return CODE_BY_NAME[row["name"]]
    return str(pycountry.countries.get(alpha_3=row["iso_a3"]).alpha_2)


def flatten(ring: Ring) -> list[float]:
    """longitude, latitude, longitude … of the points that are still apart when rounded."""
    kept: Ring = []
    for x, y in ring:
        point = (round(x, DECIMALS) + 0.0, round(y, DECIMALS) + 0.0)  # + 0.0: no minus before a zero
        if not kept or point != kept[-1]:
            kept.append(point)
    return [number for point in kept for number in point]


def list_countries(on_map: set[str], names: dict[str, list[str]], population: dict[str, int]) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(
        [
            "code",
            "alpha_3",
            "name",
            "other_names",
            "is_on_map",
            "population",
            "population_year",
            "population_source",
        ]
    )
    entries = [
        (
            one.alpha_2,
            one.alpha_3,
            [getattr(one, "common_name", one.name), one.name, getattr(one, "official_name", "")],
        )
        for one in pycountry.countries
    ]
    for code, alpha_3, own in sorted([*entries, ("XK", "XKX", ["Kosovo"])]):
        every = dict.fromkeys(filter(None, [*own, *names.get(code, []), *MORE_NAMES.get(code, [])]))
        first, *others = every
        n = "" if code in NO_RESIDENTS else population.get(code, POPULATION_2018.get(alpha_3, ""))
        source = "" if n == "" else NATURAL_EARTH if code in population else WORLD_BANK
        flag = "yes" if code in on_map else "no"
        writer.writerow([code, alpha_3, first, "; ".join(others), flag, n, YEAR_OF.get(source, ""), source])
    return table.getvalue()


def write(path: Path, text: str) -> None:
    data = text.encode("utf-8")
    path.write_bytes(data)
    print(hashlib.sha256(data).hexdigest(), len(data), path.name)


if __name__ == "__main__":
    main(*sys.argv[1:])
