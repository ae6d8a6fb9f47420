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
# # 07 Where the evidence is from
#
# **Question:** Which countries are the studies from, and what is there from home, from similar systems, from elsewhere?
#
# **Reads:** the built tables; shapes and populations of countries from the package. **Writes:** tables and figures `07_…`.
#
# **Method:** A study of several countries counts once in each. Seen from home it stands once: home before similar systems
# before elsewhere. Which systems are similar is a setting, not a finding.
#
# **Caveats:** A country with many studies is not one with better evidence. Reviews seldom name a country, and may hold studies
# from any. Populations are some years old, and a small country has a high rate from one study.

# %% tags=["parameters"]
project_dir: str = ""  # the map project; empty: the one this notebook is in
output_dir: str = ""  # where figures and tables go; empty: reports/draft
segment_dimension: str = "design"  # dimension of the type of evidence
need_dimension: str = "need"  # dimension of the health or social care need
country_dimension: str = "country"  # dimension of the country; empty: the map has none
home_country: str = "GB"  # the reader's country, or part of one; empty: no reading from home
similar_countries: str = "IE, CA, AU, NZ, DK, FI, NO, SE, NL"  # systems like the one at home; empty: none

# %%
from IPython.display import display

from mapanalysis import figures, messages
from mapanalysis.analysis import places
from mapanalysis.evidence import load_evidence
from mapanalysis.publish.outputs import open_outputs
from mapanalysis.sources.world import read_world

evidence, world = load_evidence(project_dir), read_world()
outputs = open_outputs(evidence.project, output_dir, "07")

# %%
codings, codebook, studies = evidence.codings, evidence.codebook, evidence.studies
counted = codings, codebook, studies["study_id"], country_dimension
label_of = {dimension.id: dimension.label for dimension in codebook.dimensions}
has_home = bool(country_dimension and home_country)

# %% [markdown]
# ## The world

# %%
if country_dimension:
    counts = places.count_countries(*counted, segment_dimension, world.countries)
    words = messages.describe_world(counts, label_of[country_dimension])
    display(outputs.write_figure(figures.plot_world(counts, world.shapes), "world", words, counts))

# %% [markdown]
# ## For their population

# %%
if country_dimension:
    display(outputs.write_figure(figures.plot_rates(counts), "rates", messages.describe_rates(counts), counts))

# %%
if country_dimension:
    ranked, title = messages.rank_countries(counts), messages.title_countries(counts)
    display(outputs.write_table(ranked, "countries", title, columns=messages.COUNTRY_COLUMNS, shares={"label": 2}))
    parts = places.count_parts(*counted, segment_dimension, world.countries)
    if len(parts):
        display(outputs.write_table(parts, "parts", messages.title_parts(parts), columns=messages.PART_COLUMNS))

# %% [markdown]
# ## What is there from home

# %%
if has_home:
    viewpoint = places.choose_viewpoint(
        codebook.dimension(country_dimension), world.countries, home_country, similar_countries
    )
    placed = places.place_studies(codings, country_dimension, viewpoint)
    types = places.count_places(*counted, segment_dimension, viewpoint, level=1)
    needs = places.count_places(*counted, need_dimension, viewpoint)

# %%
if has_home:
    words = messages.describe_home(types, placed, label_of[segment_dimension], viewpoint)
    display(outputs.write_figure(figures.plot_places(types, viewpoint.labels), "home_types", words, types))

# %%
if has_home:
    words = messages.describe_places(needs, label_of[need_dimension], viewpoint)
    display(outputs.write_figure(figures.plot_places(needs, viewpoint.labels), "home_needs", words, needs))

# %%
if has_home:
    without, columns = messages.rows_without_home(needs), messages.columns_of_places(viewpoint, label_of[need_dimension])
    title = messages.title_without_home(needs, label_of[need_dimension], viewpoint)
    display(outputs.write_table(without, "without_home", title, columns=columns, shares={"label": 2.5}))

# %%
if has_home:
    listed = [need_dimension, segment_dimension]
    home = places.list_home_studies(studies, codings, codebook, country_dimension, viewpoint, listed)
    columns = {"label": "Study", "title": "Title"} | {name: label_of[name] for name in listed}
    title, shares = messages.title_home_studies(home, viewpoint), {"title": 2.5, "label": 0.9}
    display(outputs.write_table(home, "home_studies", title, columns=columns, shares=shares))

# %% tags=["nbval-check-output"]
if country_dimension:
    print(messages.describe_world(counts, label_of[country_dimension]).title)
    print(messages.describe_rates(counts).title)
if has_home:
    print(messages.describe_home(types, placed, label_of[segment_dimension], viewpoint).title)
    print(messages.describe_places(needs, label_of[need_dimension], viewpoint).title)
else:
    print(messages.NO_HOME if country_dimension else messages.NO_COUNTRIES)
