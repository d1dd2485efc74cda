from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from cases import actions
from cases.models import Case
from cases.models.case import State
from cases.search.engine import SearchQuery, ranked_keys
from taxonomy.models import Term
from tests.cases.admin.pages import ADD, LIST, change_page, messages_on, opened, signed_in, term, whole_case, with_parts
from tests.factories import arrangement, claim, make_case, make_passage, make_source, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOT_ASKED = dict.fromkeys(("public_input", "contribution", "findings"), "not-coded")
"""What `whole_case` leaves empty."""


def test_a_curator_enters_a_whole_case_on_one_page_and_publishes_it(client: Client) -> None:
    response = client.post(ADD, whole_case(opened(client, ADD)) | {"_publish": "1"}, follow=True)
    case = Case.objects.get()
    assert response.redirect_chain == [(change_page(case), 302)]
    assert messages_on(response) == ["Published: every reader sees it."]
    assert (case.state, case.version, str(case.updated_by)) == ("published", 2, "Cora Curator")
    page = Client().get("/cases/sharon/")
    assert page.status_code == 200
    record = Client().get("/api/v1/cases/sharon/").json()
    words: dict[str, object] = {
        "source": "loeffler-2020",
        "exact": "citizens took part",
        "start": None,
        "end": None,
        "locator": "",
    }
    words |= {"section": "", "checked": False}
    assert record["narrative"] == "## How it works\n\nMembers *write*."
    assert record["arrangements"] == [
        {
            "label": "Members support one another",
            "type": {"term": "peer-support", "basis": "explicit", "passage": words},
            "actor": {"terms": ["user"], "basis": "inferred", "passage": words},
            "mode": {"terms": ["digital"], "absent": None, "basis": "explicit", "passage": words},
            "years": None,
        }
    ]
    assert record["pathways"] == [{"pathway": "prevention", "basis": "section", "passage": words}]
    assert (record["sectors"], record["places"], record["absent"]) == (["health"], ["berkshire"], NOT_ASKED)
    assert [(figure["qualifier"], figure["value"]) for figure in record["claims"]] == [("over", 400)]
    assert record["caveats"] == [{"kind": "limitation", "text": "Few were asked.", "passage": words}]
    assert record["organisations"] == [{"organisation": "nhs", "part": "funder", "passage": words}]
    assert record["sources"] == [{"source": "loeffler-2020", "locator": "p. 3"}]
    assert (record["years"]["start"], record["years"]["ongoing"]) == (2008, True)
    found = Client().get("/api/v1/cases/", {"q": "members", "type": "peer-support"}).json()
    assert [row["slug"] for row in found["results"]] == ["sharon"]


def test_a_new_case_is_a_draft_that_only_curators_see(client: Client) -> None:
    client.post(ADD, whole_case(opened(client, ADD)))
    case = Case.objects.get()
    assert (case.state, case.version, str(case.updated_by)) == ("draft", 1, "Cora Curator")
    assert (Client().get("/cases/sharon/").status_code, client.get("/cases/sharon/").status_code) == (404, 200)


def test_the_title_alone_makes_a_draft_and_says_what_is_missing(client: Client) -> None:
    typed = opened(client, ADD) | {"title": "SHaRON", "slug": "sharon", "kind": term("kind", "named-case")}
    response = client.post(ADD, typed | {"_continue": "1"}, follow=True)
    assert [words for words, _, _ in response.context["missing"]] == [
        *("summary", "eligibility: verdict", "eligibility: reason", "eligibility: passage", "role", "narrative"),
        *("sources", "arrangements", "pathways", "public input", "contribution", "sectors", "places", "years"),
        *("findings", "evidence"),
    ]
    page = response.content.decode()
    assert '<a href="#id_verdict_reason">Eligibility: reason</a>: A verdict says its reason.' in page
    assert "16 of 17 things" in page
    anchors = set(re.findall(r'href="#([\w-]+)"', page))
    assert anchors - set(re.findall(r' id="([\w-]+)"', page)) == set()


def test_saving_a_page_untouched_makes_no_new_version(client: Client) -> None:
    case = make_case(narrative="One.\n\nTwo.", arrangements=[arrangement()], claims=[claim()], sectors=["health"])
    typed = opened(client, change_page(case)) | {"narrative": "One.\r\n\r\nTwo."}
    assert client.post(change_page(case), typed).status_code == 302
    now = Case.objects.get()
    assert (now.version, now.updated_by, now.updated_at) == (case.version, None, case.updated_at)


def test_a_changed_part_makes_a_new_version_in_the_curators_name(client: Client, curator: User) -> None:
    case = make_case(arrangements=[arrangement()])
    typed = opened(client, change_page(case)) | {"arrangements-0-label": "Neighbours help"}
    client.post(change_page(case), typed)
    case.refresh_from_db()
    assert (case.version, case.updated_by) == (3, curator)
    assert [part.label for part in case.arrangements.all()] == ["Neighbours help"]
    assert list(ranked_keys(SearchQuery.read('"neighbours help"'))) == [case.pk]


def test_a_curator_takes_parts_away_and_the_kind_of_nothing_follows(client: Client) -> None:
    case = make_case(arrangements=[arrangement()])
    client.post(change_page(case), opened(client, change_page(case)) | {"arrangements-0-DELETE": "on"})
    case.refresh_from_db()
    assert (case.arrangements.count(), case.arrangements_absent) == (0, "not-coded")


def test_parts_stand_in_the_order_of_their_numbers_and_without_one_last(client: Client) -> None:
    case = make_case(claims=[claim("one", 1), claim("two", 2)])
    row = {"as_stated": "three", "value": 3, "unit": "people", "measures": "people"}
    row |= {"source": make_source().pk, "passage": make_passage().pk, "order": ""}
    typed = with_parts(opened(client, change_page(case)), "claims", row) | {
        "claims-0-order": "5",
        "claims-1-order": "2",
    }
    client.post(change_page(case), typed)
    assert list(case.claims.values_list("as_stated", "order")) == [("two", 0), ("one", 1), ("three", 2)]


def test_the_codebook_stands_beside_the_fields(client: Client) -> None:
    Term.objects.filter(slug="conditional").update(definition="Only if <somebody> pays.")
    page = client.get(ADD).content.decode()
    assert "Only if &lt;somebody&gt; pays." in page
    assert page.count("What peer-support is.") == 1


def test_a_subtype_stands_below_its_type(client: Client) -> None:
    field = client.get(ADD).context["inline_admin_formsets"][0].formset.empty_form.fields["type"]
    assert [label for _, label in field.choices][-3:] == [
        "Joint action",
        "– Joint action services",
        "– Joint action outcomes",
    ]


def test_a_draft_is_previewed_and_a_published_case_seen(client: Client) -> None:
    draft, case = make_case("draft", state="draft"), make_case("case")
    preview = '<a href="/cases/draft/" target="_blank">Preview as readers will see it</a>'
    assert preview in client.get(change_page(draft)).content.decode()
    assert (
        '<a href="/cases/case/" target="_blank">See it on the site</a>'
        in client.get(change_page(case)).content.decode()
    )


def test_an_unknown_case_leads_back_with_a_word(client: Client) -> None:
    for pk in ("999", "x", "9" * 30):
        assert messages_on(client.get(f"/admin/cases/case/{pk}/change/", follow=True)) != []


def test_readers_are_asked_to_sign_in_as_someone_else() -> None:
    case = make_case()
    client = signed_in(make_user())
    for address in (LIST, ADD, change_page(case), f"/admin/cases/case/{case.pk}/withdraw/", "/admin/"):
        assert client.get(address).status_code in (302, 403)
        assert client.post(address, {"opened": 2, "reason": "x"}).status_code in (302, 403)
    assert Case.objects.get().state == State.PUBLISHED


def test_staff_without_permission_have_nothing_to_curate() -> None:
    case = make_case()
    client = signed_in(make_user(is_staff=True))
    for address in (LIST, ADD, change_page(case), f"/admin/cases/case/{case.pk}/withdraw/", "/admin/cases/passage/"):
        assert (client.get(address).status_code, client.post(address).status_code) == (403, 403)


def test_who_may_only_look_sees_what_is_published_and_saves_nothing() -> None:
    draft = make_case("draft", state="draft")
    case = make_case(arrangements=[arrangement()], sectors=["health"])
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_case"))
    client = signed_in(user)
    assert client.get(LIST).status_code == 200
    page = client.get(change_page(case)).content.decode()
    assert ("Members support one another" in page, 'name="_save"' in page, "Withdraw …" in page) == (True, False, False)
    assert client.post(change_page(case), {"opened": case.version, "title": "Mine"}).status_code == 403
    assert client.get(change_page(draft)).status_code == 302
    client.post(LIST, {"action": "publish_selected", "_selected_action": [draft.pk]})
    assert set(Case.objects.values_list("title", "state")) == {("A case", "published"), ("Draft", "draft")}


def test_only_drafts_that_readers_never_saw_are_deleted() -> None:
    client = signed_in(User.objects.create_superuser("root", "root@example.org", "password"))
    draft, published, withdrawn = (make_case(state, state=state) for state in ("draft", "published", "withdrawn"))
    redrafted = actions.redraft_case(case=make_case("redrafted", state="withdrawn"), by=None)
    for case in (draft, published, withdrawn, redrafted):
        client.post(f"/admin/cases/case/{case.pk}/delete/", {"post": "yes"})
    assert set(Case.objects.values_list("slug", flat=True)) == {"published", "withdrawn", "redrafted"}
    response = client.post(LIST, {"action": "delete_selected", "_selected_action": [published.pk], "post": "yes"})
    assert (response.status_code, Case.objects.count()) == (302, 3)


def test_curators_delete_no_case(client: Client) -> None:
    case = make_case(state="draft")
    assert client.post(f"/admin/cases/case/{case.pk}/delete/", {"post": "yes"}).status_code == 403
