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
# # 02 How much evidence there is
#
# **Question:** How many studies are there, by year, type of evidence, need and country?
#
# **Reads:** the built tables. **Writes:** tables and figures `02_…`.
#
# **Method:** Distinct studies are counted, never reports. A study's year is that of its first report. A study with several
# codes counts once in each, so parts can add up to more than the whole.
#
# **Caveats:** The last year is not complete. The counts describe what was found, not all that exists.

# %% tags=["parameters"]
project_dir: str = ""  # the map project; empty: the one this notebook is in
output_dir: str = ""  # where figures and tables go; empty: reports/draft
segment_dimension: str = "design"  # dimension of the type of evidence
need_dimension: str = "need"  # dimension of the health or social care need
country_dimension: str = "country"  # dimension of the country; empty: the map has none

# %%
from mapanalysis import figures, messages
from mapanalysis.analysis import volume
from mapanalysis.evidence import load_evidence
from mapanalysis.publish.outputs import open_outputs

evidence = load_evidence(project_dir)
outputs = open_outputs(evidence.project, output_dir, "02")
codings, codebook, studies = evidence.codings, evidence.codebook, evidence.studies
segments = evidence.segments(segment_dimension)

# %% [markdown]
# ## By type of evidence

# %%
types = volume.count_by_code(codings, codebook, studies["study_id"], segment_dimension, segment_dimension)
outputs.write_figure(
    figures.plot_codes(types, {"": segments[""]}),
    "types",
    messages.describe_codes(types, codebook.dimension(segment_dimension).label, {"": segments[""]}),
    types,
)

# %% tags=["nbval-check-output"]
by_type = volume.count_by_code(codings, codebook, studies["study_id"], segment_dimension, segment_dimension, level=1)
print(messages.describe_types(by_type, segments))

# %% [markdown]
# ## By year

# %%
years = volume.count_by_year(studies, codings, codebook, segment_dimension)
outputs.write_figure(
    figures.plot_years(years, segments), "years", messages.describe_years(years, segments), years
)

# %%
outputs.write_figure(
    figures.plot_cumulative(years, segments), "cumulative", messages.describe_cumulative(years, segments), years
)

# %% [markdown]
# ## By need

# %%
needs = volume.count_by_code(codings, codebook, studies["study_id"], need_dimension, segment_dimension)
outputs.write_figure(
    figures.plot_codes(needs, segments),
    "needs",
    messages.describe_codes(needs, codebook.dimension(need_dimension).label, segments),
    needs,
)

# %% [markdown]
# ## By country

# %%
from IPython.display import display

if country_dimension:
    places = volume.count_by_code(codings, codebook, studies["study_id"], country_dimension, segment_dimension)
    picture = figures.plot_codes(places, segments, hide_unused=True)
    words = messages.describe_codes(places, codebook.dimension(country_dimension).label, segments)
    display(outputs.write_figure(picture, "countries", words, places))
