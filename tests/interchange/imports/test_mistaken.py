"""What earlier imports mistook: cases that rest on another's things are listed, and parted in one act."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from cases import actions
from cases.models import Case, Organisation, Passage, Place, Source, Version
from interchange.imports import mistaken
from interchange.models import Mapping
from tests.factories import make_curator, make_terms
from tests.interchange.importing import bring_in, said

pytestmark = pytest.mark.django_db

HEAD = "title,authors,year,source,place,country,lead,began"
WHO = "World Health Organization Regional Office for Europe"
ROWS = (
    f"Case one,{WHO},2019,Self-care and older people,Leeds,GB,Совет 7,2001",
    f"Case two,{WHO},2019,Self-care and teenagers,Leeds,GB,Клуб 7,2002",
    "Third,Lee,2014,C for care,York,GB,Club,2003",
)
COLUMNS = {
    "title": ["title"], "authors": ["source_authors"], "year": ["source_year"], "source": ["source_title"],
    "place": ["place_name"], "country": ["place_country"], "lead": ["organisation:lead-organisation"],
    "began": ["year_start"],
}  # fmt: skip


@pytest.fixture
def _as_imports_once_made_it(tmp_path: Path) -> None:
    """Two cases whose rows said two sources and two organisations, and which rest on one of each."""
    make_terms()
    Mapping.objects.create(name="who", spec={"columns": COLUMNS, "constants": {"kind": "named-case"}})
    bring_in(tmp_path, "\n".join([HEAD, *ROWS]).encode(), mapping="who", duplicates="create")
    cut = "world-health-organization-regional-office-for-europe-2019-self-care-an"
    Source.objects.filter(title="Self-care and older people").update(slug=cut)
    Organisation.objects.filter(name="Совет 7").update(slug="7")
    case = Case.objects.get(slug="case-two")
    for model, wrong, right in (
        (Source, {"title": "Self-care and teenagers"}, {"title": "Self-care and older people"}),
        (Organisation, {"name": "Клуб 7"}, {"name": "Совет 7"}),
    ):
        own = model.objects.get(**wrong)
        actions.split_thing(thing=own, cases=[case], into=model.objects.get(**right), by=None, reason="Once.")
        Passage.objects.unused().delete()
        own.delete()


@pytest.mark.usefixtures("_as_imports_once_made_it")
def test_cases_that_rest_on_anothers_things_are_listed_and_parted_by_the_command() -> None:
    out = io.StringIO()
    untouched = said("case-one"), said("third")
    call_command("part_mistaken", stdout=out)
    assert "case-two, source: World Health Organization" in out.getvalue()
    assert "2 are mistaken" in out.getvalue()
    assert "case-one" not in out.getvalue()
    call_command("part_mistaken", part=True, stdout=out)
    record = said("case-two")
    own = Source.objects.get(title="Self-care and teenagers")
    assert record["sources"] == [{"source": own.slug, "locator": ""}]
    assert record["years"]["passage"]["source"] == own.slug
    assert record["organisations"][0]["organisation"] == Organisation.objects.get(name="Клуб 7").slug
    assert (said("case-one"), said("third")) == untouched
    again = io.StringIO()
    call_command("part_mistaken", stdout=again)
    assert again.getvalue() == "0 are mistaken.\n"
    assert Place.objects.count() == 2


@pytest.mark.usefixtures("_as_imports_once_made_it")
def test_curators_part_what_they_choose_on_a_page(client: Client) -> None:
    address = "/admin/interchange/batch/mistaken/"
    client.force_login(make_curator())
    assert address in client.get("/admin/interchange/batch/").content.decode()
    assert "Self-care and teenagers" in client.get(address).content.decode()
    keys = {each.said.register: each.key for each in mistaken.find_mistaken()[0]}
    done = client.post(address, {"part": keys["sources"], "reason": "Two books."}, follow=True).content.decode()
    assert "1 parted" in done
    assert "Клуб 7" in done
    assert [each.said.register for each in mistaken.find_mistaken()[0]] == ["organisations"]
    case = Case.objects.get(slug="case-two")
    assert "Two books." in str(Version.objects.filter(case=case).latest("number").history_change_reason)
