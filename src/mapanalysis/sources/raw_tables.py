"""The tables a team puts into `data/raw`: read as CSV whatever separates the cells, typed by their schema."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd

from mapanalysis.sources import delimited
from mapanalysis.sources.text import Repair, decode_text
from mapanalysis.store import without_apostrophes
from mapanalysis.tables import parse_table


def read_raw_table(data: bytes, schema: Any, file: str) -> tuple[pd.DataFrame, list[Repair]]:
    """The table in `data` with the columns and types of `schema`, and the repairs made while reading.

    Encoding, line ends and separator (comma, semicolon, tab) are found as for records; columns are those of the
    schema, by their exact names; cells are text as they stand, "NA" included, but for the apostrophe before what a
    spreadsheet would take for a formula, which `store.write_csv` puts there.

    Raises DataError with all problems: see `sources.text.decode_text` and `tables.parse_table`.
    """
    text, repairs = decode_text(data, file)
    text = delimited.without_separator_line(text)
    delimiter = max(
        delimited.DELIMITERS,
        key=lambda mark: len(set(schema.columns) & set(delimited.read_header(text, mark))),
    )
    counts: Counter[str] = Counter()
    if delimiter != ",":
        counts[f"cells separated by {delimited.DELIMITERS[delimiter]}"] += 1
    header = delimited.read_header(text, delimiter)
    rows = delimited.read_rows(text, delimiter, file)
    cells = delimited.fill_rows(rows, len(header), is_ended=text.endswith("\n"), repairs=counts, file=file)
    written = pd.DataFrame(cells, columns=header, dtype="str")
    frame = parse_table(without_apostrophes(written) if written.columns.is_unique else written, schema, file)
    return frame, [*repairs, *(Repair(file, what, n) for what, n in counts.items() if n)]
