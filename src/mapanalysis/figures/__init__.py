"""The figures: counted frames in, matplotlib figures out; one module per question."""

from mapanalysis.figures.accumulation import (
    plot_accumulation,
)
from mapanalysis.figures.certainty import plot_certainty, plot_holds, plot_surprise
from mapanalysis.figures.counts import (
    plot_agreement,
    plot_codes,
    plot_cumulative,
    plot_numbers,
    plot_ranked,
    plot_shares,
    plot_spread,
    plot_years,
)
from mapanalysis.figures.diversity import (
    plot_hill,
    plot_hill_by_year,
)
from mapanalysis.figures.flow import plot_flow
from mapanalysis.figures.gaps import mark_gaps, plot_gap_map
from mapanalysis.figures.places import plot_places, plot_rates, plot_world
from mapanalysis.figures.quality import plot_judgements, plot_overlap, plot_traffic_lights
from mapanalysis.figures.silence import (
    plot_silence,
)
from mapanalysis.figures.summary import plot_commonest, plot_map_in_short, plot_years_in_short
from mapanalysis.figures.together import (
    plot_together,
)

__all__ = [
    "mark_gaps",
    "plot_accumulation",
    "plot_agreement",
    "plot_certainty",
    "plot_codes",
    "plot_commonest",
    "plot_cumulative",
    "plot_flow",
    "plot_gap_map",
    "plot_hill",
    "plot_hill_by_year",
    "plot_holds",
    "plot_judgements",
    "plot_map_in_short",
    "plot_numbers",
    "plot_overlap",
    "plot_places",
    "plot_ranked",
    "plot_rates",
    "plot_shares",
    "plot_silence",
    "plot_spread",
    "plot_surprise",
    "plot_together",
    "plot_traffic_lights",
    "plot_world",
    "plot_years",
    "plot_years_in_short",
]
