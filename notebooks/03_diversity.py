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
# # 03 How varied the evidence is
#
# **Question:** Which needs, functions, formats, modes, settings and countries are covered, in which combinations, how evenly,
# and how sure is that; which codes go together; what do studies not report, and what goes along with it?
#
# **Reads:** the built tables. **Writes:** tables and figures `03_…`.
#
# **Method:** Evenness is the Hill number of order 1: as many equally used codes as would give the same diversity. "Not
# reported" is left out of it and shown on its own. Hill numbers of the orders 0, 1 and 2 have intervals from draws of whole
# studies (bootstrap); shares have Wilson intervals.
#
# **Caveats:** Evenness depends on how finely the codebook divides a dimension; compare dimensions with care. Codes that go
# together, and what goes along with not reporting, are described and not tested; neither says why.

# %% tags=["parameters"]
project_dir: str = ""  # the map project; empty: the one this notebook is in
output_dir: str = ""  # where figures and tables go; empty: reports/draft
segment_dimension: str = "design"  # dimension of the type of evidence
row_dimension: str = "function"  # dimension whose combinations of codes are counted
column_dimension: str = "outcome"  # columns of the map
need_dimension: str = "need"  # dimension of the health or social care need
n_bootstrap: int = 1000  # draws of studies behind each interval
bootstrap_seed: int = 1  # where they begin: the same seed gives the same numbers
minimum_expected_studies: int = 2  # fewer expected by chance, and a pair of codes is not compared

# %%
from mapanalysis import figures, messages
from mapanalysis.analysis import diversity, silence, together, volume
from mapanalysis.evidence import load_evidence
from mapanalysis.publish.outputs import open_outputs

evidence = load_evidence(project_dir)
outputs = open_outputs(evidence.project, output_dir, "03")
codings, codebook, studies = evidence.codings, evidence.codebook, evidence.studies
segments = evidence.segments(segment_dimension)

# %% [markdown]
# ## Each dimension

# %%
from IPython.display import display

for dimension in evidence.other_dimensions(segment_dimension):
    counts = volume.count_by_code(codings, codebook, studies["study_id"], dimension.id, segment_dimension)
    picture = figures.plot_codes(counts, segments, hide_unused=len(counts) > 400)
    words = messages.describe_codes(counts, dimension.label, segments)
    display(outputs.write_figure(picture, f"by_{dimension.id}", words, counts))

# %% [markdown]
# ## Combinations

# %%
combinations = diversity.count_combinations(codings, codebook, row_dimension)
outputs.write_figure(
    figures.plot_ranked(combinations, "combination"),
    "combinations",
    messages.describe_combinations(combinations, codebook.dimension(row_dimension).label),
    combinations,
)

# %% [markdown]
# ## How evenly it is spread

# %%
spread = diversity.measure_diversity(codings, codebook, studies["study_id"], segment_dimension)
outputs.write_figure(figures.plot_spread(spread), "spread", messages.describe_spread(spread), spread)

# %%
seen = diversity.list_dimensions_seen(codings, codebook, segment_dimension)
draws = {"n_bootstrap": n_bootstrap, "seed": bootstrap_seed}
hill = diversity.measure_hill_by_segment(seen, codings, codebook, segment_dimension, **draws)
outputs.write_figure(figures.plot_hill(hill, segments), "hill", messages.describe_hill(hill, segments), hill)

# %%
main = [one for one in seen if one.name in (row_dimension, column_dimension, need_dimension)]
by_year = diversity.measure_hill_by_year(main, studies, **draws)
outputs.write_figure(
    figures.plot_hill_by_year(by_year), "hill_by_year", messages.describe_hill_by_year(by_year), by_year
)

# %%
concentration = diversity.measure_concentration(seen, codebook)
outputs.write_table(
    messages.label_concentration(concentration),
    "concentration",
    messages.title_concentration(concentration),
    columns=messages.CONCENTRATION_COLUMNS,
    note=messages.CONCENTRATION_NOTE,
    shares={"label": 2.2, "top": 2.6},
)

# %% [markdown]
# ## Which codes go together

# %%
pair = need_dimension, row_dimension
labels = codebook.dimension(need_dimension).label, codebook.dimension(row_dimension).label
pairs = together.count_together(codings, codebook, studies["study_id"], *pair, minimum_expected_studies)
outputs.write_figure(
    figures.plot_together(pairs), "together", messages.describe_together(pairs, labels), pairs
)

# %%
ranked = together.rank_together(pairs, most=6)
outputs.write_table(
    messages.label_together(ranked),
    "together_ranked",
    messages.title_together(ranked, labels),
    columns=messages.TOGETHER_COLUMNS,
    note=messages.TOGETHER_NOTE,
    group="direction_label",
)

# %% [markdown]
# ## What is not reported

# %%
missing = diversity.count_not_reported(codings, codebook, studies["study_id"], segment_dimension)
outputs.write_figure(
    figures.plot_shares(missing, segments),
    "not_reported",
    messages.describe_not_reported(missing, segments),
    missing,
)

# %% tags=["nbval-check-output"]
print(messages.describe_not_reported(missing, segments).title)

# %%
circumstances = silence.list_circumstances(studies, codings, codebook, segment_dimension)
shares = silence.compare_not_reported(codings, codebook, circumstances)
outputs.write_figure(
    figures.plot_silence(shares), "not_reported_by", messages.describe_silence(shares), shares
)

# %%
differences = messages.rank_silence(shares, most=4)
outputs.write_table(
    differences,
    "not_reported_differences",
    messages.title_silence(differences),
    columns=messages.SILENCE_COLUMNS,
    note=messages.SILENCE_NOTE,
    group="by_label",
    shares={"comparison": 2.6, "label": 1.8, "gap": 1.3, "within": 1.3},
)

# %% tags=["nbval-check-output"]
print(messages.describe_hill(hill, segments).title)
print(messages.describe_silence(shares).title)
