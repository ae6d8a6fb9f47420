# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     notebook_metadata_filter: jupytext,kernelspec,-jupytext.text_representation
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 08 How sure, and how surprising, gaps are
#
# **Question:** Which gaps of 05 would still be gaps if the same evidence were read otherwise? Which cells hold fewer studies
# than chance would give them?
#
# **Reads:** the built tables, and the codings of each coder. **Writes:** tables and figures `08_…`.
#
# **Method:** Gaps are found again by the codes of each coder alone, without reports that screeners were of two minds about,
# and with each threshold a step away. Cells are compared with maps in which the studies' rows are dealt out at random over
# their columns.
#
# **Caveats:** Other readings of the same evidence cannot tell what the search missed or what studies did not report. Chance
# is no explanation: rows and columns may be unrelated for good reasons. Cells of a map depend on each other.

# %% tags=["parameters"]
project_dir: str = ""  # the map project; empty: the one this notebook is in
output_dir: str = ""  # where figures and tables go; empty: reports/draft
segment_dimension: str = "design"  # dimension of the type of evidence
row_dimension: str = "function"  # rows of the map
column_dimension: str = "outcome"  # columns of the map
need_dimension: str = "need"  # rows of the second map
review_code: str = "review"  # code of the segment dimension for reviews; empty: the map has none
economic_code: str = "economic_evaluation"  # its code for economic evaluations; empty: the map has none
quality_dimension: str = "stated_quality"  # dimension of what reviews state of quality; empty: the map has none
country_dimension: str = "country"  # dimension of the country; empty: the map has none
reference_year: int = 2026  # year from which "recent" counts back
minimum_studies: int = 1  # fewer than this in a cell, of any type: absolute gap
minimum_primary_studies: int = 3  # this many primary studies and no recent review: synthesis gap
minimum_effectiveness_studies: int = 1  # this many studies of effectiveness and no economic evaluation: economic gap
minimum_place_studies: int = 2  # this many studies with a country, all from one or none from home: place gap
minimum_reviews_redundant: int = 3  # this many recent reviews: redundancy
minimum_cluster_studies: int = 5  # this many primary studies newer than any review: cluster ready for a review
recent_review_years: int = 5  # a review is recent when it is no older
out_of_date_years: int = 5  # a cell is out of date when its newest study is older
low_quality_codes: list[str] = ["low"]  # codes of the quality dimension that mean low confidence
home_country: str = "GB"  # code of the reader's country; empty: none
threshold_step: int = 1  # how far thresholds are moved, up and down
threshold_step_years: int = 1  # how far those in years are moved
n_permutations: int = 1000  # maps of chance that cells are compared with; 0: leave the comparison out
permutation_seed: int = 1  # where the random numbers begin: the same seed, the same results

# %%
from functools import partial

from IPython.display import display

from mapanalysis import figures, messages
from mapanalysis.analysis import certainty, gaps
from mapanalysis.analysis.grid import count_studies
from mapanalysis.analysis.neighbours import add_neighbours
from mapanalysis.analysis.surprise import measure_surprise
from mapanalysis.evidence import load_evidence, suit_rules
from mapanalysis.publish.outputs import open_outputs

# %%
evidence = load_evidence(project_dir)
outputs = open_outputs(evidence.project, output_dir, "08")
codebook, reports, coders = evidence.codebook, evidence.reports, evidence.read_coders()
doubted = evidence.list_doubted()
print(messages.say_unclear(len(doubted)))

# %%
rules = gaps.GapRules(
    reference_year=reference_year, review_code=review_code, economic_code=economic_code,
    minimum_studies=minimum_studies, minimum_primary_studies=minimum_primary_studies,
    minimum_effectiveness_studies=minimum_effectiveness_studies,
    recent_review_years=recent_review_years, out_of_date_years=out_of_date_years,
    minimum_place_studies=minimum_place_studies, minimum_reviews_redundant=minimum_reviews_redundant,
    minimum_cluster_studies=minimum_cluster_studies, quality_dimension=quality_dimension, home_country=home_country,
    low_quality_codes=low_quality_codes, country_dimension=country_dimension,
)

# %% [markdown]
# ## The same evidence, read otherwise

# %%
rules, looked_at = suit_rules(evidence, rules)
base = certainty.Scenario.of_map(rules, looked_at, evidence.codings)
steps = {"step": threshold_step, "step_years": threshold_step_years}
scenarios = certainty.build_scenarios(base, coders, reports, doubted, codebook, **steps)
axes = {
    name: {"row": row, "column": column_dimension, "segment": segment_dimension}
    for name, row in {"rows": row_dimension, "needs": need_dimension}.items()
}

# %%
grids = {name: count_studies(evidence.codings, codebook, looked_at["study_id"], **own) for name, own in axes.items()}
found = {name: gaps.find_gaps(grid, looked_at, rules) for name, grid in grids.items()}
elsewhere = {name: certainty.find_gaps_in(scenarios, found[name], codebook, axes[name]) for name in grids}
judged = {name: certainty.judge_gaps(found[name], elsewhere[name], scenarios) for name in grids}
judged = {name: add_neighbours(judged[name], grids[name]) for name in grids}
titles = {name: grid.row.dimension.label for name, grid in grids.items()}

# %% tags=["nbval-check-output"]
words = messages.describe_holds({titles[name]: judged[name] for name in grids}, scenarios)
print(words.title)

# %%
counts = {titles[name]: certainty.count_holds(judged[name], rules.kinds) for name in grids}
outputs.write_figure(figures.plot_holds(counts), "holds", words, certainty.join_maps(counts))

# %%
shown = {"rows": rules.kinds, "needs": [gaps.ABSOLUTE]}
for name, grid in grids.items():
    picture = figures.plot_certainty(grid, judged[name], shown[name])
    words = messages.describe_certainty(judged[name], grid, shown[name])
    display(outputs.write_figure(picture, f"certainty_{name}", words, judged[name]))

# %%
for name, grid in grids.items():
    table = certainty.count_scenarios(found[name], elsewhere[name], scenarios)
    title = messages.title_scenarios(grid)
    columns = messages.SCENARIO_COLUMNS
    display(outputs.write_table(table, f"scenarios_{name}", title, columns=columns, group="label"))

# %%
for name, grid in grids.items():
    form = {"columns": messages.JUDGED_COLUMNS, "shares": messages.JUDGED_SHARES, "group": "kind_label"}
    table, title = messages.list_judged(judged[name]), messages.title_judged(grid)
    display(outputs.write_table(table, f"ranked_{name}", title, **form))
    outputs.write_table(messages.list_judged(judged[name], most=3), f"surest_{name}", title, **form)

# %% [markdown]
# ## The map against chance

# %%
tell = partial(print, "Permutations done:")
compared = {
    name: measure_surprise(grid, evidence.codings, n_permutations, permutation_seed, tell)
    for name, grid in grids.items()
    if n_permutations
}

# %%
for name, surprise in compared.items():
    few = surprise.cells.head(15)
    words = messages.describe_surprise(surprise, grids[name], len(few))
    display(outputs.write_figure(figures.plot_surprise(few), f"surprise_{name}", words, surprise.cells))
    title, note = messages.title_surprise(grids[name]), messages.say_multiplicity(surprise)
    columns = messages.SURPRISE_COLUMNS
    outputs.write_table(surprise.cells, f"against_chance_{name}", title, columns=columns, note=note, most=30)
    print(messages.say_empty_cells(surprise), note)
