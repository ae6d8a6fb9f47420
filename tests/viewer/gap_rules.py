"""The rules of gaps that the two real maps are shown with: every kind is looked for."""

from mapanalysis.analysis.gaps import GapRules

PEER_RULES = GapRules(
    2026,
    "review",
    "economic_evaluation",
    quality_dimension="stated_quality",
    low_quality_codes=("low",),
    country_dimension="country",
    home_country="GB",
)
SMALL_RULES = GapRules(
    2026,
    "synthesis",
    "costing",
    quality_dimension="certainty",
    low_quality_codes=("unsure",),
    country_dimension="nation",
    home_country="NA",
)
