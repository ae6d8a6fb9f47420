"""EndNote XML: the fields it holds, and files that would reach beyond themselves."""

from __future__ import annotations

import pytest

from mapanalysis.errors import DataError
from mapanalysis.sources.endnote import parse_endnote
from mapanalysis.sources.records import ENDNOTE, format_of

STYLE = '<style face="normal" font="default" size="100%">{}</style>'
RECORD = f"""<record><database name="Mine.enl">Mine.enl</database><ref-type name="Journal Article">17</ref-type>
<rec-number>7</rec-number>
<contributors><authors><author>{STYLE.format("Lee, Ann")}</author><author>Garden Study Group,</author></authors></contributors>
<titles><title>{STYLE.format("Roots")}<style face="italic"> &amp; mood</style></title><secondary-title>Soil</secondary-title></titles>
<periodical><full-title>Journal of Soil</full-title></periodical><pages>10-19</pages><volume>4</volume><number>2</number>
<keywords><keyword>Gardens</keyword><keyword>Mood; Sleep</keyword></keywords>
<dates><year>{STYLE.format("2019")}</year></dates><accession-num>30000001</accession-num>
<abstract>{STYLE.format("Text of it.")}</abstract><custom2>PMC12</custom2>
<electronic-resource-num>10.5555/a</electronic-resource-num><urls><related-urls><url>https://example.org</url></related-urls></urls>
<language>eng</language></record>"""


def whole(*records: str, before: str = '<?xml version="1.0" encoding="UTF-8" ?>') -> str:
    return f"{before}<xml><records>{''.join(records)}</records></xml>"


def test_the_fields_of_a_record_are_read():
    parsed = parse_endnote(whole(RECORD), "a.xml")
    assert parsed.records == [
        {
            "record_id": "", "record_type": "Journal Article", "title": "Roots & mood",
            "authors": "Lee, Ann; Garden Study Group", "year": "2019", "journal": "Journal of Soil", "volume": "4",
            "issue": "2", "pages": "10-19", "doi": "10.5555/a", "pmid": "30000001", "pmcid": "PMC12",
            "language": "eng", "url": "https://example.org", "abstract": "Text of it.",
        }
    ]  # fmt: skip
    assert parsed.keywords == [["Gardens", "Mood", "Sleep"]]


def test_an_accession_number_of_another_database_is_no_pubmed_number():
    text = RECORD.replace("30000001", "WOS:000123")
    assert parse_endnote(whole(text), "a.xml").records[0]["pmid"] == ""


def test_a_record_of_nothing_is_a_record_of_nothing():
    (record,) = parse_endnote(whole("<record></record>"), "a.xml").records
    assert set(record.values()) == {""}


@pytest.mark.parametrize("before", ['<?xml version="1.0"?>\n', "", "\n  "])
def test_the_format_is_known_by_its_content(before):
    assert format_of(whole(RECORD, before=before), "export.txt") is ENDNOTE


@pytest.mark.parametrize(
    "entity",
    [
        '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE xml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE xml SYSTEM "http://example.org/a.dtd">',
    ],
)
def test_document_types_and_entities_are_refused(entity):
    text = whole(RECORD.replace("Roots", "&x;"), before=entity)
    with pytest.raises(DataError, match="a document type or entities"):
        parse_endnote(text, "a.xml")


@pytest.mark.parametrize("cut", [50, 400, len(whole(RECORD)) - 10])
def test_a_file_cut_off_is_refused(cut):
    with pytest.raises(DataError, match="cut off"):
        parse_endnote(whole(RECORD)[:cut], "a.xml")


def test_a_file_nested_ten_thousand_deep_is_read():
    deep = "<style>" * 10_000 + "Deep" + "</style>" * 10_000
    (record,) = parse_endnote(
        whole(f"<record><titles><title>{deep}</title></titles></record>"), "a.xml"
    ).records
    assert record["title"] == "Deep"
