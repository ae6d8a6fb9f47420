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
# # 06 How good, and how much of it twice
#
# **Question:** How good is the evidence said to be, and how much do reviews overlap?
#
# **Reads:** the built tables, of which `appraisals` and `citations` may be empty. **Writes:** tables and figures `06_…`, where
# there are such.
#
# **Method:** Appraisals by the domains of a named tool; the judgement of the whole is the one a team states, else the one that
# the published rule of the tool gives. Overlap is the corrected covered area of Pieper and others 2014.
#
# **Caveats:** An appraisal says how well a study was done, not what it found. Overlap counts studies alike, whatever their
# size, and only those of reviews whose included studies were recorded.

# %% tags=["parameters"]
project_dir: str = ""  # the map project; empty: the one this notebook is in
output_dir: str = ""  # where figures and tables go; empty: reports/draft
segment_dimension: str = "design"  # dimension of the type of evidence
review_code: str = "review"  # its code for reviews; empty: the map has none
quality_dimension: str = "stated_quality"  # dimension of the quality that reviews state; empty: the map has none
overlap_moderate: float = 5.0  # corrected covered area, in percent, from which overlap is moderate
overlap_high: float = 10.0  # from which it is high
overlap_very_high: float = 15.0  # from which it is very high

# %%
from IPython.display import display

from mapanalysis import figures, messages
from mapanalysis.analysis import appraisal, overlap
from mapanalysis.evidence import load_evidence
from mapanalysis.publish.outputs import open_outputs

evidence = load_evidence(project_dir)
outputs = open_outputs(evidence.project, output_dir, "06")
codebook, studies, citations = evidence.codebook, evidence.studies, evidence.citations

# %% [markdown]
# ## How well the studies were done

# %% tags=["nbval-check-output"]
tools = appraisal.tools_used(evidence.appraisals, evidence.tools)
appraised = appraisal.list_appraised(evidence.appraisals, evidence.tools, studies)
quality_label = codebook.dimension(quality_dimension).label if quality_dimension else ""
print(messages.say_appraised(appraised, len(studies), quality_label))

# %%
for tool in tools:
    listed = appraisal.list_judgements(evidence.appraisals, tool, studies)
    counts = appraisal.count_judgements(listed, tool)
    words = messages.describe_judgements(counts, tool.label)
    display(outputs.write_figure(figures.plot_judgements(counts), f"judgements_{tool.id}", words, counts))
    words = messages.describe_traffic_lights(listed, tool.label)
    display(outputs.write_figure(figures.plot_traffic_lights(listed), f"grid_{tool.id}", words, listed))

# %%
if tools:
    title = messages.title_appraised(appraised)
    shares = {"label": 1.4, "note": 2.4}
    columns = messages.APPRAISED_COLUMNS
    display(outputs.write_table(appraised, "appraised", title, columns=columns, group="tool_label", shares=shares))
    domains = messages.list_domains(appraisal.describe_tools(tools))
    shares = {"domain_label": 2, "judgements": 3}
    title, columns = "What the tools of appraisal ask", messages.TOOL_COLUMNS
    display(outputs.write_table(domains, "tools", title, columns=columns, group="tool_label", shares=shares))

# %% [markdown]
# ## How far reviews overlap

# %%
bands = overlap.Bands(overlap_moderate, overlap_high, overlap_very_high)
coded = evidence.reviews(segment_dimension, review_code)
overlap.check_are_reviews(citations, coded, review_code)
reviews = overlap.list_review_studies(citations, studies, coded)
matrix = overlap.build_matrix(citations, studies)
measured = overlap.measure_overlap(matrix, bands)
included = overlap.list_included(citations, studies, matrix)

# %% tags=["nbval-check-output"]
print(messages.say_overlap(measured, reviews, citations, len(studies)))

# %%
if len(measured) > 1:
    pairs = messages.label_pairs(measured, reviews)
    words = messages.describe_overlap(measured, reviews, bands)
    display(outputs.write_figure(figures.plot_overlap(measured, reviews, bands), "overlap", words, measured))
    title, shares = messages.title_pairs(measured), {"label_a": 1.8, "label_b": 1.8}
    display(outputs.write_table(pairs, "pairs", title, columns=messages.PAIR_COLUMNS, shares=shares, most=20))

# %%
if len(included):
    title, shares = messages.title_included(included), {"name": 3, "label": 1.4}
    columns = messages.INCLUDED_COLUMNS
    display(outputs.write_table(included, "included", title, columns=columns, shares=shares, most=40))
