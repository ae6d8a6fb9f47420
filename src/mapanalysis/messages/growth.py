"""Growth in words: the change from year to year, the years it rests on, and which are not complete."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mapanalysis.analysis.grid import ALL_SEGMENTS
from mapanalysis.messages.words import join

GROWTH_COLUMNS = {
    "label": "Type of evidence",
    "n_studies": "Studies",
    "change": "Change per year",
    "doubling": "Doubles in",
}


def name_open_years(counts: pd.DataFrame) -> str:
    """ "2026 is not complete", from a `volume.count_by_year` frame; "" when all its years are."""
    dated = counts[counts["year"].notna()]
    years = sorted(int(year) for year in dated.loc[~dated["is_complete"], "year"].unique())
    return f"{join(map(str, years))} {'is' if len(years) == 1 else 'are'} not complete" if years else ""


def say_change(growth: Any) -> str:
    """ "+3% a year (-4% to +10%)", or why it is not estimated, from a row of `growth.fit_growth`."""
    if pd.isna(growth.pct_yearly):
        return f"not estimated: {growth.reason}"
    change, low, high = (f"{value:+.0f}%" for value in (growth.pct_yearly, growth.pct_low, growth.pct_high))
    return f"{change} a year ({low} to {high})".replace("+0%", "0%").replace("-0%", "0%")


def say_doubling(growth: Any) -> str:
    """ "12 years (7 or more)"; "no clear rise" where the interval of the change holds 0, "" where there is no estimate."""
    if pd.isna(growth.pct_yearly):
        return ""
    if pd.isna(growth.doubling_high):
        return "no clear rise" if growth.pct_high > 0 else "falls"
    years, low, high = (
        f"{value:.0f}" for value in (growth.doubling_years, growth.doubling_low, growth.doubling_high)
    )
    return f"{years} years ({low} to {high})"


def label_growth(growth: pd.DataFrame, segments: dict[str, str]) -> pd.DataFrame:
    """The rows of `growth.fit_growth` with label, and change and doubling in words."""
    rows = list(growth.itertuples(index=False))
    return growth.assign(
        label=growth["segment_code"].map(segments).astype("str"),
        change=pd.Series([say_change(row) for row in rows], dtype="str"),
        doubling=pd.Series([say_doubling(row) for row in rows], dtype="str"),
    )


def title_growth(growth: pd.DataFrame) -> str:
    """Whether the number of new studies rises, over the complete years."""
    whole = growth[growth["segment_code"] == ALL_SEGMENTS].iloc[0]
    if pd.isna(whole["pct_yearly"]):
        return f"How the number of new studies changes is not estimated: {whole['reason']}"
    years = f"from {whole['first_year']} to {whole['last_year']}"
    if whole["pct_low"] > 0:
        verb = "rises"
    elif whole["pct_high"] < 0:
        verb = "falls"
    else:
        return f"New studies neither clearly rise nor fall {years}: {say_change(whole)}"
    return f"The number of new studies {verb} {years}: {say_change(whole)}"


def note_growth(counts: pd.DataFrame) -> str:
    """What the change is, and what it rests on."""
    left_out = name_open_years(counts)
    return (
        "Poisson regression of studies on the year of their first report, over complete years"
        f"{f' ({left_out})' if left_out else ''}; in brackets the 95% interval, widened where years differ more than "
        "chance would have it. It describes what was found here, and is no forecast; recent years can still grow, as "
        "reports reach sources late."
    )
