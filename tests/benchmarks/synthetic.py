"""Made-up cases: whole and valid, their codings correlated as real ones are, each the same for the same key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db.models import Model

from cases.models import Arrangement, Case, Citation, Claim, Participation, Passage, PathwayLink, Place, State
from cases.record import convert
from cases.record.codings import stamp_codings
from taxonomy.models import Term

from .words import Speech, zipf
from .world import World, source

SEED = "co-delivery"
LONG, SHORT = 400, 100  # words of a narrative, the short ones in catalogues of more than MANY cases
MANY = 500_000
DAY_ONE = datetime(2020, 1, 1, tzinfo=UTC)

TYPES = {
    "co-implementation": 34,
    "co-management": 14,
    "peer-support": 18,
    "behaviour-change": 15,
    "joint-action": 5,
    "joint-action-services": 9,
    "joint-action-outcomes": 5,
}
USERS = {"co-implementation": 0.8, "peer-support": 0.7, "behaviour-change": 0.75}
DIGITAL = {"peer-support": 0.55, "behaviour-change": 0.4}
PATHWAYS = {
    "behaviour-change": ["promote-behaviour-change", "prevention", "persuade-to-follow"],
    "peer-support": ["rehabilitation", "persuade-to-follow", "reduce-adverse-social-conditions"],
}
OTHER_PATHWAYS = ["treatment", "detect-early", "find-appropriate-treatment", "design-suitable-programmes", "prevention"]
EVIDENCE = {
    "none-named": 30,
    "anecdotal": 18,
    "descriptive": 16,
    "single-study": 14,
    "evaluation": 12,
    "multiple-evaluations": 5,
    "review": 3,
    "systematic-review": 2,
}
VERDICTS = {
    "co-delivery": 70,
    "conditional": 12,
    "user-self-help": 8,
    "community-self-organising": 7,
    "out-of-scope": 3,
}
KINDS = {"named-case": 70, "generic-practice": 20, "boundary-example": 7, "negative-example": 3}
NOTHING = ["not-coded", "not-stated", "not-applicable", "explicit-no"]
BASES = ["explicit", "section", "inferred"]
SHARE_PUBLISHED = 0.85


@dataclass
class Made:
    """An unsaved case with every key set, as `Case.objects.whole()` would fetch it, and all its rows."""

    case: Case
    rows: list[Model]


class Maker:
    """Makes cases over a world; `size` is how many the catalogue will hold."""

    def __init__(self, world: World, size: int) -> None:
        self.world = world
        self.narrative = SHORT if size > MANY else LONG
        self.sectors = world.codebook["sector"]
        self.sector_weights = zipf(len(self.sectors), 0.8)

    def make(self, key: int) -> Made:
        """Return the case with this primary key."""
        random = Random(f"{SEED} {key}")
        return _Making(self, random, key).made()


class _Making:
    """One case in the making."""

    def __init__(self, maker: Maker, random: Random, key: int) -> None:
        self.maker, self.world, self.random, self.key = maker, maker.world, random, key
        self.speech = Speech(random)
        self.parts: list[Model] = []
        self.source = source(key)
        self.passages = [self._passage(0), self._passage(1)]
        self.case = Case(pk=key)

    def made(self) -> Made:
        types = self._types()
        held: dict[str, Sequence[Any]] = {
            "arrangements": self._arrangements(types),
            "pathway_links": self._pathways(types),
            "sectors": self._sectors(),
            "places": self._places(),
            "claims": self._claims(),
            "caveats": [],
            "participations": self._participations(),
            "citations": [self._part(Citation, 0, source=self.passages[0].source, locator=f"p. {self.key % 300}")],
        }
        held["organisations"] = [part.organisation for part in held["participations"]]
        held["sources"] = [self.passages[0].source]
        self._say()
        self._judge()
        self._date()
        self._publish()
        vars(self.case)["_prefetched_objects_cache"] = held  # as if each part had been fetched along
        now = {"version": self.case.version, "date": self.case.updated_at.date().isoformat(), "codebook": 1}
        self.case.coded = stamp_codings(convert.to_primitive(convert.record_from_case(self.case)), None, {}, now)
        return Made(self.case, [*self.passages, self.case, *self.parts])

    def _say(self) -> None:
        self.case.title = self.speech.phrase(8)
        self.case.slug = f"{self.case.title[:40].split()[0].lower().encode('ascii', 'ignore').decode()}-{self.key}"
        self.case.summary = self.speech.prose(60)
        self.case.narrative = self.speech.prose(self.maker.narrative)

    def _judge(self) -> None:
        case, draw = self.case, self._drawn
        case.kind = self.world.term("kind", draw(KINDS))
        case.verdict = self.world.term("eligibility", draw(VERDICTS))
        case.verdict_reason = self.speech.phrase(9)
        case.verdict_passage = self.passages[0]
        if self.random.random() < 0.12:
            case.evidence_absent = self.random.choice(NOTHING)
            return
        level = draw(EVIDENCE)
        good = 0.8 if level in ("anecdotal", "descriptive") else 0.5
        direction = (
            "positive" if self.random.random() < good else self.random.choice(["mixed", "none-found", "negative"])
        )
        case.evidence_level = self.world.term("evidence", level)
        case.evidence_direction = self.world.term("direction", "not-stated" if level == "none-named" else direction)
        case.evidence_absent = ""
        case.evidence_passage = self.passages[1]

    def _date(self) -> None:
        case, random = self.case, self.random
        if random.random() < 0.1:
            case.years_absent = "not-stated"
            return
        case.years_absent, case.years_passage = "", self.passages[1]
        case.year_start = 2020 - int(random.expovariate(1 / 9))
        case.year_start_precision = random.choice(["exact", "exact", "about", "by", "decade"])
        case.ongoing = random.random() < 0.5
        case.year_end = None if case.ongoing else case.year_start + random.randint(0, 8)

    def _publish(self) -> None:
        case, random = self.case, self.random
        case.state = State.DRAFT
        case.created_at = DAY_ONE + timedelta(minutes=self.key % 2_000_000)
        case.updated_at = case.created_at + timedelta(seconds=random.randrange(80_000_000))
        case.version = random.randint(1, 9)
        if random.random() < SHARE_PUBLISHED:
            case.state, case.published_at = State.PUBLISHED, case.updated_at
        elif random.random() < 0.2:
            case.state, case.withdrawn_reason = State.WITHDRAWN, self.speech.phrase(6)

    def _types(self) -> list[str]:
        number = self.random.choices((0, 1, 2, 3), (8, 50, 28, 14))[0]
        return [self._drawn(TYPES) for _ in range(number)]

    def _arrangements(self, types: list[str]) -> list[Arrangement]:
        self.case.arrangements_absent = "" if types else self.random.choice(NOTHING)
        return [self._arrangement(order, type_) for order, type_ in enumerate(types)]

    def _arrangement(self, order: int, type_: str) -> Any:
        random, passage = self.random, self.passages[order % 2]
        user = random.random() < USERS.get(type_, 0.3)
        digital = random.random() < DIGITAL.get(type_, 0.2)
        offline = not digital or random.random() < 0.3
        stated = random.random() > 0.08
        return self._part(
            Arrangement,
            order,
            order=order,
            label=self.speech.phrase(5),
            type=self.world.term("type", type_),
            type_basis=random.choice(BASES),
            type_passage=passage,
            user=user,
            community=not user or random.random() < 0.25,
            actor_basis=random.choice(BASES),
            actor_passage=passage,
            offline=stated and offline,
            digital=stated and digital,
            mode_absent="" if stated else random.choice(NOTHING),
            mode_basis="explicit" if stated else "",
            mode_passage=passage if stated else None,
        )

    def _pathways(self, types: list[str]) -> list[PathwayLink]:
        likely = [slug for type_ in types for slug in PATHWAYS.get(type_, [])] or OTHER_PATHWAYS
        drawn = dict.fromkeys(self.random.choices([*likely, *OTHER_PATHWAYS], k=self.random.randint(0, 3)))
        terms = sorted((self.world.term("pathway", slug) for slug in drawn), key=lambda term: term.order)
        self.case.pathways_absent = "" if terms else self.random.choice(NOTHING)
        basis = self.random.choice(BASES)
        return [
            self._part(PathwayLink, n, pathway=term, basis=basis, passage=self.passages[1])
            for n, term in enumerate(terms)
        ]

    def _sectors(self) -> list[Term]:
        number = self.random.choices((0, 1, 2, 3), (4, 60, 28, 8))[0]
        drawn = self.random.choices(self.maker.sectors, cum_weights=self.maker.sector_weights, k=number)
        terms = sorted(dict.fromkeys(drawn), key=lambda term: term.order)
        self.case.sectors_absent = "" if terms else self.random.choice(NOTHING)
        return [self._linked(Case.sectors.through, n, term_id=term.pk, thing=term) for n, term in enumerate(terms)]

    def _places(self) -> list[Place]:
        number = self.random.choices((0, 1, 2), (6, 80, 14))[0]
        places = sorted(self.world.places(self.random, number), key=lambda place: place.name)
        self.case.places_absent = "" if places else self.random.choice(NOTHING)
        return [self._linked(Case.places.through, n, place_id=place.pk, thing=place) for n, place in enumerate(places)]

    def _claims(self) -> list[Claim]:
        number = 1 if self.random.random() < 0.3 else 0
        return [self._claim(order, self.random.randint(10, 90_000)) for order in range(number)]

    def _claim(self, order: int, value: int) -> Any:
        words = {"as_stated": f"over {value:,}", "unit": "people", "measures": self.speech.phrase(4)}
        passage = self.passages[0]
        return self._part(
            Claim,
            order,
            order=order,
            qualifier="over",
            value=Decimal(value),
            **words,
            source=passage.source,
            passage=passage,
        )

    def _participations(self) -> list[Participation]:
        if self.random.random() < 0.3:
            return []
        organisation = self.world.organisation(self.random)
        part = self.world.term("part", "lead-organisation")
        return [self._part(Participation, 0, organisation=organisation, part=part, passage=None)]

    def _passage(self, number: int) -> Passage:
        key = self.world.first_passage + 2 * self.key + number
        return Passage(pk=key, source=self.source, exact=self.speech.prose(14), locator=f"p. {number + 1}")

    def _part(self, model: Any, number: int, **said: Any) -> Any:
        part = model(pk=4 * self.key + number, case=self.case, **said)
        self.parts.append(part)
        return part

    def _linked(self, through: Any, number: int, *, thing: Any, **key: int) -> Any:
        self.parts.append(through(pk=4 * self.key + number, case_id=self.key, **key))
        return thing

    def _drawn(self, weights: dict[str, int]) -> str:
        return self.random.choices(list(weights), list(weights.values()))[0]
