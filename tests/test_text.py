"""Text is text at every endpoint: one Unicode form, nothing unseen, one meaning in every form it is sent in."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from django import forms
from django.apps import apps
from django.test import Client
from rest_framework import serializers

from accounts.models import User
from annotations.models import Annotation, Group, Tag
from cases.models import Case, Organisation, Proposal
from plaintext.columns import SortKeyField, WrittenModel
from tests.annotations.programs import SITE
from tests.cases.admin.pages import change_page, opened
from tests.factories import make_case, make_curator, make_record, make_source, make_terms, make_user

pytestmark = pytest.mark.django_db

Form = Literal["NFC", "NFD"]
UNSEEN = ["\u200b", "\u00ad\u200d", "\u3164"]
NOTHING = "Nothing can be seen of this: write letters, digits or other signs."
CAFE = "Café à Zürich, 각 한글, Việt"


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@pytest.fixture
def curator(client: Client) -> Client:
    make_terms()
    make_source()
    client.force_login(make_curator(is_superuser=True))
    return client


def sent(client: Client, method: str, path: str, data: Any, **headers: str) -> tuple[int, Any]:
    response = client.generic(
        method, path, forms.JSONField().prepare_value(data), content_type="application/json", headers=headers
    )
    return response.status_code, response.json()


def by_api(client: Client, text: str) -> object:
    status, document = sent(client, "POST", "/api/v1/cases/", make_record("a-cafe", title=text, narrative=text))
    return Case.objects.values_list("title", "narrative").get(slug="a-cafe") if status == 201 else document["errors"]


def by_admin(client: Client, text: str) -> object:
    case = make_case("a-cafe", state="draft")
    typed = opened(client, change_page(case)) | {"title": text, "narrative": text, "reason": "Its name."}
    response = client.post(change_page(case), typed)
    case.refresh_from_db()
    return (case.title, case.narrative) if response.status_code == 302 else response.context["adminform"].form.errors


def by_register(client: Client, text: str) -> object:
    client.post("/admin/cases/organisation/add/", {"name": text, "slug": "a-cafe"})
    return next(iter(Organisation.objects.values_list("name", "name")), None)


def by_suggestion(client: Client, text: str) -> object:
    case = make_case("a-cafe")
    texts = {"title": text, "summary": "Short.", "narrative": text, "reason": text, "opened": case.version}
    client.post("/cases/a-cafe/suggest/", texts)
    return next(((each.record["title"], each.reason) for each in Proposal.objects.all()), None)


def by_proposal(client: Client, text: str) -> object:
    case = make_case("a-cafe")
    etag = {"If-Match": f'"{case.version}"'}
    sent(client, "POST", "/api/v1/proposals/", {"case": "a-cafe", "title": text, "reason": text}, **etag)
    return next(((each.record["title"], each.reason) for each in Proposal.objects.all()), None)


def by_note(client: Client, text: str) -> object:
    make_case("a-cafe", narrative=f"So: {CAFE}.")
    fields = {"case": "a-cafe", "exact": CAFE, "comment": text, "tags": text.replace(",", ""), "audience": "public"}
    client.post("/annotations/write/", fields)
    return next(((note.comment, note.exact) for note in Annotation.objects.all()), None)


def by_web_annotation(client: Client, text: str) -> object:
    make_case("a-cafe", narrative=f"So: {CAFE}.")
    annotation = {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "type": "Annotation",
        "body": [{"type": "TextualBody", "value": text, "purpose": "commenting"}],
        "target": {
            "type": "SpecificResource",
            "source": f"{SITE}/cases/a-cafe/",
            "selector": {"type": "TextQuoteSelector", "exact": CAFE},
        },
    }
    client.generic("POST", "/annotations/", forms.JSONField().prepare_value(annotation), "application/ld+json")
    return next(((note.comment, note.exact) for note in Annotation.objects.all()), None)


def by_group(client: Client, text: str) -> object:
    client.post("/annotations/groups/", {"name": text})
    return next(iter(Group.objects.values_list("name", "name")), None)


def by_profile(client: Client, text: str) -> object:
    client.post("/accounts/", {"name": text, "orcid": ""})
    name = User.objects.values_list("name", flat=True).get(username="curator")
    return (name, name) if name else None


ENDPOINTS = [
    by_api, by_admin, by_register, by_suggestion, by_proposal, by_note, by_web_annotation, by_group, by_profile
]  # fmt: skip


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_text_is_kept_composed_in_whatever_form_it_comes(curator: Client, endpoint: Any) -> None:
    assert endpoint(curator, nfd(CAFE)) == (CAFE, CAFE)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("nothing", UNSEEN[:1])
def test_text_of_which_nothing_is_seen_is_refused(curator: Client, endpoint: Any, nothing: str) -> None:
    kept = endpoint(curator, nothing)
    assert not isinstance(kept, tuple), kept


def test_a_refusal_names_the_field_and_what_to_do(curator: Client) -> None:
    for nothing in UNSEEN:
        status, problem = sent(curator, "POST", "/api/v1/cases/", make_record("unseen", title=nothing))
        assert (status, problem["errors"]) == (400, [{"pointer": "#/title", "detail": NOTHING}])
        response = curator.post("/accounts/", {"name": nothing, "orcid": ""})
        assert response.context["form"].errors == {"name": [NOTHING]}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_query_finds_what_it_means_in_every_form(curator: Client, form: Form) -> None:
    make_case("a-cafe", title=CAFE)
    said = {"case": "a-cafe", "about": "case", "comment": "x", "tags": CAFE[:4], "audience": "public"}
    curator.post("/annotations/write/", said)
    words = unicodedata.normalize(form, CAFE[:4])
    for path, name in [("/api/v1/results/", "q"), ("/api/v1/annotations/", "tag"), ("/annotations/mine/", "tag")]:
        response = curator.get(path, {name: words})
        assert response.status_code == 200, path
        assert "a-cafe" in response.content.decode(), path


def test_one_tag_stays_one_in_every_form_and_case(curator: Client) -> None:
    make_case("a-cafe")
    tags = f"Café, {nfd('Café')}, CAFÉ, to  do"
    curator.post("/annotations/write/", {"case": "a-cafe", "about": "case", "tags": tags, "audience": "public"})
    assert sorted(Tag.objects.values_list("label", flat=True)) == ["Café", "to do"]
    for tag in ("a\u202eb", "a\u200bb", "\u00ad"):
        curator.post("/annotations/write/", {"case": "a-cafe", "about": "case", "tags": tag, "audience": "public"})
    assert Tag.objects.count() == 2


@pytest.mark.parametrize(
    ("narrative", "quote"),
    [
        (nfd("Frau Müller kocht im Café."), "Müller"),
        ("Das Café.", nfd("Café")),
        ("They said “we grew”, then.", 'said "we grew"'),
        ("It’s 5 000 people", "It's 5 000"),
        ("the co\u00adoperation of all", "cooperation"),
        ("the final office", "ﬁnal oﬃce"),
        ("from 2010–2014 on", "2010-2014"),
        ("so on… and on", "so on..."),
        ("in ＡＢＣ town", "ABC"),
        ("a\u200bb c", "ab c"),
        ("« mot » exact", '"mot"'),
    ],
)
def test_a_quotation_in_another_form_finds_its_words(curator: Client, narrative: str, quote: str) -> None:
    case = make_case("a-cafe")
    Case.objects.filter(pk=case.pk).update(narrative=narrative)  # as a narrative of before may stand
    response = curator.post("/annotations/write/", {"case": "a-cafe", "exact": quote, "audience": "public"})
    assert response.status_code == 302, response.content.decode()
    note = Annotation.objects.get()
    assert narrative[note.start : note.end] == note.exact
    offsets = {"start": note.start, "end": note.end, "prefix": narrative[: note.start][-32:]}
    response = curator.post("/annotations/write/", {"case": "a-cafe", "exact": quote, "audience": "public", **offsets})
    assert response.status_code == 302, "with the offsets, too"
    assert set(Annotation.objects.values_list("start", "end", "exact")) == {(note.start, note.end, note.exact)}


def test_other_words_at_the_offsets_are_refused(curator: Client) -> None:
    make_case("a-cafe", narrative="Das Café ist das Cafe.")
    for exact in ("Cafe", "café"):
        wrong = {"case": "a-cafe", "exact": exact, "start": 4, "end": 8, "audience": "public"}
        assert curator.post("/annotations/write/", wrong).status_code == 409
    assert not Annotation.objects.exists()


def test_passwords_stay_as_they_are_typed(client: Client) -> None:
    user = make_user("ann")
    user.set_password(nfd("Zürich-Café-각-9"))
    user.save()
    client.post("/accounts/login/", {"login": "ann", "password": nfd("Zürich-Café-각-9")})
    assert client.session.get("_auth_user_id") == str(user.pk)


# No field can be forgotten


def written_forms() -> Iterator[type[forms.BaseForm]]:
    pending: list[type[forms.BaseForm]] = [forms.BaseForm]
    while pending:
        found = pending.pop().__subclasses__()
        pending += found
        ours = ("accounts", "annotations", "cases", "taxonomy")
        yield from (each for each in found if each.__module__.startswith(ours))


MACHINE_FIELDS = {
    "slug",
    "into",
    "path",
    "token",
    "sheet",
    "orcid",
    "q",
    "find",
    "within",
    "login",
    "email",
    "text_sha256",
    "username",
}
"""Fields for what machines made, or for words that are only looked up."""


def test_every_field_of_a_form_that_people_write_in_holds_the_rules() -> None:
    import cases.admin  # noqa: F401, PLC0415 - so that every form is there

    wrong = {
        f"{form.__name__}.{name}"
        for form in written_forms()
        for name, field in getattr(form, "base_fields", {}).items()
        if type(field) is forms.CharField
        and not isinstance(field.widget, forms.PasswordInput | forms.HiddenInput)
        and name not in MACHINE_FIELDS
    }
    assert wrong == set()


def test_every_text_of_a_record_holds_the_rules() -> None:
    from cases.serializers import CaseSerializer  # noqa: PLC0415

    def texts(field: Any, path: str) -> Iterator[tuple[str, Any]]:
        for name, inner in getattr(field, "fields", {}).items():
            yield from texts(inner, f"{path}.{name}")
        if hasattr(field, "child") and not field.read_only:
            yield from texts(field.child, path)
        if type(field) is serializers.CharField and not field.read_only:
            yield path, field

    assert dict(texts(CaseSerializer(), "")) == {}


def test_every_model_that_people_write_in_is_a_written_model() -> None:
    own = [apps.get_app_config(name) for name in ("accounts", "annotations", "cases", "taxonomy")]
    named = [
        model
        for app in own
        for model in app.get_models()
        if any(isinstance(field, SortKeyField) for field in model._meta.fields)
    ]
    assert all(issubclass(model, WrittenModel) for model in named)
    assert {model.__name__ for model in named} == {"Case", "Group", "Organisation", "Place", "Source"}
