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
# # 09 The report
#
# **Question:** What does a reader need to know: what is there, what is missing, how far to trust it, how to read it, and what
# it does not say?
#
# **Reads:** the built tables, and the figures and tables of the notebooks before. **Writes:** `report.json`, `report.pdf`,
# `map.html` and `data`; the page `report.html` is made from this notebook.
#
# **Method:** Every number in a sentence is computed from a table; the sentences are in `mapanalysis.publish`. The interactive
# map is one file with the studies, their codes and the rules of 05 in it; it counts on screen, by the same rules.
#
# **Caveats:** The map shows what evidence exists, not what works.

# %% tags=["parameters"]
project_dir: str = ""  # the map project; empty: the one this notebook is in
output_dir: str = ""  # where the report goes; empty: reports/draft
edition: str = "2026-11"  # name of this edition
edition_date: str = "2026-11-23"  # its date
search_date: str = ""  # date of the last search; empty: not known
row_dimension: str = "function"  # rows of the map
column_dimension: str = "outcome"  # columns of the map
need_dimension: str = "need"  # dimension of the health or social care need
country_dimension: str = "country"  # dimension of the country; empty: the map has none
segment_dimension: str = "design"  # dimension of the type of evidence
review_code: str = "review"  # its code for reviews; empty: the map has none
economic_code: str = "economic_evaluation"  # its code for economic evaluations; empty: the map has none
quality_dimension: str = "stated_quality"  # dimension of what reviews state of quality; empty: the map has none
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

# %%
from IPython.display import HTML, display

from mapanalysis.analysis.gaps import GapRules
from mapanalysis.evidence import load_evidence
from mapanalysis.publish import report as reports
from mapanalysis.publish.html import section_html, summary_html
from mapanalysis.publish.outputs import open_outputs, read_items
from mapanalysis.viewer.page import write_map
from mapanalysis.viewer.payload import View, build_payload

evidence = load_evidence(project_dir)
outputs = open_outputs(evidence.project, output_dir, "09")

# %%
rules = GapRules(
    reference_year=reference_year, review_code=review_code, economic_code=economic_code,
    minimum_studies=minimum_studies, minimum_primary_studies=minimum_primary_studies,
    minimum_effectiveness_studies=minimum_effectiveness_studies,
    recent_review_years=recent_review_years, out_of_date_years=out_of_date_years,
    minimum_place_studies=minimum_place_studies, minimum_reviews_redundant=minimum_reviews_redundant,
    minimum_cluster_studies=minimum_cluster_studies, quality_dimension=quality_dimension, home_country=home_country,
    low_quality_codes=low_quality_codes, country_dimension=country_dimension,
)

# %%
choice = reports.Choice(
    edition=edition, date=edition_date, rules=rules, review_code=review_code, economic_code=economic_code,
    row=row_dimension, column=column_dimension, need=need_dimension,
    country=country_dimension, segment=segment_dimension, quality=quality_dimension,
    search_date=search_date,
)
report = reports.build_report(evidence, read_items(outputs.folder), choice, outputs)

# %% tags=["nbval-check-output"]
print("\n".join(report.summary))

# %%
HTML(summary_html(report, outputs.folder))

# %%
for section in report.sections:
    display(HTML(section_html(section, outputs.folder)))

# %%
view = View(
    row=row_dimension, column=column_dimension, segment=segment_dimension,
    need=need_dimension, country=country_dimension, quality=quality_dimension,
)

# %%
write_map(build_payload(evidence, view, rules, edition, edition_date), outputs.folder / "map.html")
reports.write_report(report, outputs.folder)
reports.write_data(evidence, outputs.folder)
