"""What was typed into a form is not lost when the session has ended or another one has begun."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db.models import Model
from django.test import Client

from accounts import unsent
from accounts.models import UnsentForm, User
from annotations import actions as notes
from annotations.models import Annotation
from annotations.records import NoteContent
from cases.markdown import narrative_text
from cases.models import Case, Organisation, Proposal, Source
from codelivery.filling import FormReader
from taxonomy.models import Term
from tests.cases.admin.pages import ADD, change_page, form_of, whole_case, with_parts
from tests.factories import make_case, make_terms, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PASSWORD = "a long enough phrase"
STORY = "It began small in one library.\n\nThen it grew: “every” library has <one> & more."
Typed = dict[str, Any]


@pytest.fixture
def case() -> Case:
    make_terms()
    return make_case("library", title="The library", narrative=STORY)


@pytest.fixture
def ann() -> User:
    user = make_user("ann", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def bob() -> User:
    user = make_user("bob", is_staff=True)
    user.set_password(PASSWORD)
    user.save()
    return user


class Browser(Client):
    """A browser: it sends CSRF tokens, and where its forms stand."""

    def __init__(self) -> None:
        super().__init__(enforce_csrf_checks=True, headers={"Origin": "http://testserver"})

    def signs_in(self, name: str, page: str = "/") -> Any:
        shown = self.get("/accounts/login/", {"next": page})
        typed = {"login": name, "password": PASSWORD, "next": page, "csrfmiddlewaretoken": token_on(shown)}
        return self.post("/accounts/login/", typed)

    def sends(self, page: str, to: str, typed: Typed, headers: dict[str, str] | None = None) -> Any:
        """Open a page, and prepare to send a form of it: the function sends it."""
        token = token_on(self.get(page))
        sent = {"csrfmiddlewaretoken": token} | typed
        return lambda: self.post(to, sent, headers={"Referer": f"http://testserver{page}"} | (headers or {}))

    def session_ends(self) -> None:
        Session.objects.all().delete()


@pytest.fixture
def client(ann: User) -> Browser:
    client = Browser()
    client.signs_in("ann")
    return client


def token_on(response: Any) -> str:
    tokens = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', response.content.decode())
    return str(tokens[-1])


def next_of(response: Any) -> str:
    """Where sign-in, to which a response leads, leads to."""
    address = response.get("HX-Redirect") or response["Location"]
    assert urlsplit(address).path == "/accounts/login/"
    return str(parse_qs(urlsplit(address).query)["next"][0])


def filled(client: Client, address: str, to: str) -> Typed:
    """What the form on a page holds, by name, whose button would send it to an address."""
    response = client.get(address, follow=True)
    page, here = response.content.decode(), response.request["PATH_INFO"]
    forms = [form for form in FormReader(page).forms if form.posts_to(to, here)]
    held = [values_in(page, form) for form in forms]
    (found,) = [values for values in held if "unsent" in values]
    assert "Nothing was sent yet" in page
    return found


def values_in(page: str, form: Any) -> Typed:
    found: dict[str, list[str]] = {}
    for control in form.controls:
        attrs = control.tag.attrs
        value = attrs.get("value") or ("on" if control.kind == "checkbox" else "")
        if control.kind == "textarea":
            value = unescape(page[control.tag.end : control.closes]).removeprefix("\n")
        chosen = [o.attrs.get("value") or "" for o in control.options if "selected" in o.attrs]
        skipped = control.kind in {"checkbox", "radio"} and "checked" not in attrs
        values = chosen if control.kind == "select" else [] if skipped else [value]
        if control.name and control.kind not in {"submit", "button"}:
            found.setdefault(control.name, []).extend(values)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


TYPED = 'Quite "so" <b>&amp;</b>\r\n\r\n  – and more </textarea><script>alert(1)</script>'


def note(**more: str) -> Typed:
    start = narrative_text(STORY).index("“every”")
    place = {"start": str(start), "end": str(start + 7), "prefix": "Then it grew: ", "suffix": " library"}
    words = {"case": "library", "about": "words", "exact": "“every”", "comment": TYPED, "tags": "a, b"}
    return words | place | {"audience": "public", "codes": ["type:peer-support"]} | more


def lines(typed: Typed) -> Typed:
    """As a browser reads it: all is text, line ends are LF, and one value is no list."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in typed.items()}
    texts = {name: [str(each).replace("\r\n", "\n") for each in values] for name, values in lists.items()}
    return {name: values[0] if len(values) == 1 else values or "" for name, values in texts.items()}


def forms_of(case: Case, ann: User) -> dict[str, tuple[str, str, Typed]]:
    """Forms of each kind: the page it stands on, where it is sent, and what is typed."""
    own, other = (
        notes.create_note(case=case, passage=None, content=NoteContent("Mine", audience="public"), by=by)
        for by in (ann, make_user("eve"))
    )
    draft = make_case("draft", state="draft")
    version = case.version
    source = Source.objects.get(slug="loeffler-2020")
    term = Term.objects.get(vocabulary__slug="type", slug="peer-support")
    return {
        "note": ("/cases/library/", "/annotations/write/", note()),
        "reply": ("/cases/library/", f"/annotations/{other.uid}/reply/", {"comment": TYPED}),
        "revision": (
            "/cases/library/",
            f"/annotations/{own.uid}/edit/",
            {"comment": TYPED, "tags": "x", "audience": "private", "version": "1"},
        ),
        "flag": ("/cases/library/", f"/annotations/{other.uid}/flag/", {"reason": "Rude."}),
        "group": ("/annotations/groups/", "/annotations/groups/", {"name": "Readers of <em>"}),
        "suggestion": (
            "/cases/library/suggest/",
            "/cases/library/suggest/",
            {"title": "A library", "narrative": TYPED, "reason": "Wrong.", "opened": str(version)},
        ),
        "remark": ("/cases/draft/review/", "/cases/draft/review/remark/", {"text": TYPED, "path": ""}),
        "profile": ("/accounts/", "/accounts/", {"name": "Ann “A” <x>", "orcid": "0000-0002-1825-0097"}),
        "e-mail": ("/accounts/email/", "/accounts/email/", {"email": "ann@new.example", "action_add": ""}),
        "source": (
            "/admin/cases/source/add/",
            "/admin/cases/source/add/",
            {"authors": "Ångström", "year": "1999", "title": TYPED, "slug": "a-1999", "kind": "report"},
        ),
        "a source of before": (
            f"/admin/cases/source/{source.pk}/change/",
            f"/admin/cases/source/{source.pk}/change/",
            {"authors": "Other", "year": "1999", "title": "T", "note": TYPED},
        ),
        "term": (
            f"/admin/taxonomy/term/{term.pk}/change/",
            f"/admin/taxonomy/term/{term.pk}/change/",
            {"definition": TYPED, "reason": "Why not.", "opened": str(term.version)},
        ),
        "withdrawal": (
            f"/admin/cases/case/{case.pk}/withdraw/",
            f"/admin/cases/case/{case.pk}/withdraw/",
            {"reason": TYPED, "opened": str(version)},
        ),
        "draft": (change_page(draft), change_page(draft), {"title": "Other", "summary": TYPED, "opened": "1"}),
    }


def counts() -> dict[str, int]:
    models: list[type[Model]] = [Annotation, Proposal, Case, Source, Term]
    return {model.__name__: model._default_manager.count() for model in models}


def only(typed: Typed, held: Typed) -> Typed:
    """Of what a form holds, what was typed into it."""
    return {name: value for name, value in lines(held).items() if name in typed} | {
        name: "" for name in typed if name not in held
    }


@pytest.mark.parametrize("htmx", [False, True])
def test_what_was_typed_is_given_back_after_signing_in_again(
    client: Browser, case: Case, ann: User, *, htmx: bool
) -> None:
    forms, before = forms_of(case, ann), counts()
    headers = {"HX-Request": "true"} if htmx else {}
    sending = {kind: client.sends(*form, headers) for kind, form in forms.items()}
    client.session_ends()
    leading = {kind: next_of(send()) for kind, send in sending.items()}
    client.signs_in("ann")
    held = {kind: filled(client, address, forms[kind][1]) for kind, address in leading.items()}
    assert {kind: only(forms[kind][2], held[kind]) for kind in forms} == {
        kind: lines(typed) for kind, (_, _, typed) in forms.items()
    }
    assert counts() == before


def test_a_whole_case_is_given_back_with_the_parts_that_were_added(client: Browser, case: Case) -> None:
    typed = whole_case(form_of(client.get(ADD)))
    send = client.sends(ADD, ADD, typed)
    client.session_ends()
    came = client.signs_in("ann", next_of(send()))
    held = filled(client, came["Location"], ADD)
    assert only(typed, held) == lines(typed)
    assert not Case.objects.filter(slug="sharon").exists()
    assert client.post(ADD, held)["Location"] == "/admin/cases/case/"
    made = Case.objects.get(slug="sharon")
    assert (made.arrangements.count(), made.claims.count(), made.citations.count()) == (1, 1, 1)


@pytest.mark.parametrize("way", ["change", "propose"])
def test_a_row_added_to_a_published_case_is_given_back_after_somebody_else_saved_it(
    client: Browser, case: Case, ann: User, way: str
) -> None:
    address = change_page(case).replace("change", way)
    typed = with_parts(form_of(client.get(address)), "caveats", {"text": "Few were asked.", "kind": ""})
    send = client.sends(address, address, typed | {"summary": TYPED})
    client.session_ends()
    Case.objects.filter(pk=case.pk).update(version=case.version + 1)
    came = client.signs_in("ann", next_of(send()))
    held = filled(client, came["Location"], address)
    texts = [value for name, value in held.items() if name.startswith("caveats") and name.endswith("-text")]
    assert ("Few were asked." in texts, lines(held)["summary"]) == (True, lines({"s": TYPED})["s"])


# Whose it is


def test_what_ann_typed_is_not_shown_to_bob_who_signs_in_in_her_browser(
    client: Browser, case: Case, ann: User, bob: User
) -> None:
    send = client.sends("/cases/library/", "/annotations/write/", note())
    client.session_ends()
    back = next_of(send())
    came = client.signs_in("bob", back)
    shown = client.get(came["Location"]).content.decode()
    assert ("Quite" in shown, "The library" in shown, "Nothing was sent yet" in shown) == (False, True, False)
    client.session_ends()
    assert lines(filled(client, client.signs_in("ann", back)["Location"], "/annotations/write/"))["tags"] == "a, b"


def test_the_key_alone_opens_nothing(client: Browser, case: Case, bob: User) -> None:
    send = client.sends("/cases/library/", "/annotations/write/", note())
    client.session_ends()
    back = next_of(send())
    stranger = Browser()
    assert next_of(stranger.get(back)) == back
    came = stranger.signs_in("bob", back)
    assert "Quite" not in stranger.get(came["Location"]).content.decode()
    assert stranger.get("/cases/library/?unsent=nonsense&unsent=%00").status_code == 200


def test_text_of_a_browser_where_nobody_was_signed_in_is_not_kept(case: Case) -> None:
    stranger = Browser()
    typed = note(csrfmiddlewaretoken=token_on(stranger.get("/accounts/login/")))
    assert next_of(stranger.post("/annotations/write/", typed)) == "/cases/library/#notes"
    stranger.cookies["authors"] = "W1siZTNiMGM0NDI5OGZjMWMxNCIsIDFdXQ:made:up"
    assert next_of(stranger.post("/annotations/write/", typed)) == "/cases/library/#notes"
    assert UnsentForm.objects.count() == 0


# A token of an earlier sign-in


def test_a_form_of_an_earlier_sign_in_comes_back_to_its_author_to_be_sent_again(client: Browser, case: Case) -> None:
    send = client.sends("/cases/library/", "/annotations/write/", note())
    client.session_ends()
    client.signs_in("ann")
    came = send()
    assert (came.status_code, Annotation.objects.count()) == (302, 0)
    held = filled(client, came["Location"], "/annotations/write/")
    assert lines(held)["comment"] == lines({"c": TYPED})["c"]
    assert client.post("/annotations/write/", held).status_code == 302
    assert (Annotation.objects.get().exact, UnsentForm.objects.count()) == ("“every”", 0)


def test_a_page_that_is_still_open_gets_a_token_to_send_its_form_again(client: Browser, case: Case) -> None:
    send = client.sends("/cases/library/", "/annotations/write/", note(), {"HX-Request": "true"})
    client.session_ends()
    client.signs_in("ann")
    refused = send()
    assert (refused.status_code, UnsentForm.objects.count()) == (403, 0)
    typed = note(csrfmiddlewaretoken=refused["X-CSRFToken"])
    assert client.post("/annotations/write/", typed, headers={"HX-Request": "true"}).status_code == 200
    assert Annotation.objects.count() == 1


@pytest.mark.parametrize("scripted", [False, True])
def test_a_form_of_ann_is_not_sent_as_bob_and_her_words_stand_on_the_page(
    client: Browser, case: Case, bob: User, *, scripted: bool
) -> None:
    send = client.sends(
        "/cases/library/suggest/",
        "/cases/library/suggest/",
        {"title": TYPED, "reason": "Because."},
        {"X-Scripted": "form"} if scripted else {},
    )
    client.session_ends()
    client.signs_in("bob")
    refused = send()
    assert (refused.status_code, Proposal.objects.count(), UnsentForm.objects.count()) == (403, 0, 0)
    assert "X-CSRFToken" not in refused
    page = refused.content.decode()
    assert "<dd><pre>Because.</pre></dd>" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://evil.example/"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_gets_the_bare_refusal(client: Browser, case: Case, headers: dict[str, str]) -> None:
    typed = {"title": "Shown?", "reason": "No.", "csrfmiddlewaretoken": "a" * 64}
    refused = client.post("/cases/library/suggest/", typed, headers=headers)
    assert (refused.status_code, "Shown?" in refused.content.decode()) == (403, False)
    assert UnsentForm.objects.count() == 0


@pytest.mark.parametrize("referrer", ["https://evil.example/steal/", "//evil.example/", "javascript:alert(1)"])
def test_sign_in_leads_to_no_other_site(client: Browser, case: Case, referrer: str) -> None:
    send = client.sends("/cases/library/", "/annotations/write/", note(), {"HX-Current-URL": referrer})
    client.session_ends()
    assert next_of(send()).startswith("/cases/library/?unsent=")


def test_sign_in_says_that_nothing_is_lost(client: Browser, case: Case) -> None:
    send = client.sends("/cases/library/", "/annotations/write/", note())
    client.session_ends()
    assert "What you typed is kept for a day" in client.get(send()["Location"]).content.decode()
    assert "is kept for a day" not in client.get("/accounts/login/?next=/cases/").content.decode()


@pytest.mark.parametrize("status", [403, 404, 500])
def test_the_page_of_an_error_shows_what_was_typed(
    client: Browser, case: Case, ann: User, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = notes.create_note(case=case, passage=None, content=NoteContent("Mine"), by=ann)
    address, typed = {
        403: (f"/admin/cases/case/{case.pk}/withdraw/", {"reason": TYPED}),
        404: (f"/annotations/{own.uid}/edit/", {"comment": TYPED}),
        500: ("/annotations/groups/", {"name": TYPED}),
    }[status]
    send = client.sends(address, address, typed)
    client.raise_request_exception = False
    ann.groups.clear()
    notes.delete_note(note=own, by=ann)
    monkeypatch.setattr("annotations.actions.create_group", None)
    page = (answer := send()).content.decode()
    assert answer.status_code == status
    assert "<pre>Quite &quot;so&quot; &lt;b&gt;" in page
    assert "<script>alert" not in page


# What is kept, and how much


def test_passwords_are_not_kept(client: Browser, ann: User) -> None:
    User.objects.filter(pk=ann.pk).update(is_superuser=True)
    address = "/admin/accounts/user/add/"
    send = client.sends(
        address, address, {"username": "new", "password1": "sesame-street", "password2": "sesame-street"}
    )
    client.session_ends()
    came = client.signs_in("ann", next_of(send()))
    held = filled(client, came["Location"], address)
    assert (held["username"], held["password1"]) == ("new", "")


def test_forms_that_sign_in_or_change_a_password_are_not_kept(client: Browser) -> None:
    address = "/accounts/password/change/"
    send = client.sends(address, address, {"oldpassword": PASSWORD, "password1": "x" * 12, "note": "more"})
    client.session_ends()
    assert next_of(send()) == address
    assert UnsentForm.objects.count() == 0


def test_what_is_kept_is_bounded_sealed_and_gone_after_a_day(client: Browser, case: Case, ann: User) -> None:
    keys = [unsent.keep_unsent_form(author=ann.pk, content={"typed": f"secret {n}"}) for n in range(25)]
    assert UnsentForm.objects.count() == 20
    assert not any(b"secret" in bytes(row.sealed) for row in UnsentForm.objects.all())
    noise = "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(900_000))
    assert unsent.keep_unsent_form(author=ann.pk, content=noise) is None
    assert unsent.open_unsent_form(key=str(keys[-1]), by=ann) == {"typed": "secret 24"}
    UnsentForm.objects.update(created_at=UnsentForm.objects.latest("created_at").created_at - unsent.UNSENT_FOR)
    assert unsent.open_unsent_form(key=str(keys[-1]), by=ann) is None
    unsent.keep_unsent_form(author=ann.pk, content="new")
    assert UnsentForm.objects.count() == 1


def test_a_full_table_takes_no_more(ann: User) -> None:
    UnsentForm.objects.create(digest="x", author=make_user("eve"), size=unsent.MAX_BYTES_IN_ALL)
    assert unsent.keep_unsent_form(author=ann.pk, content="more") is None


def test_a_form_that_is_gone_is_shown_by_itself_and_can_be_sent(client: Browser, case: Case, ann: User) -> None:
    own = notes.create_note(case=case, passage=None, content=NoteContent("Mine"), by=ann)
    address = f"/annotations/{own.uid}/edit/"
    send = client.sends(address, address, {"comment": TYPED, "version": "1"})
    client.session_ends()
    notes.delete_note(note=own, by=ann)
    came = client.signs_in("ann", next_of(send()))
    page = client.get(came["Location"], follow=True)
    assert "Quite &quot;so&quot; &lt;b&gt;" in page.content.decode()
    assert values_in(page.content.decode(), FormReader(page.content.decode()).forms[0])["version"] == "1"


def test_a_permission_that_was_lost_is_not_given_back(client: Browser, case: Case, ann: User) -> None:
    send = client.sends(ADD, ADD, {"title": "T", "summary": TYPED})
    client.session_ends()
    back = next_of(send())
    User.objects.filter(pk=ann.pk).update(is_staff=False)
    came = client.signs_in("ann", back)
    page = client.get(came["Location"])
    assert "Quite &quot;so&quot;" in page.content.decode()
    held = values_in(page.content.decode(), FormReader(page.content.decode()).forms[0])
    assert (client.post(ADD, held).status_code, Case.objects.filter(title="T").exists()) == (302, False)


def test_a_page_opened_by_script_gets_its_form_as_a_page(client: Browser, case: Case) -> None:
    organisation = Organisation.objects.create(name="NHS", slug="nhs")
    address = f"/admin/cases/organisation/{organisation.pk}/change/"
    send = client.sends(address, address, {"name": "NHS “England”", "country": "GB"})
    client.session_ends()
    held = filled(client, client.signs_in("ann", next_of(send()))["Location"], address)
    assert (held["name"], held["country"]) == ("NHS “England”", "GB")
