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
# # 01 What was found, and what is kept
#
# **Question:** Which records did the sources give, which are the same publication, which were included and why not the
# others, and how far did those who decided agree?
#
# **Reads:** `data/raw` (checksums verified). **Writes:** `data/processed`, tables and figures `01_…`.
#
# **Method:** Records are parsed and counted against their files; duplicates are joined by rule, and by a person's
# decision where the rules leave doubt; the flow follows PRISMA 2020 and ROSES, must close, and each of its numbers has a
# list; a study may have several reports. What each source brought is counted as in a search summary table.
#
# **Caveats:** What cannot be trusted about these data stands at the end of this notebook, in the words of the report.

# %% tags=["parameters"]
project_dir: str = ""  # the map project; empty: the one this notebook is in
output_dir: str = ""  # where figures and tables go; empty: reports/draft
segment_dimension: str = "design"  # dimension of the type of evidence
row_dimension: str = "function"  # rows of the map
column_dimension: str = "outcome"  # columns of the map

# %%
from mapanalysis import figures, messages
from mapanalysis.analysis.flow import build_map_steps
from mapanalysis.analysis.grid import count_studies
from mapanalysis.evidence import load_evidence
from mapanalysis.publish.outputs import open_outputs

evidence = load_evidence(project_dir)
outputs = open_outputs(evidence.project, output_dir, "01")

# %% [markdown]
# ## Sources and repairs

# %%
sources = evidence.count_sources()
outputs.write_table(sources, "sources", messages.title_sources(sources), columns=messages.SOURCE_COLUMNS)

# %%
outputs.write_table(
    evidence.repairs,
    "repairs",
    messages.title_repairs(evidence.repairs),
    columns={"file": "File", "what": "What was repaired", "count": "Times"},
)

# %% [markdown]
# ## Duplicates
#
# Nothing is joined on doubt. A pair that the rules leave uncertain stays apart until `duplicate_decisions.csv` settles
# it.

# %%
reasons = evidence.count_duplicate_reasons()
outputs.write_table(
    reasons,
    "duplicates",
    messages.title_duplicates(evidence.records, evidence.uncertain_pairs),
    columns={"decided_by": "Judged by", "ground": "The two share", "n_pairs": "Pairs"},
    shares={"ground": 3},
)

# %%
outputs.write_table(
    evidence.uncertain_pairs,
    "uncertain_pairs",
    messages.title_uncertain(evidence.uncertain_pairs),
    columns={"record_id_a": "One", "record_id_b": "Other", "title_a": "Title of one", "reason": "Why it is uncertain"},
    shares={"reason": 3, "title_a": 3},
)

# %% [markdown]
# ## Flow

# %% tags=["nbval-check-output"]
for line in messages.describe_flow(evidence.flow):
    print(line)

# %%
boxes = evidence.flow
lists = outputs.write_lists(evidence.list_members(), "box", "flow", messages.title_lists(boxes))
prisma = messages.arrange_prisma(boxes)
outputs.write_figure(
    figures.plot_flow(prisma),
    "prisma",
    messages.describe_diagram(prisma, "PRISMA 2020", messages.title_flow(boxes)),
    prisma,
)

# %%
outputs.write_table(
    messages.indent_parts(messages.link_lists(boxes, lists)),
    "flow",
    messages.LIST_TITLE,
    columns=messages.LIST_COLUMNS,
    note=messages.LIST_NOTE,
    shares={"label": 3, "list": 2},
    links=["list"],
)

# %%
excluded = evidence.excluded_reports()
outputs.write_table(
    excluded,
    "excluded_reports",
    messages.title_excluded(excluded),
    columns={"reason_label": "Reason", "title": "Publication", "year": "Year", "source": "Found in"},
    group="reason_label",
    shares={"title": 5, "source": 2},
)

# %% [markdown]
# ## What each source brought
#
# Sensitivity is relative here: to what all these sources together had, and not to all that exists.

# %%
search = evidence.summarise_search()
outputs.write_table(
    search,
    "search",
    messages.title_search(search),
    columns=messages.SEARCH_COLUMNS,
    note=messages.SEARCH_NOTE,
    shares=messages.SEARCH_SHARES,
)

# %%
by_type = evidence.count_search_by_segment(segment_dimension)
outputs.write_table(
    by_type,
    "search_by_type",
    messages.title_search_by_type(by_type),
    columns=messages.TYPE_COLUMNS,
    note=messages.TYPE_NOTE,
    group="segment_label",
    shares={"label": 2},
)

# %% [markdown]
# ## Agreement

# %%
screening = evidence.screening_agreement
outputs.write_table(
    screening,
    "screening_agreement",
    messages.title_screening_agreement(screening),
    columns=messages.AGREEMENT_COLUMNS,
    note=messages.KAPPA_NOTE,
)

# %%
by_dimension = evidence.agreement_by_dimension()
outputs.write_figure(
    figures.plot_agreement(by_dimension),
    "coding_agreement",
    messages.describe_agreement(by_dimension),
    evidence.coding_agreement,
)

# %% [markdown]
# ## Accounting
#
# Every included study is placed on the map, or listed here with the reason why not.

# %% tags=["nbval-check-output"]
axes = {"row": row_dimension, "column": column_dimension, "segment": segment_dimension}
grid = count_studies(evidence.codings, evidence.codebook, evidence.studies["study_id"], **axes)
print(messages.describe_not_placed(grid))

# %%
outputs.write_table(
    grid.accounting[~grid.accounting["is_placed"]],
    "not_placed",
    messages.describe_not_placed(grid),
    columns={"study_id": "Study", "reason": "Why it is not placed"},
    shares={"reason": 4},
)

# %% [markdown]
# ## From records to the map
#
# The same flow in the form of ROSES, which goes on to what became of the studies.

# %%
steps = build_map_steps(evidence.studies["study_id"], evidence.codings, grid.accounting, evidence.appraised)
roses = messages.arrange_roses(boxes, steps.boxes)
outputs.write_figure(
    figures.plot_flow(roses),
    "roses",
    messages.describe_diagram(roses, "ROSES for maps", messages.title_steps(steps.boxes)),
    roses,
)

# %%
titles = messages.title_lists(steps.boxes)
lists |= outputs.write_lists(evidence.list_members(steps), "box", "flow", titles)

# %%
outputs.write_table(
    messages.list_boxes(roses, lists),
    "roses_boxes",
    messages.LIST_TITLE,
    columns={"stage": "Stage"} | messages.LIST_COLUMNS,
    note=messages.LIST_NOTE,
    group="stage",
    shares={"label": 3, "list": 2},
    links=["list"],
)

# %% [markdown]
# ## How far to trust it

# %%
from IPython.display import HTML

from mapanalysis.publish.document import Bullets
from mapanalysis.publish.html import block_html

HTML(block_html(Bullets(tuple(evidence.about.trust)), outputs.folder))
