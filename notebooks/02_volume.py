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
# **Question:** How many studies are there, by year, type of evidence, need and country; does their number grow; and would
# more of them show anything new?
#
# **Reads:** the built tables. **Writes:** tables and figures `02_…`.
#
# **Method:** Distinct studies are counted, never reports. A study's year is that of its first report. A study with several
# codes counts once in each, so parts can add up to more than the whole. Growth is a Poisson regression over complete years.
# What is seen as studies accumulate is estimated as ecologists do it for species: Mao Tau, Chao2, sample coverage.
#
# **Caveats:** Years from that of the last search on are not complete. The counts describe what was found, not all that
# exists; estimates speak of studies like those found.

# %% tags=["parameters"]
project_dir: str = ""  # the map project; empty: the one this notebook is in
output_dir: str = ""  # where figures and tables go; empty: reports/draft
segment_dimension: str = "design"  # dimension of the type of evidence
row_dimension: str = "function"  # rows of the map
column_dimension: str = "outcome"  # columns of the map
need_dimension: str = "need"  # dimension of the health or social care need
country_dimension: str = "country"  # dimension of the country; empty: the map has none
edition_date: str = "2026-11-23"  # its date; years from that of the last search, or else of the edition, are not complete
search_date: str = ""  # date of the last search; empty: not known

# %%
from mapanalysis import figures, messages
from mapanalysis.analysis import accumulation, growth, volume
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
open_from = growth.first_open_year(edition_date, search_date)
years = volume.count_by_year(studies, codings, codebook, segment_dimension, open_from)
trend = growth.fit_growth(years)
outputs.write_figure(
    figures.plot_years(years, segments, trend),
    "years",
    messages.describe_years(years, segments, trend),
    years,
)

# %%
outputs.write_figure(
    figures.plot_cumulative(years, segments), "cumulative", messages.describe_cumulative(years, segments), years
)

# %% tags=["nbval-check-output"]
print(messages.title_growth(trend))

# %%
outputs.write_table(
    messages.label_growth(trend, segments),
    "growth",
    messages.title_growth(trend),
    columns=messages.GROWTH_COLUMNS,
    note=messages.note_growth(years),
    shares={"change": 2.5, "label": 2},
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

# %% [markdown]
# ## Would more studies show anything new?

# %%
axes = {"row": row_dimension, "column": column_dimension, "need": need_dimension, "country": country_dimension}
seen = accumulation.list_seen(codings, codebook, studies["study_id"], **axes)
richness = accumulation.summarise_richness(seen)
curves = accumulation.measure_accumulation(seen, studies)

# %%
outputs.write_figure(
    figures.plot_accumulation(curves, richness),
    "accumulation",
    messages.describe_accumulation(curves, richness),
    curves,
)

# %%
outputs.write_table(
    messages.label_richness(richness),
    "richness",
    messages.title_richness(richness),
    columns=messages.RICHNESS_COLUMNS,
    note=messages.RICHNESS_NOTE,
    shares={"label": 2.4, "estimate": 1.6},
)

# %% tags=["nbval-check-output"]
print(messages.describe_accumulation(curves, richness).title)
