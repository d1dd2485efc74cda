"""Who may do what: every cell of the table in docs/curation.md, tried at the page, the API and the admin.

A thing was done when what is stored is another afterwards, or, for reading, when it was answered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from accounts.models import User
from cases import actions
from cases.models import Case, OldAddress, Passage, Proposal, Remark, Source
from cases.permissions import PERMISSIONS, Role, role_of
from cases.record import convert
from cases.serializers import validate_record
from interchange.models import Batch
from taxonomy import actions as codebook
from taxonomy.models import Term
from tests.cases.admin.pages import ADD, change_page, opened, term
from tests.databases import standing
from tests.factories import make_case, make_record, make_source, make_terms, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]

GROUPS = {Role.CONTRIBUTOR: "Contributors", Role.CURATOR: "Curators"}
API = "/api/v1/cases/"


@dataclass
class World:
    """Somebody with a role, and what there is to do things to."""

    user: User
    client: Client
    draft: Case
    """A draft: of the somebody, or of somebody else."""
    apple: Case
    """A published case, at its version 3."""
    waiting: Case
    """A case of somebody else in review."""
    proposal: Proposal
    """A revision of the published case, proposed by somebody else."""
    root: Client
    """Someone who may do everything, to open forms."""

    def sends(self, method: str, address: str, said: Any = None, version: int | str | None = None) -> Any:
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return self.client.generic(method, address, json.dumps(said or {}), "application/json", headers=headers)

    def types(self, address: str, **typed: Any) -> Any:
        """Send a form of the admin as it stands, with other words in it."""
        return self.client.post(address, opened(self.root, address) | typed)


def member(role: Role) -> tuple[User, Client]:
    """Make somebody with a role; a reader is not signed in."""
    client, user = Client(), make_user(role.name.lower(), is_staff=True)
    if role in GROUPS:
        user.groups.add(Group.objects.get(name=GROUPS[role]))
    if role == Role.ADMINISTRATOR:
        User.objects.filter(pk=user.pk).update(is_superuser=True)
    if role != Role.READER:
        client.force_login(user)
        assert role_of(User.objects.get(pk=user.pk)) == role
    return user, client


def whole(case: Case) -> dict[str, Any]:
    said: dict[str, Any] = convert.to_primitive(convert.record_from_case(Case.objects.whole().get(pk=case.pk)))
    return said


def make_world() -> World:
    """Make what there is: somebody else wrote it."""
    make_terms()
    make_source()
    others = User.objects.create_superuser("other", "other@example.org", "password")
    root = Client()
    root.force_login(others)
    make_case("plum", by=others)
    apple = make_case("apple", by=others)
    changed = validate_record(whole(apple) | {"summary": "It grew."}, apple)
    apple = actions.change_case(case=apple, record=changed, by=others, version=apple.version)
    waiting = actions.submit_case(case=make_case("waiting", state="draft", by=others), by=others)
    eligible = Term.objects.select_related("vocabulary").get(vocabulary__slug="eligibility", slug="co-delivery")
    codebook.redefine_term(term=eligible, to={"definition": "It is shared."}, by=None, reason="To say more.")
    proposed = validate_record(whole(apple) | {"title": "Apple tree"}, apple)
    proposal = actions.propose_revision(case=apple, record=proposed, by=others, version=3, reason="Its name.")
    draft = make_case("draft", state="draft", by=others)
    return World(others, Client(), draft, apple, waiting, proposal, root)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """What there is, made once for all these tests."""
    with standing(django_db_blocker):
        with django_db_blocker.unblock():
            made = make_world()
        yield made


@pytest.fixture
def there(world: World) -> World:
    """What there is, as somebody comes who is not signed in."""
    for thing in (world.draft, world.apple, world.waiting, world.proposal):
        thing.refresh_from_db()
    return replace(world, client=Client())


def stored() -> list[Any]:
    """Return all that the things below may change."""
    return [
        list(Case.objects.order_by("pk").values_list("pk", "slug", "state", "version", "title", "summary")),
        list(Proposal.objects.order_by("pk").values_list("pk", "status", "version")),
        list(OldAddress.objects.values_list("slug")),
        Remark.objects.count(),
        Batch.objects.count(),
        list(Source.objects.order_by("pk").values_list("slug", "title")),
        list(Passage.objects.order_by("pk").values_list("exact", "locator")),
        list(Term.objects.order_by("pk").values_list("pk", "label")),
        list(Source.objects.order_by("pk").values_list("slug", "authors", "replaced_by")),
    ]


Try = Callable[[World], Any]
RECORD = make_record("pear")


def suggests_on_the_page(w: World) -> Any:
    texts = {"title": "Appel", "summary": "It grew.", "narrative": "", "about": "", "reason": "A letter."}
    return w.client.post("/cases/apple/suggest/", texts | {"opened": 3})


def enters_in_the_admin(w: World) -> Any:
    return w.types(ADD, title="Pear", slug="pear", kind=term("kind", "named-case"), summary="A pear.")


def renames_a_term(w: World) -> Any:
    known = Term.objects.get(vocabulary__slug="sector", slug="sport")
    address = f"/admin/taxonomy/term/{known.pk}/rename/"
    said = {"label": "Sports", "slug": "sport", "reason": "Usage."}
    shown = w.root.post(address, said).content.decode()
    token = re.findall(r'name="token" value="([^"]+)"', shown)[0]
    return w.client.post(address, said | {"token": token, "_confirm": "yes"})


def merges_sources(merge: Callable[[World, dict[str, str]], Any]) -> Try:
    """Try to merge the source of the case into another, which is gone again if that was refused."""

    def tries(w: World) -> Any:
        other = make_source("wake-2013")
        done = merge(w, {"into": "wake-2013", "reason": "They are one."})
        if not Source.objects.filter(replaced_by=other).exists():
            other.delete()
        return done

    return tries


def merges_in_the_admin(w: World, said: dict[str, str]) -> Any:
    source = Source.objects.get(slug="loeffler-2020")
    return w.client.post(f"/admin/cases/source/{source.pk}/merge/", said | {"_confirm": "yes"})


def merges_by_api(w: World, said: dict[str, str]) -> Any:
    return w.sends("POST", "/api/v1/sources/loeffler-2020/merge/", said)


def source_tag(w: World) -> str:
    tag: str = w.root.get("/api/v1/sources/loeffler-2020/")["ETag"]
    return tag.strip('"')


PEARS = b"slug,title,kind\r\npear,Pear,named-case\r\n"


def uploads(w: World) -> Any:
    file = SimpleUploadedFile("pears.csv", PEARS)
    return w.client.post("/admin/interchange/batch/add/", {"file": file, "mapping": ""})


READS: dict[str, dict[str, Try]] = {
    "read": {
        "page": lambda w: w.client.get("/cases/apple/"),
        "history": lambda w: w.client.get("/cases/apple/history/"),
        "codebook": lambda w: w.client.get("/taxonomy/"),
        "api": lambda w: w.sends("GET", f"{API}apple/"),
        "versions": lambda w: w.sends("GET", f"{API}apple/versions/"),
    },
    "read drafts": {
        "page": lambda w: w.client.get("/cases/draft/"),
        "api": lambda w: w.sends("GET", f"{API}draft/"),
        "admin": lambda w: w.client.get(change_page(w.draft)),
    },
}
WRITES: dict[str, dict[str, Try]] = {
    "suggest": {
        "page": suggests_on_the_page,
        "api": lambda w: w.sends("POST", f"{API}apple/proposals/", {"title": "Appel", "reason": "A letter."}, 3),
    },
    "enter": {"api": lambda w: w.sends("POST", API, RECORD), "admin": enters_in_the_admin},
    "add to registers": {
        "admin": lambda w: w.types("/admin/cases/source/add/", authors="Wake", slug="wake", kind="news"),
        "api": lambda w: w.sends("POST", "/api/v1/sources/", {"authors": "Wake", "title": "Pears"}),
        "passage": lambda w: w.sends("POST", "/api/v1/sources/loeffler-2020/passages/", {"exact": "a pear"}),
    },
    "keep registers": {
        "admin": lambda w: w.types(f"/admin/cases/source/{Source.objects.get().pk}/change/", authors="Loffler"),
        "merge": merges_sources(merges_in_the_admin),
        "merge by api": merges_sources(merges_by_api),
        "api": lambda w: w.sends("PATCH", "/api/v1/sources/loeffler-2020/", {"title": "Pears"}, source_tag(w)),
    },
    "edit": {
        "api": lambda w: w.sends("PATCH", f"{API}draft/", {"title": "Another"}, w.draft.version),
        "admin": lambda w: w.types(change_page(w.draft), title="Another"),
    },
    "submit": {
        "page": lambda w: w.client.post(
            "/cases/draft/review/submit/", {"version": w.draft.version, "text": "It is done."}
        ),
        "api": lambda w: w.sends("POST", f"{API}draft/submit/"),
        "admin": lambda w: w.types(change_page(w.draft), _submit="yes"),
    },
    "propose": {
        "api": lambda w: w.sends(
            "POST",
            f"{API}apple/proposals/",
            {"record": whole(w.apple) | {"kind": "generic-practice"}, "reason": "It is one."},
            3,
        ),
        "admin": lambda w: w.types(
            f"/admin/cases/case/{w.apple.pk}/propose/", title="Appel", reason="A letter.", _propose="yes"
        ),
    },
    "review": {
        "page": lambda w: w.client.post(
            f"/proposals/{w.proposal.pk}/accept/", {"version": w.proposal.version, "case_version": 3}
        ),
        "return": lambda w: w.client.post(
            f"/proposals/{w.proposal.pk}/return/", {"version": w.proposal.version, "text": "Where does it say so?"}
        ),
        "api": lambda w: w.sends(
            "POST", f"/api/v1/proposals/{w.proposal.pk}/accept/", version=f"{w.proposal.version}-3"
        ),
        "remark": lambda w: w.client.post(f"/proposals/{w.proposal.pk}/remark/", {"text": "I see.", "path": ""}),
        "case": lambda w: w.sends("POST", f"{API}waiting/return/", {"reason": "Where?"}),
    },
    "publish": {
        "page": lambda w: w.client.post(
            "/cases/waiting/review/publish/", {"version": w.waiting.version, "text": "It is good."}
        ),
        "api": lambda w: w.sends("POST", f"{API}waiting/publish/"),
        "withdraw": lambda w: w.sends("POST", f"{API}apple/withdraw/", {"reason": "It was counted twice."}),
        "admin": lambda w: w.types(change_page(w.waiting), _publish="yes"),
    },
    "rename": {
        "api": lambda w: w.sends("POST", f"{API}apple/rename/", {"slug": "appel", "reason": "A letter."}),
        "merge": lambda w: w.sends("POST", f"{API}apple/merge/", {"into": "plum", "reason": "The same."}),
        "admin": lambda w: w.client.post(
            f"/admin/cases/case/{w.apple.pk}/rename/", {"opened": 3, "slug": "appel", "reason": "A letter."}
        ),
    },
    "revert": {
        "page": lambda w: w.client.post("/cases/apple/versions/2/revert/", {"version": 3, "reason": "It was right."}),
        "api": lambda w: w.sends("POST", f"{API}apple/revert/", {"to": 2}, 3),
    },
    "affirm": {
        "page": lambda w: w.client.post(
            "/cases/apple/affirm/", {"version": 3, "coding": ["eligibility"], "text": "It is."}
        ),
        "api": lambda w: w.sends("POST", f"{API}apple/affirm/", {}, 3),
        "admin": lambda w: w.client.post(
            "/admin/cases/case/", {"action": "affirm_selected", "_selected_action": [w.apple.pk]}
        ),
    },
    "recode": {"admin": renames_a_term},
    "import": {
        "admin": uploads,
        "api": lambda w: w.client.post("/api/v1/imports/", PEARS, "text/csv", query_params={"filename": "pears.csv"}),
    },
    "discard": {"admin": lambda w: w.client.post(f"/admin/cases/case/{w.draft.pk}/delete/", {"post": "yes"})},
}
"""By what is done and where: how somebody tries."""


def cells(doors: dict[str, dict[str, Try]]) -> list[Any]:
    return [
        pytest.param(what, attempt, id=f"{what}-{door}")
        for what, tries in doors.items()
        for door, attempt in tries.items()
    ]


def allowed(what: str, role: Role, *, own: bool) -> bool:
    permission = PERMISSIONS[what]
    return role >= permission.role or (own and permission.own_draft is not None and role >= permission.own_draft)


def tried(what: str, attempt: Try, there: World, *, reads: bool) -> dict[tuple[str, bool], bool]:
    """Return whether each role did a thing: to what others wrote, and to a draft of their own."""
    done = {}
    for role, own in expected(what):
        with transaction.atomic():
            there.user, there.client = member(Role[role])
            if own:
                Case.objects.filter(pk=there.draft.pk).update(created_by=there.user)
            before = stored()
            response = attempt(there)
            assert response.status_code < 500
            done[role, own] = response.status_code == 200 if reads else stored() != before
            transaction.set_rollback(True)
    return done


def expected(what: str) -> dict[tuple[str, bool], bool]:
    owns = (False, True) if PERMISSIONS[what].own_draft is not None else (False,)
    return {(role.name, own): allowed(what, role, own=own) for role in Role for own in owns}


@pytest.mark.parametrize(("what", "attempt"), cells(READS))
def test_who_may_read(what: str, attempt: Try, there: World) -> None:
    assert tried(what, attempt, there, reads=True) == expected(what)


@pytest.mark.parametrize(("what", "attempt"), cells(WRITES))
def test_who_may_do_it(what: str, attempt: Try, there: World) -> None:
    assert tried(what, attempt, there, reads=False) == expected(what)


def test_every_right_is_tried() -> None:
    assert READS.keys() | WRITES.keys() == PERMISSIONS.keys()
