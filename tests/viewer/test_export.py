"""What readers take along: files read back by the tools that others use, citations, links and names."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import bibtexparser
import pytest
import rispy
from awkward import make_dimension, make_hostile, make_payload
from bibtexparser import middlewares
from real_browser import opened

from mapanalysis.analysis.coding import family_name
from mapanalysis.sources.bibtex import parse_bibtex
from mapanalysis.sources.ris import parse_ris
from mapanalysis.viewer.bundle import APP, join_modules

ALL = "list=at:"
MARKS = ("citeReport", "linkOf", "linksOf", "doiOf", "authorsOf", "sayAuthors", "exportFileName", "toRis")
EMPTY = dict.fromkeys(
    ("id", "title", "authors", "journal", "volume", "issue", "pages", "doi", "pmid", "pmcid", "trialName", "access", "summary"),
    "",
) | {"year": None}  # fmt: skip


# --- the functions by themselves ---


@pytest.fixture(scope="module")
def call(browser, tmp_path_factory):
    """Calls a function of cite.js, by name."""
    folder = tmp_path_factory.mktemp("modules")
    for name in ("cite.js", "dom.js"):
        (folder / name).write_text((APP / name).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "main.js").write_text(f'import {{ {", ".join(MARKS)} }} from "./cite.js";\n', encoding="utf-8")
    window = opened(browser)
    window.add_script_tag(content=f"{join_modules(folder)}\nwindow.cite = {{ {', '.join(MARKS)} }};")
    yield lambda name, *given: window.evaluate(
        "([name, given]) => window.cite[name](...given)", [name, given]
    )
    window.context.close()


@pytest.mark.parametrize(
    ("written", "doi"),
    [
        ("10.1016/j.x.2020.01", "10.1016/j.x.2020.01"),
        ("doi:10.1016/j.x", "10.1016/j.x"),
        ("doi: 10.1016/j.x.", "10.1016/j.x"),
        ("DOI 10.1016/j.x [doi]", "10.1016/j.x"),
        ("https://doi.org/10.1016/j.x", "10.1016/j.x"),
        ("http://dx.doi.org/10.1016/j.x ", "10.1016/j.x"),
        ("doi.org/10.1016/j.x", "10.1016/j.x"),
        ("https://doi.org/doi:10.1016/j.x", "10.1016/j.x"),
        ("https://doi.org/10.1016%2Fj.x?utm=1", "10.1016/j.x"),
        ("10.1016/ j.x", "10.1016/j.x"),
        ("(10.1016/j.x)", "10.1016/j.x"),
        ("https://a.example/doi/10.1016/j.x/full", "10.1016/j.x"),
        ("https://a.example/10.1016/%E0%A4%A", "10.1016/%E0%A4%A"),
        ("10.1016/S2215-0366(21)00398-9", "10.1016/S2215-0366(21)00398-9"),
        ("10.1016/S2215-0366(21)00398-9)", "10.1016/S2215-0366(21)00398-9"),
        ("10.1002/(SICI)1097<1661::AID-SIM968>3.0.CO;2-2", "10.1002/(SICI)1097<1661::AID-SIM968>3.0.CO;2-2"),
        ("10.1016", ""),
        ("10.16/x", ""),
        ("11.1016/x", ""),
        ("javascript:alert(1)", ""),
        ("210.1016/x", ""),
        ("10.1016/)", ""),
        ("n/a", ""),
        ("", ""),
    ],
)
def test_a_doi_is_made_right_or_is_none(call, written, doi):
    assert call("doiOf", written) == doi


@pytest.mark.parametrize(
    ("report", "address"),
    [
        ({"doi": "10.1/x", "pmid": "123"}, "https://pubmed.ncbi.nlm.nih.gov/123/"),
        ({"doi": "10.1000/x", "pmid": "123"}, "https://doi.org/10.1000/x"),
        ({"doi": "10.1000/(a)<b>#c?d'e\"f%g"}, "https://doi.org/10.1000/(a)%3Cb%3E%23c%3Fd%27e%22f%25g"),
        ({"doi": "10.1000/émile"}, "https://doi.org/10.1000/%C3%A9mile"),
        ({"pmid": "12 3", "pmcid": "PMC77"}, "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC77/"),
        ({"pmid": "javascript:1", "pmcid": "javascript:1"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_a_link_leads_to_the_report_or_there_is_none(call, report, address):
    link = call("linkOf", EMPTY | report)
    assert (link and link["href"]) == address


@pytest.mark.parametrize(
    ("report", "citation"),
    [
        (
            {"authors": "Sonia Johnson; Danielle Lamb; Louise Marston; David Osborn", "year": 2018, "title": "Peers.",
             "journal": "The Lancet", "volume": "392", "issue": "10145", "pages": "409 - 418", "doi": "10.1000/x"},
            "Johnson S, Lamb D, Marston L and others (2018). Peers. The Lancet, 392(10145), 409–418. https://doi.org/10.1000/x",
        ),
        ({"authors": "Pfeiffer PN; King C", "title": "Does it help?"}, "Pfeiffer PN and King C (no year). Does it help?"),
        ({"authors": "Karen L Fortuna et al.", "year": 2020, "title": "T", "journal": "J. Clin. Med."}, "Fortuna KL and others (2020). T. J. Clin. Med."),
        ({"year": 2021, "title": "為有復雜", "pages": "ePub-ePub"}, "No authors shown (2021). 為有復雜."),
        ({"authors": "The Research Team", "title": "T", "journal": "J", "issue": "Suppl 1", "pages": "pp 4–4"}, "The Research Team (no year). T. J, (Suppl 1), 4."),
        ({"title": "One\r\nand \u202eanother\u0000 line"}, "No authors shown (no year). One and another line."),
        ({}, "No authors shown (no year). No title."),
    ],
)  # fmt: skip
def test_a_citation_says_what_is_known(call, report, citation):
    assert call("citeReport", EMPTY | report) == citation


def test_family_names_are_those_of_the_labels(call, peer_support):
    """One rule in Python and in the page, on all that the peer support map holds and on some odder names."""
    odd = [
        "A. M. de Graaff", "Chambers Suzanne K.", "Maeve B. de Mello", "Abou El-Magd, Rabab", "Yunyang Zhong MA", "Smith J PhD",
        "van der Berg J.-P.", "the Peers for Progress Investigators", "李 小龙", "Øgård-Repål A", "R.NeilGreene", "Prince", ", ,", "et al.",
    ]  # fmt: skip
    authors = [*peer_support.reports["authors"], *odd]
    found = [call("authorsOf", text)["names"] for text in authors]
    assert [names[0]["family"] if names else "" for names in found] == [family_name(text) for text in authors]


def test_names_given_twice_over_are_taken_once(call):
    names = call("authorsOf", "Ann Lee; Bo Ek; Ann Lee; Bo Ek")["names"]
    assert [name["family"] for name in names] == ["Lee", "Ek"]
    assert len(call("authorsOf", "Wang Y; Wang Y")["names"]) == 2  # two people may share a name


@pytest.mark.parametrize(
    ("title", "shown", "name"),
    [
        ("Peer support: évidence", "Help by Costs: 3", "peer-support-evidence_2026-11_help-by-costs-3.ris"),
        ("../..\\CON:*?<>|", "\u202egpj", "con_2026-11_gpj.ris"),
        ("ピア・サポート", "", "ピア-サポート_2026-11.ris"),
        ("x" * 300, "", f"{'x' * 48}_2026-11.ris"),
    ],
)
def test_names_of_files_are_safe_and_say_what_is_in_them(call, title, shown, name):
    assert call("exportFileName", {"title": title, "edition": "2026-11"}, shown, "ris") == name


# --- the files ---


@pytest.fixture
def export(open_map, tmp_path):
    """The bytes that a button of the list saves, for a map and a state."""

    def save(payload, kind, hash=ALL):
        window = open_map(payload, hash=hash)
        with window.expect_download() as waited:
            window.get_by_role("button", name=f"Download as {kind}").click()
        path = tmp_path / waited.value.suggested_filename
        waited.value.save_as(path)
        save.name = path.name
        return path.read_bytes()

    return save


def reports_of(payload):
    """The reports as dictionaries, with the id of their study."""
    columns = payload["reports"]
    ids = payload["studies"]["id"]
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return {row["id"]: EMPTY | row | {"study_id": ids[row["study"]]} for row in rows}


def one_line(text):
    text = re.sub(r"[\u202a-\u202e\u2066-\u2069]", "", text)
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+", " ", text).strip()


AWKWARD = [
    {"title": "An {unbalanced} brace } and { 100 % of $5 & more_under #1 ~ ^ \\ back", "authors": "Müller, Jörg; O’Hara, Áine", "year": 2020,
     "journal": "Health & Social Care", "volume": "1", "issue": "2", "pages": "S18–26", "doi": "doi:10.1000/a_b.", "pmid": "123", "pmcid": "PMC9",
     "summary": "Says 50 % more & so on."},
    {"title": "@article{evil,\n  title = {x}\n}\r\nTY  - JOUR\r\nER  - ", "authors": "Smith J; Health and Care Team", "summary": "a\nTI  - b"},
    {"title": '=HYPERLINK("http://evil.example/";"x")', "authors": "+cmd|' /C calc'!A0", "summary": "  @SUM(1)", "journal": "\t=1+1", "year": 2021},
    {"title": "שלום \u202eabc \u200f עולם 為有復雜需求 \U0001d49c", "authors": "山田 太郎; 李小龙", "journal": "-2+3", "trialName": "'=1"},
    {"title": "Long " + "title " * 1_666, "authors": "; ".join(f"Name{n} A" for n in range(300))},
    {"title": "Said \"so\", twice,\u2028and; more", "authors": "et al.", "pages": "ePub"},
]  # fmt: skip


@pytest.fixture(scope="module")
def awkward_payload():
    """A map of awkward reports, one a study and one more; labels with commas, semicolons and twice the same."""
    types = [
        ["type_a", "Reviews; of {all} kinds", -1, "", "reviews"],
        ["type_b", "=Trials, randomised", -1, "", ""],
    ]
    what = [
        ["g", "Group", -1, "", ""],
        ["g1", "Other", 0, "", ""],
        ["k", "Kind", -1, "", ""],
        ["k1", "Other", 2, "", ""],
    ]
    dimensions = [
        make_dimension("what", "row", what),
        make_dimension("year", "column", [["c", "A measure", -1, "", ""]]),
        make_dimension("type", "segment", types),
    ]
    reports = [
        {"study": n, "id": f"R{n}", "year": None} | EMPTY | {"id": f"R{n}"} | one
        for n, one in enumerate(AWKWARD)
    ]
    reports.append(
        EMPTY | {"study": len(AWKWARD) - 1, "id": "r 5!", "title": "Another", "authors": "Ek B", "year": 1999}
    )
    n = len(AWKWARD)
    codes = {"what": [[1, 3]] * n, "year": [[0]] * n, "type": [[study % 2] for study in range(n)]}
    return make_payload(dimensions, codes, reports, title="A map: 50 % {awkward}\nEdition")  # fmt: skip


@pytest.fixture(params=["peer_payload", "small_payload", "awkward_payload"])
def payload(request):
    return request.getfixturevalue(request.param)


def test_ris_is_read_back_whole(export, payload):
    text = export(payload, "RIS").decode("utf-8")
    lines = text.split("\r\n")
    assert "\n" not in "".join(lines)
    assert "\r" not in "".join(lines)
    assert all(line == "" or re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines)
    assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", text)
    reports, entries = reports_of(payload), rispy.loads(text)
    assert len(entries) == len(reports)
    for entry in entries:
        report = reports.pop(entry["id"])
        assert entry["type_of_reference"] == "JOUR"
        assert entry.get("title", "") == one_line(report["title"])
        assert entry.get("year", "") == str(report["year"] or "")
        assert entry.get("secondary_title", "") == one_line(report["journal"])
        assert f"Study {report['study_id']} " in entry["notes"][0]
        assert ("abstract" in entry) == bool(report["summary"])
        assert len(entry["keywords"]) >= 1
        assert all(": " in word for word in entry["keywords"])
        assert not re.search(";", "".join(entry["keywords"]))
    parsed = parse_ris(text, "map.ris")
    assert sum(parsed.repairs.values()) == 0


def test_ris_holds_names_pages_and_numbers_as_reference_managers_want_them(
    export, awkward_payload, peer_payload
):
    entries = {entry["id"]: entry for entry in rispy.loads(export(awkward_payload, "RIS").decode())}
    first = entries["R0"]
    assert first["authors"] == ["Müller, Jörg", "O’Hara, Áine"]
    assert (first["start_page"], first["end_page"]) == ("S18", "26")
    assert (first["doi"], first["urls"]) == ("10.1000/a_b", ["https://doi.org/10.1000/a_b"])
    assert first["accession_number"] == "123"
    assert first["abstract"] == "Plain summary by the makers of the map: Says 50 % more & so on."
    assert first["keywords"] == [
        "What: Group: Other", "What: Kind: Other", "Year: A measure", "Type: Reviews, of {all} kinds",
    ]  # fmt: skip
    assert entries["R1"]["authors"] == ["Smith, J", "Health and Care Team"]
    assert entries["R3"]["authors"] == ["山田, 太郎", "李小龙"]
    assert len(entries["R4"]["authors"]) == 300
    assert "authors" not in entries["R5"]
    assert "start_page" not in entries["R5"]
    peer = {entry["id"]: entry for entry in rispy.loads(export(peer_payload, "RIS").decode())}
    assert peer["P0355"]["authors"][:2] == ["Pfeiffer, P. N.", "King, C"]
    assert peer["P0356"]["authors"][:2] == ["Johnson, Sonia", "Lamb, Danielle"]
    assert len(peer["P0356"]["authors"]) == 24  # the source gives them twice
    assert (peer["P0356"]["start_page"], peer["P0356"]["end_page"]) == ("409", "418")


def test_bibtex_is_read_back_whole(export, payload):
    text = export(payload, "BibTeX").decode("utf-8")
    library = bibtexparser.parse_string(text, append_middleware=[middlewares.LatexDecodingMiddleware()])
    assert library.failed_blocks == []
    assert library.comments == []
    reports = reports_of(payload)
    assert len(library.entries) == len(reports)
    assert len({entry.key.casefold() for entry in library.entries}) == len(reports)
    assert all(re.fullmatch(r"[A-Za-z0-9-]+", entry.key) for entry in library.entries)
    titles = sorted(plain(entry["title"]) for entry in library.entries if "title" in entry.fields_dict)
    assert titles == sorted(plain(one_line(r["title"])) for r in reports.values() if r["title"])
    parsed = parse_bibtex(text, "map.bib")
    assert sum(parsed.repairs.values()) == 0
    ours = sorted(record["title"].replace("(", "{").replace(")", "}") for record in parsed.records)
    theirs = sorted(one_line(r["title"]).replace("(", "{").replace(")", "}") for r in reports.values())
    assert ours == theirs


def plain(text):
    """Letters alone: decoders differ in what they make of dashes, quotes and brackets."""
    return re.sub(r"[\W_ˆ]+", " ", text).strip()


def test_bibtex_braces_stay_balanced_names_whole_and_addresses_as_they_are(export, awkward_payload):
    text = export(awkward_payload, "BibTeX").decode("utf-8")
    assert text.count("{") == text.count("}")
    library = bibtexparser.parse_string(
        text, append_middleware=[middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
    )
    entries = {entry.key: entry for entry in library.entries}
    first = entries["muller2020-R0"]
    assert (first.entry_type, first["doi"], first["url"]) == (
        "article",
        "10.1000/a_b",
        "https://doi.org/10.1000/a_b",
    )
    assert first["pages"] == "S18--26"
    assert [(name.last, name.first) for name in first["author"]] == [
        (["Müller"], ["Jörg"]),
        (["O’Hara"], ["Áine"]),
    ]
    second = entries["smith-R1"]
    assert second.entry_type == "misc"
    assert [name.last for name in second["author"]] == [["Smith"], ["{Health and Care Team}"]]
    assert len(entries["name0-R4"]["author"]) == 300


def test_csv_is_read_back_whole(export, payload):
    raw = export(payload, "CSV")
    assert raw.startswith(b"\xef\xbb\xbf")
    text = raw.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    reports = reports_of(payload)
    assert [row["publication_id"] for row in rows] != []
    assert None not in rows[0]
    assert {row["publication_id"] for row in rows} == set(reports)
    for row in rows:
        report = reports[row["publication_id"]]
        assert row["study_id"] == report["study_id"]
        for name in ("title", "authors", "journal", "summary", "volume"):
            assert row[name].replace("'", "") == report[name].replace("'", "")
        assert row["year"] == str(report["year"] or "")
    assert all(line.endswith("\r\n") for line in re.findall(r'(?:"(?:[^"]|"")*"|[^"\n])*\n', text))
    ids = {dimension["id"] for dimension in payload["dimensions"]}
    assert ids <= {name.removesuffix("_codes") for name in rows[0]}


def test_csv_holds_no_formula_and_the_codes_by_dimension(export, awkward_payload):
    rows = list(csv.DictReader(io.StringIO(export(awkward_payload, "CSV").decode("utf-8-sig"), newline="")))
    cells = [cell for row in rows for cell in [*row, *row.values()]]
    assert not [cell for cell in cells if re.match(r"\s*[=+\-@\t\r]", cell)]
    third = next(row for row in rows if row["publication_id"] == "R2")
    assert third["title"] == '\'=HYPERLINK("http://evil.example/";"x")'
    assert (third["authors"], third["summary"], third["journal"]) == (
        "'+cmd|' /C calc'!A0",
        "'  @SUM(1)",
        "'\t'=1+1",
    )
    behind = re.compile(r"[;\t\r\n]\s*[=+\-@]")
    assert not [cell for cell in cells if behind.search(cell)]
    assert next(row for row in rows if row["publication_id"] == "R3")["trial_name"] == "''=1"
    assert third["what"] == "Group: Other; Kind: Other"
    assert third["year_codes"] == "A measure"  # there is a column "year" already
    assert [row["type"] for row in rows if row["publication_id"] in ("R0", "R1")] == [
        "Reviews; of {all} kinds", "'=Trials, randomised",
    ]  # fmt: skip


def test_what_is_listed_is_exported_and_nothing_else(export, peer_payload, peer_support):
    cell = "list=at:emotional,symptoms"
    everything = [row["id"] for row in rispy.loads(export(peer_payload, "RIS", cell).decode())]
    few = [row["id"] for row in rispy.loads(export(peer_payload, "RIS", f"{cell}&f.country=GB").decode())]
    assert export.name.startswith("peer-support-in-health-and-social-care_2026-11_emotional-assistance-by-")
    codings = peer_support.codings
    in_britain = set(codings.loc[(codings["dimension"] == "country") & (codings["code"] == "GB"), "study_id"])
    study_of = dict(
        zip(peer_support.reports["publication_id"], peer_support.reports["study_id"], strict=True)
    )
    assert few == [report for report in everything if study_of[report] in in_britain]
    assert 0 < len(few) < len(everything)


@pytest.mark.parametrize("kind", ["RIS", "BibTeX", "CSV"])
def test_hostile_text_everywhere_still_makes_a_file_that_can_be_read(export, small_payload, kind):
    spoilt = make_hostile(small_payload | {"outsideScope": []})
    text = export(spoilt, kind).decode("utf-8-sig")
    n = len(spoilt["reports"]["id"])
    if kind == "RIS":
        assert len(rispy.loads(text)) == n
        assert sum(parse_ris(text, "map.ris").repairs.values()) == 0
    elif kind == "BibTeX":
        library = bibtexparser.parse_string(text)
        assert (len(library.entries), library.failed_blocks) == (n, [])
        assert text.count("{") == text.count("}")
    else:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        assert len(rows) == n + 1
        assert {len(row) for row in rows} == {len(rows[0])}
    assert Path(export.name).name == export.name
    assert len(export.name) < 200
