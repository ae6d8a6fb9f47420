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
# # 05 Where evidence is missing
#
# **Question:** Which cells of the map, by its rows and by need, have no evidence, no recent review, none of good quality, no
# economic evaluation, nothing recent, or nothing from here? Which have more reviews than they need, or enough studies for one?
#
# **Reads:** the built tables. **Writes:** tables and figures `05_…`.
#
# **Method:** The grid is that of the codebook; each kind of gap has a rule with thresholds, which are parameters. Beside each
# gap stands the nearest evidence. How sure gaps are is the question of 08.
#
# **Caveats:** A gap is relative to what was searched and to the eligibility criteria: nothing was found, which is not to say
# that nothing exists. Where codes hold for whole studies, a study with several codes on both sides stands in all their pairs.
# The synthesis rule looks at how recent a review is, not at how good it is; the quality rule takes appraisals where the map
# has them, else what reviews state of their own evidence, and most state nothing.

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
gap_pairs: list[str] = ["need x setting", "need x country"]  # other maps whose gaps are listed: rows x columns

# %%
from IPython.display import display

from mapanalysis import figures, messages
from mapanalysis.analysis import gaps
from mapanalysis.analysis.grid import count_studies
from mapanalysis.analysis.neighbours import add_neighbours
from mapanalysis.evidence import load_evidence, suit_rules
from mapanalysis.publish.outputs import open_outputs

# %%
evidence = load_evidence(project_dir)
outputs = open_outputs(evidence.project, output_dir, "05")
codings, codebook, studies = evidence.codings, evidence.codebook, evidence.studies
segments = evidence.segments(segment_dimension)

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

# %%
rules, looked_at = suit_rules(evidence, rules)
rows = {"rows": row_dimension, "needs": need_dimension}
axes = {"column": column_dimension, "segment": segment_dimension}
grids = {name: count_studies(codings, codebook, studies["study_id"], row=row, **axes) for name, row in rows.items()}
coarse = count_studies(codings, codebook, studies["study_id"], row=need_dimension, row_level=1, **axes)
found = {name: add_neighbours(gaps.find_gaps(grid, looked_at, rules), grid) for name, grid in grids.items()}
pairs = gaps.parse_pairs(gap_pairs, codebook)

# %% [markdown]
# ## Rows by columns

# %%
outputs.write_figure(
    figures.plot_gap_map(grids["rows"], segments),
    "map_rows",
    messages.describe_gap_map(grids["rows"], segments),
    grids["rows"].cells,
)

# %% [markdown]
# ## Needs by columns

# %%
outputs.write_figure(
    figures.plot_gap_map(grids["needs"], {"": segments[""]}),
    "map_needs",
    messages.describe_gap_map(grids["needs"], {"": segments[""]}),
    grids["needs"].cells,
)

# %%
outputs.write_figure(
    figures.plot_gap_map(coarse, segments),
    "map_need_groups",
    messages.describe_gap_map(coarse, segments),
    coarse.cells,
)

# %% [markdown]
# ## Kinds of gaps

# %%
outputs.write_table(
    messages.list_rules(rules),
    "rules",
    "What counts as a gap",
    columns={"kind_label": "Kind", "rule": "Cells with"},
    shares={"rule": 3},
)

# %% tags=["nbval-check-output"]
for name, grid in grids.items():
    print(messages.describe_gaps(found[name], grid, rules).title)
    print(messages.describe_not_placed(grid))

# %%
for name, grid in grids.items():
    picture = figures.plot_gap_map(grid, {"": segments[""]}, letters=figures.mark_gaps(found[name]))
    words = messages.describe_gaps(found[name], grid, rules)
    display(outputs.write_figure(picture, f"kinds_{name}", words, found[name]))

# %%
for name, grid in grids.items():
    table = messages.label_gaps(found[name])
    title = messages.title_ranked(grid)
    display(outputs.write_table(table, f"ranked_{name}", title, columns=messages.NEAR_COLUMNS, group="kind_label"))

# %% [markdown]
# ## Gaps over other dimensions
#
# The same rules over other pairs of dimensions. Of a list that comes from outside, such as all countries of the world, only
# codes that some study has are rows or columns here.

# %%
for row, column in pairs:
    grid = count_studies(
        codings, codebook, studies["study_id"], row=row.id, column=column.id, segment=segment_dimension
    )
    listed = gaps.leave_out_unused(gaps.find_gaps(grid, looked_at, rules), grid)
    table = messages.label_gaps(add_neighbours(listed, grid))
    name, title = f"pair_{row.id}_{column.id}", messages.title_pair(grid, listed)
    outputs.write_table(table, name, title, columns=messages.NEAR_COLUMNS, group="kind_label", most=40)
    print(title)

# %% [markdown]
# ## The studies behind each cell

# %%
for name, grid in grids.items():
    title = messages.title_placements(grid)
    columns = {"label": "Study", "row_label": "Row", "column_label": "Column", "segment_code": "Type of evidence"}
    placed = gaps.list_placements(grid, studies)
    display(outputs.write_table(placed, f"placements_{name}", title, columns=columns, most=10))

# %%
for grid in grids.values():
    print(messages.describe_pairing(grid))
