"""Ready-made things for tests: each is whole and valid, made through the catalogue's own doors, and says what it holds.

`make_case()` is a published co-delivery case without arrangements; give it what a test is about:

    make_case("sharon", arrangements=[arrangement("peer-support", ["user"], ["digital"])], sectors=["health"])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import Permission

from accounts.models import User
from cases import actions
from cases.models import Case, Organisation, Passage, Place, Source
from cases.serializers import CaseSerializer
from taxonomy.models import Term, Vocabulary

TERMS = {
    "type": "co-implementation co-management peer-support behaviour-change "
    "joint-action joint-action>joint-action-services joint-action>joint-action-outcomes",
    "actor": "user community",
    "mode": "offline digital",
    "pathway": "prevention prevention>reduce-adverse-social-conditions prevention>promote-behaviour-change "
    "treatment treatment>detect-early treatment>find-appropriate-treatment "
    "rehabilitation rehabilitation>design-suitable-programmes rehabilitation>persuade-to-follow",
    "sector": "health health>public-health social-protection education sport",
    "evidence": "none-named asserted anecdotal descriptive single-study evaluation multiple-evaluations review "
    "systematic-review",
    "direction": "positive mixed none-found negative not-stated",
    "eligibility": "co-delivery conditional user-self-help community-self-organising out-of-scope",
    "democratic-quality": "concern-raised undesirable-result",
    "kind": "named-case generic-practice boundary-example negative-example",
    "role": "example near-miss warning study background",
    "public-input": "money staff training premises land technology commissioning evaluation matching",
    "contribution": "time lived-experience information self-care skills money-or-things",
    "outcome": "health-and-wellbeing safety learning-and-employment service-quality-and-access cost-and-savings "
    "social-contact-and-community volunteers-own-gain",
    "beneficiary": "user volunteer staff service community",
    "part": "public-service-organisation lead-organisation partner funder evaluator",
    "caveat": "limitation condition undesirable-effect barrier",
}
"""The vocabularies of the tests: their slugs in order, a narrower one behind its broader one."""


def make_terms() -> None:
    """Make every vocabulary with its terms, unless they stand already."""
    if Vocabulary.objects.exists():
        return
    slugs = enumerate(TERMS)
    vocabularies = [Vocabulary(slug=s, label=s.title(), definition=f"About {s}.", order=order) for order, s in slugs]
    made: dict[tuple[str, str], Term] = {}
    for vocabulary in Vocabulary.objects.bulk_create(vocabularies):
        for order, path in enumerate(TERMS[vocabulary.slug].split()):
            broader, _, slug = path.rpartition(">")
            made[vocabulary.slug, slug] = Term(
                vocabulary=vocabulary,
                slug=slug,
                label=slug.replace("-", " ").capitalize(),
                definition=f"What {slug} is.",
                order=order,
                broader=made.get((vocabulary.slug, broader)),
            )
    Term.objects.bulk_create(term for term in made.values() if term.broader is None)
    narrower = [term for term in made.values() if term.broader]
    for term in narrower:
        term.broader = term.broader  # its key is known now
    Term.objects.bulk_create(narrower)


def make_source(slug: str = "loeffler-2020", **fields: Any) -> Source:
    defaults = {
        "kind": "chapter",
        "authors": slug.partition("-")[0].title(),
        "year": 2020,
        "title": f"The book of {slug}",
    }
    return Source.objects.get_or_create(slug=slug, defaults=defaults | fields)[0]


def make_passage(exact: str = "citizens took part", source: Source | None = None, **fields: Any) -> Passage:
    return Passage.objects.create(exact=exact, source=source or make_source(), **fields)


def make_place(slug: str = "birmingham", **fields: Any) -> Place:
    defaults = {"name": slug.replace("-", " ").title(), "country": "GB"}
    return Place.objects.get_or_create(slug=slug, defaults=defaults | fields)[0]


def make_organisation(slug: str = "kings-fund", **fields: Any) -> Organisation:
    defaults = {"name": slug.replace("-", " ").title(), "country": "GB"}
    return Organisation.objects.get_or_create(slug=slug, defaults=defaults | fields)[0]


def make_user(username: str = "reader", **fields: Any) -> User:
    """Make a reader, whose password is `password`."""
    return User.objects.create_user(username, f"{username}@example.org", "password", **fields)


def make_curator(username: str = "curator", **fields: Any) -> User:
    """Make someone who may write cases, through the admin too."""
    user = make_user(username, is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label__in=["cases", "taxonomy"]))
    return User.objects.get(pk=user.pk)  # permissions are kept with the object once asked for


def unmarked(document: Any) -> Any:
    """Return what was read, without what is only said of each passage to readers: whether it is checked."""
    if isinstance(document, dict):
        return {name: unmarked(value) for name, value in document.items() if name not in {"section", "checked"}}
    return [unmarked(each) for each in document] if isinstance(document, list) else document


def passage(exact: str = "citizens took part", source: str = "loeffler-2020", **fields: Any) -> dict[str, Any]:
    """Return a passage as a record holds it."""
    return {"source": source, "exact": exact, "start": None, "end": None, "locator": "", **fields}


def arrangement(
    kind: str = "peer-support",
    actors: Sequence[str] = ("user",),
    modes: Sequence[str] = (),
    *,
    absent: str = "not-stated",
    label: str = "Members support one another",
) -> dict[str, Any]:
    """Return an arrangement as a record holds it; without modes, `absent` says which kind of nothing."""
    there = {"terms": list(modes), "absent": None, "basis": "explicit", "passage": passage()}
    return {
        "label": label,
        "type": {"term": kind, "basis": "section", "passage": passage()},
        "actor": {"terms": list(actors), "basis": "inferred", "passage": passage()},
        "mode": there if modes else {"terms": [], "absent": absent, "basis": None, "passage": None},
        "years": None,
    }


def finding(level: str = "evaluation", direction: str = "positive", **fields: Any) -> dict[str, Any]:
    """Return a finding as a record holds it."""
    return {
        "outcome": "health-and-wellbeing",
        "beneficiary": "user",
        "statement": "Members feel better.",
        "level": level,
        "direction": direction,
        "counterfactual": False,
        "figure": "",
        "passage": passage(),
        **fields,
    }


def claim(as_stated: str = "over 100 people", value: float | None = 100, **fields: Any) -> dict[str, Any]:
    """Return a figure as a record holds it."""
    nothing = ("figure_role", "qualifier", "value_from", "value_to", "out_of", "year_from", "year_to")
    return {
        "as_stated": as_stated,
        "value": value,
        "unit": "people",
        "measures": "people who took part",
        "population": "",
        "source": "loeffler-2020",
        "passage": passage(as_stated),
        **dict.fromkeys(nothing),
        **fields,
    }


def make_record(slug: str = "a-case", **fields: Any) -> dict[str, Any]:
    """Return a case as a record: what it needs to be published, and `fields`."""
    return {
        "slug": slug,
        "title": slug.replace("-", " ").capitalize(),
        "kind": "named-case",
        "summary": "Citizens and staff do it together.",
        "narrative": "It began small.\n\nThen it **grew**.",
        "eligibility": {
            "verdict": "co-delivery",
            "reason": "A public body pays for it.",
            "basis": None,
            "since": None,
            "before": None,
            "passage": passage(),
        },
        **fields,
    }


def make_case(slug: str = "a-case", *, state: str = "published", by: User | None = None, **fields: Any) -> Case:
    """Make a case of `make_record(slug, **fields)` in a state, with the sources, organisations and places it names."""
    make_terms()
    record = make_record(slug, **fields)
    make_source()
    for name in record.get("places", []):
        make_place(name)
    for entry in record.get("organisations", []):
        make_organisation(entry["organisation"])
    for entry in [*record.get("sources", []), *record.get("claims", [])]:
        make_source(entry["source"])
    serializer = CaseSerializer(data=record)
    serializer.is_valid(raise_exception=True)
    case = actions.create_case(record=serializer.validated_data, by=by)
    if state != "draft":
        case = actions.publish_case(case=case, by=by)
    if state == "withdrawn":
        case = actions.withdraw_case(case=case, by=by, reason="It was counted twice.")
    return case
