"""The pages of groups: making one, joining by invitation, leaving, renewing the invitation, closing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from annotations import actions
from annotations.models import Annotation, Group, Membership
from tests.factories import make_case, make_user

from .notes import STORY, make_group, make_note
from .pages import text

pytestmark = pytest.mark.django_db

GROUPS = "/annotations/groups/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def invitation_to(group: Group) -> str:
    return f"{GROUPS}join/{Group.objects.get(pk=group.pk).invitation}/"


def of(group: Group, verb: str = "") -> str:
    return f"{GROUPS}{group.uid}/" + (f"{verb}/" if verb else "")


def invitation_on(page: Any) -> str:
    """Return the invitation that a group's page shows."""
    found = re.search(r'<input id="link"[^>]*\bvalue="([^"]*)" readonly', page.content.decode())
    return found[1] if found else ""


def members(group: Group) -> list[str]:
    return list(group.memberships.values_list("user__username", flat=True))


def test_a_researcher_makes_a_group_and_another_joins_by_its_invitation(settings: Settings) -> None:
    settings.BASE_URL = "https://catalogue.example.org"
    ann, bob = make_user("ann"), make_user("bob")
    made = signed_in(ann).post(GROUPS, {"name": "  Readers of\tlibraries "}, follow=True)
    group = Group.objects.get()
    assert made.redirect_chain == [(of(group), 302)]
    invitation = invitation_on(made)
    assert (group.name, group.owner, members(group)) == ("Readers of libraries", ann, ["ann"])
    assert invitation == f"https://catalogue.example.org{invitation_to(group)}"
    client = signed_in(bob)
    asked = client.get(invitation_to(group))
    assert "Join “Readers of libraries”? ann invites you" in text(asked)
    assert members(group) == ["ann"]
    joined = client.post(invitation_to(group), follow=True)
    assert (joined.redirect_chain, members(group)) == ([(of(group), 302)], ["ann", "bob"])
    assert invitation_on(joined) == invitation


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\0b"])
def test_a_group_without_a_good_name_is_not_made(name: str) -> None:
    page = signed_in(make_user()).post(GROUPS, {"name": name})
    assert (page.status_code, Group.objects.count()) == (400, 0)
    assert 'class="errorlist"' in page.content.decode()


def test_nobody_owns_more_than_fifty_open_groups() -> None:
    ann = make_user("ann")
    groups = [make_group(ann, name=f"Group {number}") for number in range(50)]
    refused = signed_in(ann).post(GROUPS, {"name": "One more"})
    assert (refused.status_code, "You own 50 groups" in text(refused)) == (400, True)
    actions.close_group(group=groups[0], by=ann)
    assert signed_in(ann).post(GROUPS, {"name": "One more"}).status_code == 302


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back() -> None:
    group = make_group(make_user("ann"))
    addresses = [GROUPS, invitation_to(group), *(of(group, verb) for verb in ("", "leave", "close", "renew"))]
    asked = {address: Client().get(address) for address in addresses}
    assert {address: page["Location"] for address, page in asked.items()} == {
        address: f"/accounts/login/?next={address}" for address in addresses
    }
    assert Client().post(invitation_to(group)).status_code == 302
    assert members(group) == ["ann"]


def test_an_invitation_that_is_unknown_renewed_or_of_a_closed_group_leads_nowhere() -> None:
    ann, bob = make_user("ann"), make_user("bob")
    closed, renewed = make_group(ann, name="Closed"), make_group(ann, name="Renewed")
    addresses = [invitation_to(closed), invitation_to(renewed), f"{GROUPS}join/nosuch/", f"{GROUPS}join/a%00b/"]
    actions.close_group(group=closed, by=ann)
    actions.renew_invitation(group=renewed, by=ann)
    client = signed_in(bob)
    answers = [ask(address) for address in addresses for ask in (client.get, client.post)]
    assert [answer.status_code for answer in answers] == [404] * 8
    assert len({text(answer) for answer in answers}) == 1
    assert "Ask whoever sent it to you for a new link." in text(answers[0])
    assert (members(closed), members(renewed)) == (["ann"], ["ann"])
    assert client.get(invitation_to(renewed)).status_code == 200


def test_a_member_who_follows_the_invitation_again_comes_to_the_group() -> None:
    ann = make_user("ann")
    group = make_group(ann)
    client = signed_in(ann)
    assert [ask(invitation_to(group))["Location"] for ask in (client.get, client.post)] == [of(group)] * 2
    assert members(group) == ["ann"]


def test_a_group_that_one_does_not_belong_to_is_as_one_that_does_not_exist() -> None:
    group = make_group(make_user("ann"), make_user("bob"))
    client = signed_in(make_user("eve"))
    verbs = ("", "leave", "renew", "close")
    strange = [ask(of(group, verb)) for verb in verbs for ask in (client.get, client.post)]
    never = Group(uid="0123456789abcdef")
    unknown = [ask(of(never, verb)) for verb in verbs for ask in (client.get, client.post)]
    assert [(page.status_code, text(page)) for page in strange] == [(page.status_code, text(page)) for page in unknown]
    assert {page.status_code for page in strange} == {404}
    assert (members(group), Group.objects.filter(closed_at=None).count()) == (["ann", "bob"], 1)
    assert "Readers of libraries" not in text(client.get(GROUPS))


def test_a_group_lists_its_members_and_leads_to_its_notes() -> None:
    ann, bob = make_user("ann", name="Ann Reader"), make_user("bob")
    group, case = make_group(ann, bob), make_case("library", narrative=STORY)
    make_note(case, ann, group=group)
    make_note(case, bob, "it grew", group=group)
    make_note(case, bob, "it grew", "mine alone")
    page = signed_in(bob).get(of(group))
    assert f'<a href="/annotations/?group={group.uid}">2 notes in this group</a>' in page.content.decode()
    assert re.findall(r"(Ann Reader|bob)( \(owner\))? \d", text(page)) == [("Ann Reader", " (owner)"), ("bob", "")]
    actions.delete_note(note=Annotation.objects.get(author=ann), by=ann)
    assert "1 note in this group" in text(signed_in(bob).get(of(group)))


def test_a_member_leaves_and_sees_no_more_of_it() -> None:
    ann, bob = make_user("ann"), make_user("bob")
    group = make_group(ann, bob)
    note = make_note(make_case("library", narrative=STORY), ann, group=group)
    client = signed_in(bob)
    assert "Leave “Readers of libraries”?" in text(client.get(of(group, "leave")))
    assert members(group) == ["ann", "bob"]
    left = client.post(of(group, "leave"), follow=True)
    assert (left.redirect_chain, members(group)) == ([(GROUPS, 302)], ["ann"])
    assert [client.get(address).status_code for address in (of(group), note.get_absolute_url())] == [404, 404]


def test_when_the_owner_leaves_the_oldest_member_owns_it_and_the_last_one_closes_it() -> None:
    ann, bob, cat = make_user("ann"), make_user("bob"), make_user("cat")
    group = make_group(ann, bob, cat)
    assert "been a member longest" in text(signed_in(ann).get(of(group, "leave")))
    signed_in(ann).post(of(group, "leave"))
    group.refresh_from_db()
    assert (group.owner, group.closed_at) == (bob, None)
    for user in (cat, bob):
        signed_in(user).post(of(group, "leave"))
    group.refresh_from_db()
    assert (members(group), group.closed_at is not None) == ([], True)


def test_only_the_owner_renews_the_invitation() -> None:
    ann, bob = make_user("ann"), make_user("bob")
    group = make_group(ann, bob)
    old = invitation_to(group)
    assert signed_in(bob).post(of(group, "renew")).status_code == 404
    assert invitation_to(group) == old
    assert signed_in(ann).get(of(group, "renew")).status_code == 405
    page = signed_in(ann).post(of(group, "renew"), follow=True)
    assert old != invitation_to(group)
    assert invitation_on(page).endswith(invitation_to(group))


def test_only_the_owner_closes_it_and_its_notes_stay() -> None:
    ann, bob = make_user("ann"), make_user("bob")
    group = make_group(ann, bob)
    note = make_note(make_case("library", narrative=STORY), bob, group=group)
    client = signed_in(bob)
    assert [ask(of(group, "close")).status_code for ask in (client.get, client.post)] == [404, 404]
    owner = signed_in(ann)
    assert "Close “Readers of libraries”?" in text(owner.get(of(group, "close")))
    assert Group.objects.get().closed_at is None
    closed = owner.post(of(group, "close"), follow=True)
    assert (closed.redirect_chain, invitation_on(closed)) == ([(of(group), 302)], "")
    assert "This group was closed on" in text(client.get(of(group)))
    assert "(closed)" in text(client.get(GROUPS))
    assert Annotation.objects.visible_to(ann).filter(pk=note.pk).exists()
    assert owner.get(of(group, "close")).status_code == 404


def test_what_stands_in_a_name_is_no_markup() -> None:
    ann = make_user("ann", name="<i>Ann</i>")
    group = make_group(ann, name="<script>alert(1)</script>")
    for address in (GROUPS, of(group), of(group, "leave"), of(group, "close")):
        page = signed_in(ann).get(address).content.decode()
        assert ("<script>alert" in page, "<i>Ann" in page, "&lt;script&gt;alert" in page) == (False, False, True)


def test_no_page_of_a_group_is_kept_by_a_cache() -> None:
    ann = make_user("ann")
    group = make_group(ann)
    addresses = [GROUPS, *(of(group, verb) for verb in ("", "leave", "close"))]
    kept = [signed_in(ann).get(address)["Cache-Control"] for address in addresses]
    assert ["no-store" in each and "private" in each for each in kept] == [True] * 4


@pytest.mark.parametrize("number", [1, 3])
def test_the_pages_need_as_many_queries_for_three_as_for_one(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ann = make_user("ann")
    groups = [make_group(ann, name=f"Group {each}") for each in range(number)]
    for each in range(number - 1):
        Membership.objects.create(group=groups[0], user=make_user(f"member-{each}"))
    client = signed_in(ann)
    with django_assert_num_queries(3):  # session, user, groups
        client.get(GROUPS)
    with django_assert_num_queries(7):  # session, user, group, members, what the user may (twice), number of notes
        client.get(of(groups[0]))
