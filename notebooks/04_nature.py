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
# # 04 What the evidence is like
#
# **Question:** Which designs, how large, how long followed up, compared with what, measuring what, of what stated quality, and
# what about costs?
#
# **Reads:** the built tables. **Writes:** tables and figures `04_…`.
#
# **Method:** Medians and quartiles of the studies that state a number; the number of a study is the largest of its reports.
#
# **Caveats:** The stated quality is what a review says of the evidence it includes; it is not a judgement of the review (06 has
# those), and says nothing on what works.

# %% tags=["parameters"]
project_dir: str = ""  # the map project; empty: the one this notebook is in
output_dir: str = ""  # where figures and tables go; empty: reports/draft
segment_dimension: str = "design"  # dimension of the type of evidence
economic_code: str = "economic_evaluation"  # its code for economic evaluations; empty: the map has none
comparator_dimension: str = "comparator"  # dimension of what is compared with; empty: the map has none
quality_dimension: str = "stated_quality"  # dimension of the quality that reviews state; empty: the map has none
column_dimension: str = "outcome"  # dimension of the outcomes measured
need_dimension: str = "need"  # dimension of the health or social care need
country_dimension: str = "country"  # dimension of the country; empty: the map has none

# %%
from mapanalysis import figures, messages
from mapanalysis.analysis import nature, volume
from mapanalysis.evidence import load_evidence
from mapanalysis.publish.outputs import open_outputs

evidence = load_evidence(project_dir)
outputs = open_outputs(evidence.project, output_dir, "04")
codings, codebook, studies = evidence.codings, evidence.codebook, evidence.studies
segments = evidence.segments(segment_dimension)

# %% [markdown]
# ## Size and length

# %%
from IPython.display import display

summary = nature.summarise_numbers(studies, codings, codebook, segment_dimension)
for field, label in messages.NUMBER_LABELS.items():
    values = nature.list_values(studies, codings, codebook, segment_dimension, field)
    picture = figures.plot_numbers(values, label, segments, log=field == "n_participants")
    words = messages.describe_numbers(summary, field, label, segments)
    display(outputs.write_figure(picture, field, words, summary[summary["field"] == field]))

# %% [markdown]
# ## Comparators, outcomes, stated quality

# %%
for name in filter(None, [comparator_dimension, column_dimension, quality_dimension]):
    counts = volume.count_by_code(codings, codebook, studies["study_id"], name, segment_dimension)
    shown = evidence.segments_of(name, segment_dimension)
    picture = figures.plot_codes(counts, shown)
    words = messages.describe_codes(counts, codebook.dimension(name).label, shown)
    display(outputs.write_figure(picture, f"by_{name}", words, counts))

# %% [markdown]
# ## Cost evidence

# %%
cost_label = segments[economic_code] if economic_code else ""
listed = [*filter(None, [need_dimension, country_dimension, column_dimension])]
economic = nature.list_studies_of(studies, codings, codebook, segment_dimension, economic_code, listed)
outputs.write_table(
    economic,
    "economic_studies",
    messages.title_economic(economic, cost_label),
    columns={"label": "Study", "title": "Title"} | {name: codebook.dimension(name).label for name in listed},
    shares={"title": 2.5, "label": 0.9, column_dimension: 1.5},
)

# %% tags=["nbval-check-output"]
print(messages.title_economic(economic, cost_label))
