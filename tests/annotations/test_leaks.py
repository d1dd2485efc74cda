"""Nothing of a note that somebody may not read reaches them, by any door: with notes there that could leak.

The strongest of these tests reads every door twice, before such notes are written and after, and finds no difference:
no word, no total, no facet, no link, no header, no ETag.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from accounts.models import User
from annotations import actions
from annotations.models import Annotation, Group
from cases.actions import withdraw_case
from cases.models import Case
from tests.factories import make_case, make_curator, make_user

from .notes import STORY, make_group, make_moderator, make_note, make_reply, rewrite, said
from .programs import LD

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # which notes one reads, test_filters.py asks on each database

HTML = {"Accept": "text/html"}
PROGRAM = {"Accept": LD}
ANY: dict[str, str] = {}
NEVER = "0123456789abcdef"
"""The uid of a note that never was."""
SECRET = "zqsecret"
"""Begins every word, tag and name that some may not read."""

ROLES = ("stranger", "other", "member", "ex-member", "moderator")
EVERYBODY = frozenset(ROLES)
UNSEEN_BY: dict[str, frozenset[str]] = {
    "private": EVERYBODY,
    "group": EVERYBODY - {"member"},
    "hidden": EVERYBODY - {"moderator"},
    "deleted": EVERYBODY,
    "draft": EVERYBODY,
    "elsewhere": EVERYBODY,
    "private answer": EVERYBODY,
}
"""Kinds of notes, and who must not see them."""


class Door(NamedTuple):
    """An address that answers with notes, and how it is asked; `{open}` is the uid of the note that all may read."""

    path: str
    headers: dict[str, str] = ANY


DOORS = [
    *map(Door, ("/", "/cases/", "/cases/library/", "/cases/library/narrative/1/", "/taxonomy/type/peer-support/")),
    *map(Door, ("/about/", "/api/v1/", "/api/v1/cases/", "/api/v1/cases/library/", "/api/v1/facets/")),
    Door("/cases/library/?audience=public", HTML),
    Door("/cases/library/?tag=opentag", HTML),
    Door("/cases/library/?page=2", HTML),
    Door("/annotations/", HTML),
    Door("/annotations/?sort=position&kind=passage&kind=reply&kind=case&kind=elsewhere", HTML),
    Door("/annotations/?case=library&audience=public&audience=group&audience=private", HTML),
    Door("/annotations/?q=openword", HTML),
    Door("/annotations/?page=2&page_size=1", HTML),
    Door("/annotations/mine/"),
    Door("/annotations/groups/"),
    Door("/annotations/cases/library/", HTML),
    Door("/annotations/{open}/", HTML),
    Door("/annotations/{open}/", HTML | {"HX-Request": "true"}),
    Door("/annotations/{open}/reply/", HTML),
    Door("/annotations/{open}/flag/", HTML),
    Door("/annotations/{open}/", PROGRAM),
    Door("/annotations/", PROGRAM),
    Door("/annotations/?page=0", PROGRAM),
    Door("/annotations/?iris=1", PROGRAM),
    Door("/annotations/?iris=1&page=0", PROGRAM),
    Door("/annotations/cases/library/", PROGRAM),
    Door("/annotations/cases/library/?page=0", PROGRAM),
    *map(
        Door,
        ("/api/v1/annotations/", "/api/v1/annotations/?case=library&page_size=1", "/api/v1/annotations/?q=openword"),
    ),
    *map(
        Door,
        ("/api/v1/annotations/?placement=placed", "/api/v1/annotations/?resolved=no", "/api/v1/annotations/{open}/"),
    ),
    *map(Door, (f"/export/annotations.{ending}" for ending in ("csv", "jsonld", "xlsx", "qdpx"))),
    *map(Door, ("/export/annotations.csv?case=library", "/export/codebook.qdc", "/export/cases.csv")),
    *map(
        Door, ("/admin/", "/admin/annotations/annotation/", "/admin/annotations/annotation/?standing=all&_facets=True")
    ),
    *map(Door, (f"/admin/annotations/annotation/?standing=all&q={SECRET}", "/admin/annotations/decision/")),
    Door("/admin/annotations/annotation/{number}/change/"),
]


class World:
    """Readers of every kind, a note that all may read, and a group."""

    def __init__(self) -> None:
        self.library = make_case("library", narrative=STORY)
        self.draft = make_case(f"{SECRET}-draft", state="draft", narrative=STORY)
        self.author, self.curator = make_user("ann"), make_curator()
        self.people: dict[str, User | None] = {
            "stranger": None,
            "moderator": make_moderator(),
            **{role: make_user(role) for role in ("other", "member", "ex-member")},
        }
        member, former = self.people["member"], self.people["ex-member"]
        self.group = make_group(self.author, *filter(None, (member, former)), name=f"{SECRET} group")
        actions.leave_group(group=self.group, by=former) if former else None
        self.open = make_note(self.library, self.author, "began small", "openword", audience="public", tags=["opentag"])

    def client(self, role: str) -> Client:
        client = Client()
        person = self.people[role]
        if person:
            client.force_login(person)
        return client

    def write(self, kind: str) -> Annotation:
        """Write a note of a kind, each as full of what could be found as can be."""
        word = f"{SECRET}{kind.replace(' ', '')}"
        labels: dict[str, Any] = {"tags": [f"{word}tag"], "codes": ["type:peer-support"]}
        public: dict[str, Any] = labels | {"audience": "public"}
        match kind:
            case "private":
                return make_note(self.library, self.author, "it grew", word, **labels)
            case "private answer":
                return make_reply(make_note(self.library, self.author, "", word, **labels), self.author, word)
            case "group":
                return make_note(self.library, self.author, "it grew", word, group=self.group, **labels)
            case "draft":
                return make_note(self.draft, self.curator, "it grew", word, **public)
            case "elsewhere":
                return actions.create_note(case=None, passage=None, content=said(word, **labels), by=self.author)
        note = make_note(self.library, self.curator, "it grew", word, **public)
        if kind == "hidden":
            actions.hide_note(note=note, reason=f"{word}reason", by=make_moderator("another"))
            note.decisions.all().delete()  # the log is for moderators, and another test's matter
        else:
            actions.delete_note(note=note, by=self.curator)
        return note


@pytest.fixture
def world() -> Iterator[World]:
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False):
        yield World()


def read(response: Any, *left_out: str) -> str:
    """Return the whole of an answer as text: its status, its headers and its body, with what is in archives.

    A form holds a token that is masked anew each time, and so does the ETag of its page.
    """
    body = response.getvalue() if response.streaming else response.content
    if body[:4] == b"PK\3\4":
        archive = zipfile.ZipFile(io.BytesIO(body))
        body = b"\n".join(name.encode() + b"\n" + archive.read(name) for name in sorted(archive.namelist()))
    text = body.decode(errors="replace")
    unmasked = re.sub(r'(csrfmiddlewaretoken" value=)"\w+"', r"\1", text)
    without = {"Content-Length", *left_out, *(["ETag"] if unmasked != text else [])}
    headers = sorted((name, value) for name, value in response.headers.items() if name not in without)
    return f"{response.status_code} {headers}\n{unmasked}"


def answers(world: World, role: str) -> dict[tuple[str, str], str]:
    """Return what every door answers."""
    client = world.client(role)
    return {
        (door.path, str(door.headers)): read(
            client.get(door.path.format(open=world.open.uid, number=world.open.pk), headers=door.headers)
        )
        for door in DOORS
    }


def difference(before: str, after: str) -> str:
    """Return where two answers part, for a failing test to show."""
    at = next((i for i, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), -120)
    return f"{before[max(0, at - 200) : at + 120]!r} became {after[max(0, at - 200) : at + 120]!r}"


@pytest.mark.parametrize("role", ROLES)
def test_no_door_answers_otherwise_when_a_note_is_written_that_one_may_not_read(world: World, role: str) -> None:
    before = answers(world, role)
    notes = [world.write(kind) for kind, unseen_by in UNSEEN_BY.items() if role in unseen_by]
    after = answers(world, role)
    assert len(notes) >= 6
    assert {door: difference(before[door], after[door]) for door in before if before[door] != after[door]} == {}


@pytest.mark.parametrize("role", ["stranger", "other", "moderator"])
def test_no_door_answers_otherwise_when_such_a_note_is_changed(world: World, role: str) -> None:
    note, group = world.write("private"), world.write("group")
    before = answers(world, role)
    actions.revise_note(
        note=note, content=said(f"{SECRET} again", tags=[f"{SECRET} more"], codes=["mode:digital"]), by=world.author
    )
    make_reply(group, world.author, f"{SECRET} answer")
    actions.resolve_thread(note=group, by=world.author)
    after = answers(world, role)
    assert {door: difference(before[door], after[door]) for door in before if before[door] != after[door]} == {}


def test_the_doors_could_leak_what_is_there(world: World) -> None:
    """So that the tests above can fail: its author finds the private note at these doors."""
    world.people["stranger"] = world.author
    before = answers(world, "stranger")
    world.write("private")
    after = answers(world, "stranger")
    told = {path for (path, _), answer in after.items() if answer != before[path, _]}
    assert {door.path for door in DOORS if "annotations" in door.path and told.isdisjoint({door.path})} == {
        "/annotations/?q=openword",
        "/annotations/groups/",
        "/annotations/{open}/",
        "/annotations/{open}/reply/",
        "/annotations/{open}/flag/",
        "/api/v1/annotations/?q=openword",
        "/api/v1/annotations/{open}/",
        *(door.path for door in DOORS if door.path.startswith("/admin/annotations/")),
    }


@pytest.mark.parametrize("role", ROLES)
def test_no_word_tag_name_or_uid_of_such_a_note_is_said(world: World, role: str) -> None:
    """The earlier wording of a note that all may read and the reason of a flag are secrets, too."""
    notes = [world.write(kind) for kind, unseen_by in UNSEEN_BY.items() if role in unseen_by]
    public = make_note(world.library, world.author, "it grew", f"{SECRET} wording", audience="public", tags=[SECRET])
    actions.revise_note(note=public, content=said("other words", audience="public"), by=world.author)
    if role != "moderator":
        actions.flag_note(note=public, reason=f"{SECRET} reason", by=world.curator)
    words = [SECRET, *(note.uid for note in notes)]
    if role == "member":  # of a group with such a name
        words += [f"{SECRET}private", f"{SECRET} wording", f"{SECRET} reason", f"{SECRET}draft", f"{SECRET}-draft"]
        words.remove(SECRET)
    said_to = {door: answer for door, answer in answers(world, role).items() if SECRET not in door[0]}
    assert {(door, word) for door, answer in said_to.items() for word in words if word in answer} == set()


def asked(client: Client, method: str, path: str, headers: dict[str, str]) -> str:
    """Return the answer to a request, the one to a form or a document included."""
    options: dict[str, Any] = {"headers": headers}
    if method == "POST":
        options["data"] = {"comment": "x", "reason": "x", "exact": "it grew", "version": "1", "audience": "private"}
    elif method == "PUT":
        options |= {"data": "{}", "content_type": LD, "headers": headers | {"If-Match": '"1"'}}
    call: Callable[..., Any] = getattr(client, method.lower())
    return read(call(path, **options), "ETag")


VERBS = ("", "edit/", "delete/", "reply/", "resolve/", "reattach/", "flag/", "history/")
OF_ONE_NOTE = [
    *((method, "/annotations/{uid}/" + verb, HTML) for method in ("GET", "POST") for verb in VERBS),
    *(
        (method, "/annotations/{uid}/", PROGRAM)
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST", "PATCH")
    ),
    ("GET", "/annotations/{uid}/", PROGRAM | {"If-None-Match": "*"}),
    ("GET", "/api/v1/annotations/{uid}/", ANY),
    ("GET", "/cases/library/?note={uid}", HTML),
    ("GET", "/cases/library/?beside={uid}", HTML),
    ("GET", "/annotations/groups/{uid}/", HTML),
]


@pytest.mark.parametrize("role", ROLES)
def test_a_note_that_one_may_not_read_is_as_one_that_never_was(world: World, role: str) -> None:
    kinds = [kind for kind, unseen_by in UNSEEN_BY.items() if role in unseen_by]
    notes = {kind: world.write(kind) for kind in kinds if kind != "deleted"}
    notes["group's own page"] = Annotation(uid=world.group.uid) if role != "member" else Annotation(uid=NEVER)
    client, stored = world.client(role), Annotation.objects.order_by("pk").values_list("pk", "version", "deleted_at")
    before = list(stored)
    for method, path, headers in OF_ONE_NOTE:
        never = asked(client, method, path.format(uid=NEVER), headers)
        for kind, note in notes.items():
            there = asked(client, method, path.format(uid=note.uid), headers).replace(note.uid, NEVER)
            assert there == never, (kind, method, path, difference(never, there))
    assert list(stored.all()) == before


def values(world: World) -> list[tuple[str, str, str]]:
    """Return values that only notes have that one may not read, each with one that never was."""
    return [
        ("tag", f"{SECRET}privatetag", "neverwastag"),
        ("q", f"{SECRET}private", "neverwas"),
        ("author", "curator", "nobody"),
        ("case", f"{SECRET}-draft", "never-was"),
        ("group", world.group.uid, NEVER),
    ]


@pytest.mark.parametrize("role", ["stranger", "other", "ex-member", "moderator"])
def test_a_value_that_only_such_notes_have_is_as_one_that_never_was(world: World, role: str) -> None:
    for kind, unseen_by in UNSEEN_BY.items():
        if role in unseen_by:
            world.write(kind)
    client = world.client(role)
    pages = [("/annotations/", HTML), ("/cases/library/", HTML), ("/annotations/mine/", HTML)]
    files = [(f"/export/annotations.{ending}", ANY) for ending in ("csv", "jsonld", "xlsx", "qdpx")]
    for path, headers in [*pages, ("/annotations/", PROGRAM), ("/api/v1/annotations/", ANY), *files]:
        for name, value, never in values(world):
            there, other = (read(client.get(path, {name: each}, headers=headers), "ETag") for each in (value, never))
            there = there.replace(value, never)
            assert there == other, (path, name, difference(other, there))


def test_a_case_that_one_may_not_see_has_no_container(world: World) -> None:
    world.write("draft")
    client, slug = world.client("other"), world.draft.slug
    for headers in (HTML, PROGRAM):
        for query in ("", "?page=0"):
            paths = [f"/annotations/cases/{each}/{query}" for each in (slug, "never")]
            there, never = (read(client.get(path, headers=headers), "ETag") for path in paths)
            assert there.replace(slug, "never") == never


def test_no_number_leads_the_staff_to_a_note_or_group(world: World) -> None:
    client, note = world.client("moderator"), world.write("private")
    for model, number in ((Annotation, note.pk), (Group, world.group.pk), (Case, world.draft.pk)):
        kind = ContentType.objects.get_for_model(model).pk
        there, never = (read(client.get(f"/admin/r/{kind}/{key}/"), "ETag") for key in (number, 10**6))
        assert there.replace(f"/{number}/", "/N/") == never.replace(f"/{10**6}/", "/N/"), model


def test_deleting_a_draft_in_the_admin_does_not_tell_of_notes_on_it(world: World) -> None:
    curator = make_curator("second")
    curator.is_superuser = True
    curator.save()
    client = Client()
    client.force_login(curator)
    address = f"/admin/cases/case/{world.draft.pk}/delete/"
    before = read(client.get(address))
    note = make_note(world.draft, world.curator, "it grew", SECRET)
    after = read(client.get(address))
    assert note.uid not in after
    assert after == before, difference(before, after)


def test_deleting_an_account_in_the_admin_does_not_tell_of_its_groups_and_flags(world: World) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.org", "password"))
    note = world.write("group")
    member = world.people["member"]
    assert member is not None
    actions.flag_note(note=note, reason=f"{SECRET} reason", by=member)
    page = read(client.get(f"/admin/accounts/user/{member.pk}/delete/"))
    assert [word for word in (SECRET, note.uid) if word in page] == []


def test_curators_do_not_count_the_codes_of_notes(world: World) -> None:
    client = Client()
    client.force_login(world.curator)
    address = "/admin/taxonomy/term/?q=peer-support"
    before = read(client.get(address))
    world.write("private")
    assert read(client.get(address)) == before


def test_what_a_withdrawn_case_says_since_is_not_told_by_ones_own_note_on_it(client: Client) -> None:
    case, ann, curator = make_case("library", narrative=STORY), make_user("ann"), make_curator()
    note = make_note(case, ann, "It began small")
    case = withdraw_case(case=case, by=curator, reason="It was counted twice.")
    rewrite(case, STORY.replace("It began small", "It began unlawfully small"), curator)
    client.force_login(ann)
    doors = [
        *(f"/annotations/{note.uid}/{page}" for page in ("", "edit/", "history/")),
        *("/annotations/mine/", "/api/v1/annotations/", "/export/annotations.csv", "/export/annotations.jsonld"),
    ]
    told = {door: b"".join(client.get(door)) for door in doors}
    assert {door: (b"began small" in body, b"unlawfully" in body) for door, body in told.items()} == dict.fromkeys(
        doors, (True, False)
    )
    assert client.get(f"/annotations/{note.uid}/reattach/").status_code == 404
    assert client.post(f"/annotations/{note.uid}/reattach/", {"exact": "unlawfully", "version": "1"}).status_code == 404
