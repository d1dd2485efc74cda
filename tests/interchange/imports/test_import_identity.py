"""What rows name in the registers: the same, new, or alike and asked; never one for another because of a slug."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.models import Case, Organisation, Place, Source
from interchange.imports import batches
from interchange.imports.planning import Planner, choose_spec
from interchange.imports.reading.files import open_table
from interchange.models import AlikeThing, Batch, ImportRow, Mapping
from tests.factories import make_case, make_curator, make_source, make_terms
from tests.interchange.importing import bring_in, refused, said

pytestmark = pytest.mark.django_db

FIELDS = (
    "title", "kind", "summary", "place_name", "place_country", "place_area", "latitude", "longitude", "year_start",
    "source_authors", "source_year", "source_title", "source_doi", "source_url", "source_container", "places",
    "countries", "organisation:partner", "sectors", "eligibility_reason", "evidence_passage",
)  # fmt: skip
WHO = "World Health Organization Regional Office for Europe"


@pytest.fixture(autouse=True)
def _mapping() -> None:
    make_terms()
    columns = {name: [name] for name in FIELDS} | {"second": ["summary"]}
    Mapping.objects.create(name="simple", spec={"columns": columns, "constants": {"kind": "named-case"}})


def table(*rows: dict[str, Any]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, [*FIELDS, "second"], restval="")
    writer.writeheader()
    writer.writerows({"title": f"Case {chr(65 + number) * 3}", **row} for number, row in enumerate(rows))
    return text.getvalue().encode()


def enter(folder: Path, *rows: dict[str, Any], **options: Any) -> tuple[str, str]:
    """Bring rows in, and return what was said."""
    out, err = io.StringIO(), io.StringIO()
    bring_in(folder, table(*rows), mapping="simple", duplicates="create", out=out, err=err, **options)
    return out.getvalue(), err.getvalue()


def organisation_of(row: ImportRow) -> str:
    return str((row.record or {})["organisations"][0]["organisation"])


def source(authors: str, title: str, **rest: Any) -> dict[str, Any]:
    return {"source_authors": authors, "source_year": "2014", "source_title": title, "year_start": "2015", **rest}


@pytest.mark.parametrize(
    "pair",
    [
        (source(WHO, "Self-care and older people"), source(WHO, "Self-care and teenagers")),
        (source("Lee", "C++ for care"), source("Lee", "C for care")),
        (source("田中", "報告 A"), source("鈴木", "調査 A")),
        (source("Über", "A report"), source("Uber", "A report")),
        (source("Lee", "Volume 1"), source("Lee", "Volume 2")),
        (source("Lee", "A report", source_url="https://s.example/A"), source("Kim", "A report", source_url="https://s.example/a")),
        (source("A, B, C, D, E, F" * 15, "A first study"), source("A, B, C, D, E, F" * 15, "Quite another")),
    ],
)  # fmt: skip
def test_sources_whose_words_differ_are_two_and_passages_rest_on_their_own(
    tmp_path: Path, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    enter(tmp_path, *pair)
    sources = {each.title: each for each in Source.objects.all()}
    assert len(Source.objects.all()) == 2
    for slug, row in zip(("case-aaa", "case-bbb"), pair, strict=True):
        record = said(slug)
        own = Source.objects.get(slug=record["years"]["passage"]["source"])
        assert (own.authors, own.title) == (row["source_authors"], row["source_title"])
        assert record["sources"] == [{"source": own.slug, "locator": ""}]
    assert all(each.slug.isascii() for each in sources.values())
    _, err = enter(tmp_path, *pair)
    assert (Source.objects.count(), Case.objects.count()) == (2, 2)
    assert Batch.objects.count() == 1, err


@pytest.mark.parametrize(
    "names",
    [("Обнинск", "Тверь", "Москва"), ("C++", "C", "C#"), ("Über", "Uber"), ("Nan", "Null", "None"), ("北京", "東京")],
)
def test_organisations_and_places_whose_words_differ_are_their_own(tmp_path: Path, names: tuple[str, ...]) -> None:
    rows = [{"organisation:partner": name, "place_name": name, "place_country": "TH"} for name in names]
    _, err = enter(tmp_path, *rows)
    assert sorted(Organisation.objects.values_list("name", flat=True)) == sorted(names)
    assert sorted(Place.objects.values_list("name", flat=True)) == sorted(names)
    assert ("kept as a name" in err) == ("Nan" in names)


def test_places_of_one_name_are_told_apart_by_country_and_area(tmp_path: Path) -> None:
    springs = [("US", "Ohio"), ("US", "Texas"), ("GB", ""), ("US", "Ohio")]
    enter(tmp_path, *({"place_name": "Springfield", "place_country": c, "place_area": area} for c, area in springs))
    assert sorted(Place.objects.values_list("slug", "country", "admin_area")) == [
        ("springfield", "US", "Ohio"),
        ("springfield-2", "US", "Texas"),
        ("springfield-3", "GB", ""),
    ]


def test_what_is_the_same_is_used_and_said_with_its_reason(tmp_path: Path) -> None:
    Source.objects.create(slug="s1", authors="Smith", year=2014, title="Gardens", doi="10.1000/X")
    Organisation.objects.create(slug="o1", name="The Lead")
    Place.objects.create(slug="p1", name="Leeds", country="GB")
    row = source("SMITH", "gardens", source_doi="https://doi.org/10.1000/x", source_container="A book")
    out, err = enter(
        tmp_path, {**row, "organisation:partner": "THE  LEAD", "place_name": "leeds", "place_country": "UK"}
    )
    assert (Source.objects.count(), Organisation.objects.count(), Place.objects.count()) == (1, 1, 1)
    for words in (
        "row 2, source: SMITH 2014 “gardens” — the same DOI (s1)",
        "row 2, organisation: THE  LEAD — the same name (o1)",
        "row 2, place: leeds, GB — the same name and country (p1)",
        "row 2, case: Case AAA — new",
    ):
        assert words in out
    assert (
        "source_container (“A book”): [noted] This was left out: “s1” stands in the sources and has nothing here."
        in err
    )


def test_what_is_alike_is_asked_once_kept_apart_until_decided_and_then_holds(tmp_path: Path) -> None:
    Organisation.objects.create(slug="uber", name="Uber", country="DE")
    rows = [{"organisation:partner": "Über"} for _ in range(3)]
    file = tmp_path / "questions.csv"
    _, err = enter(tmp_path, *rows, dry_run=True, questions=file)
    assert err.count("organisation: Über is like Uber, DE (uber)") == 1
    assert "Undecided, it is kept apart" in err
    assert Organisation.objects.count() == 1
    asked = list(csv.DictReader(file.read_text("utf-8").splitlines()))
    assert [(each["register"], each["name"], each["decision"]) for each in asked] == [("organisations", "Über", "")]
    for decision, code, number in (("nobody", 2, 1), ("uber", 0, 1)):
        with file.open("w", encoding="utf-8", newline="") as content:
            writer = csv.DictWriter(content, list(asked[0]))
            writer.writeheader()
            writer.writerows([asked[0] | {"decision": decision}])
        given = refused(tmp_path, table(*rows), mapping="simple", duplicates="create", decisions=file)
        assert (given[0], Organisation.objects.count()) == (code, number)
    assert {entry["organisation"] for entry in said("case-ccc")["organisations"]} == {"uber"}
    enter(tmp_path, *rows, {"organisation:partner": "Über"})
    assert Organisation.objects.count() == 1  # what was decided before holds for this table


def test_what_is_alike_is_decided_in_the_preview_in_one_go_or_singly(client: Client) -> None:
    Organisation.objects.create(slug="uber", name="Uber")
    client.force_login(make_curator())
    content = table({"organisation:partner": "Über"}, {"organisation:partner": "Über"})
    sent = {"file": SimpleUploadedFile("a.csv", content), "mapping": "simple"}
    page = client.post("/admin/interchange/batch/add/", sent, follow=True).content.decode()
    batch, thing = Batch.objects.get(), AlikeThing.objects.get()
    assert "organisation:\n      Über — new" in page
    address = f"/admin/interchange/batch/{batch.pk}/alike/"
    assert address in page
    asked = client.get(address).content.decode()
    assert "It is Uber" in asked
    assert "Row 2, organisation: Über" in asked
    decided = client.post(address, {f"thing-{thing.pk}": "uber"}, follow=True).content.decode()
    assert "Über — as decided" in decided
    assert [organisation_of(row) for row in batch.rows.all()] == ["uber", "uber"]
    client.post(address, {f"thing-{thing.pk}": "new"}, follow=True)
    assert organisation_of(batch.rows.latest("number")) == "uber-2"
    client.post(address, {f"thing-{thing.pk}": "nonsense"}, follow=True)
    assert AlikeThing.objects.get().decision == "new"
    AlikeThing.objects.update(decision="")
    client.post(address, {"all": "first"}, follow=True)
    assert AlikeThing.objects.get().decision == "uber"


def test_what_a_curator_made_of_a_thing_is_still_what_the_rows_of_its_cases_mean(tmp_path: Path) -> None:
    row = {**source("Lee", "A report"), "organisation:partner": "NHS", "place_name": "Leeds", "place_country": "GB"}
    enter(tmp_path, row)
    Organisation.objects.update(country="GB")
    for thing in (Organisation.objects.get(), Place.objects.get()):
        thing.save()
    place, cited = Place.objects.get(), Source.objects.get()
    place.admin_area, cited.title = "Yorkshire", "A report, corrected"
    cited.save()  # its history knows what it was called
    place.save()
    before = said("case-aaa")
    enter(tmp_path, row)
    assert said("case-aaa") == before
    assert (Source.objects.count(), Organisation.objects.count(), Place.objects.count()) == (1, 1, 1)


def test_what_was_entered_meanwhile_stops_an_import_from_resting_on_it(tmp_path: Path) -> None:
    for entered in ({"slug": "uber", "name": "Something else"}, {"slug": "other", "name": "Uber"}):
        Organisation.objects.all().delete()
        read = open_table(io.BytesIO(table({"organisation:partner": "Uber"})), "a.csv")
        spec = choose_spec(read, "simple")
        batch = batches.create_batch(table=read, name="a", sha256="", mapping=("simple", spec.plain()), by=None)
        batches.plan_next_rows(batch=batch, plan=Planner(batch).plan, by=None)
        Organisation.objects.create(**entered)
        with pytest.raises(batches.CatalogueChanged):
            batches.apply_batch(batch=batch, by=None)


@pytest.mark.parametrize("name", ["b.json", "b.csv"])
def test_what_an_export_names_by_a_slug_that_is_another_thing_here_is_its_own(
    tmp_path: Path, client: Client, name: str
) -> None:
    make_source()
    case = make_case("theirs", sources=[{"source": "loeffler-2020", "locator": ""}])
    exported = b"".join(client.get(f"/export/cases.{name[2:]}").streaming_content)  # type: ignore[attr-defined]  # streamed
    used = said("theirs")["sources"][0]["source"]
    Case.objects.filter(pk=case.pk).update(slug="ours")
    stands = Source.objects.get(slug=used)
    title, authors = stands.title, stands.authors
    Source.objects.filter(pk=stands.pk).update(title="A book of quite other things", authors="Nobody")
    Source.objects.get(pk=stands.pk).save()
    Source.history.all().delete()
    err = io.StringIO()
    bring_in(tmp_path, exported, name=name, err=err, duplicates="create")
    own = Source.objects.get(slug=f"{used}-2")
    assert (own.title, own.authors) == (title, authors)
    assert used not in json.dumps(said("theirs")).replace(own.slug, "")
    assert f"here it is “{own.slug}”" in err.getvalue()
    assert said("ours")["sources"][0]["source"] == used


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ({"latitude": "51.5", "longitude": "0.1"}, "latitude", "this point was left out"),
        ({"latitude": "51.5", "longitude": "0.1", "place_country": "GB"}, "longitude", "this point was left out"),
        ({"summary": "One.", "second": "Two."}, "second", "“summary” gave the summary already"),
        ({"sectors": "N/A"}, "sectors", "read as an empty cell"),
        ({"sectors": "health; n/a"}, "sectors", "was read as nothing"),
        ({"year_start": "-"}, "year_start", "read as an empty cell"),
        ({"places": "Leeds", "place_name": "York"}, "place_name", "left out"),
        ({"place_name": "Leeds", "place_country": "GB", "countries": "France"}, "countries", "left out: France"),
        ({"evidence_passage": "It is said."}, "evidence_passage", "nothing is said that it would support"),
    ],
)
def test_what_is_mapped_and_not_used_is_said(tmp_path: Path, row: dict[str, Any], column: str, words: str) -> None:
    _, err = enter(tmp_path, row)
    lines = [line for line in err.splitlines() if line.startswith(f"row 2, {column}")]
    assert [line for line in lines if words in line], err


def test_a_column_that_is_misspelt_is_named_with_what_it_may_be(tmp_path: Path) -> None:
    code, words = refused(tmp_path, b"title,kind,sumary,source_authors\nAny,named-case,Help.,Lee\n")
    assert (code, "sumary (summary?)" in words) == (2, True)
    _, words = refused(tmp_path, table({}).replace(b"place_country", b"place_cuntry"), mapping="simple")
    assert "place_cuntry (place_country?)" in words
    _, words = refused(tmp_path, b'title,sumary,record\nAny,x,"{""slug"": ""any"", ""titel"": ""A""}"\n')
    assert "sumary (summary?)" in words
    assert "(“titel”): [noted] A record has nothing of this name" in words
