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
# and what do studies not report?
#
# **Reads:** the built tables. **Writes:** tables and figures `03_…`.
#
# **Method:** Evenness is the Hill number of order 1: as many equally used codes as would give the same diversity. "Not
# reported" is left out of it and shown on its own.
#
# **Caveats:** Evenness depends on how finely the codebook divides a dimension; compare dimensions with care.

# %% tags=["parameters"]
project_dir: str = ""  # the map project; empty: the one this notebook is in
output_dir: str = ""  # where figures and tables go; empty: reports/draft
segment_dimension: str = "design"  # dimension of the type of evidence
row_dimension: str = "function"  # dimension whose combinations of codes are counted

# %%
from mapanalysis import figures, messages
from mapanalysis.analysis import diversity, volume
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

# %% [markdown]
# ## What is not reported

# %%
silence = diversity.count_not_reported(codings, codebook, studies["study_id"], segment_dimension)
outputs.write_figure(
    figures.plot_shares(silence, segments),
    "not_reported",
    messages.describe_not_reported(silence, segments),
    silence,
)

# %% tags=["nbval-check-output"]
print(messages.describe_not_reported(silence, segments).title)
