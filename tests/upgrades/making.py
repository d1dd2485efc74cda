"""What people did in a catalogue: a story told through its pages and its API alone, so that any release can tell it.

`tell(wait)` needs Django set up, a catalogue with the cases of `STORY`, and settings that let accounts be made quickly.
`wait` is called between two steps, so that no two things happen at the same moment.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

API = "/api/v1/"
CASES = f"{API}cases/"
NOTES = "/annotations/"
STORY = (
    *("sharon", "clevercogs", "self-treatment", "clubhouse-model", "mosaic-clubhouse", "keyring", "digitalkoot"),
    *("goodsam", "hand-hygiene-campaign", "active-plus"),
)
"""The cases that are told of; `digitalkoot` and `goodsam` stay as they were loaded."""

PEOPLE = {
    "cora": ("Curators", True),
    "con": ("Contributors", True),
    "rae": ("", False),
    "ben": ("", False),
}
"""By name: the group, and whether they may enter the admin. Rae and Ben are researchers."""

MAPPING: dict[str, Any] = {
    "columns": {
        "Number": ["external_id"],
        "Name": ["title", "source_title"],
        "About": ["summary"],
        "Town": ["place_name"],
        "Country": ["place_country"],
        "Began": ["year_start"],
        "Fields": ["sectors"],
        "Lead": ["organisation:lead-organisation"],
        "People": ["figure:people:participants"],
    },
    "values": {"Fields": {"Wellbeing": "health"}},
    "constants": {"kind": "named-case", "source_authors": "The makers of the table", "source_kind": "web"},
    "nothing": ["Unknown"],
}


class Failed(Exception):
    """A step of the story was not done."""


class Fields(HTMLParser):
    """The fields of a page's forms, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        name = said.get("name", "")
        if tag == "input" and name and said.get("type") not in {"submit", "button", "file"}:
            if said.get("type") not in {"checkbox", "radio"} or "checked" in said:
                self.found.setdefault(name, []).append(said.get("value", "on" if "checked" in said else ""))
        elif tag == "textarea":
            self._area = name
            self.found[name] = [""]
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in said:
            self.found.setdefault(self._select, []).append(said.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.found[self._area] = [self.found[self._area][0].removeprefix("\n")]
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area][0] += data


def fields_of(page: str) -> dict[str, list[str]]:
    parser = Fields()
    parser.feed(page)
    return parser.found


class Person:
    """Somebody at the pages and the API."""

    def __init__(self, name: str, wait: Callable[[], None]) -> None:
        self.client = Client(SERVER_NAME="127.0.0.1", SERVER_PORT="8000")
        self.client.force_login(get_user_model().objects.get(username=name))
        self.wait = wait

    def send(self, method: str, path: str, data: Any = None, *, match: str = "", why: str = "") -> Any:
        """Send JSON to the API; the answer."""
        self.wait()
        headers = {"If-Match": match} if match else {}
        if why:
            headers["Change-Reason"] = why
        body = b"" if data is None else json.dumps(data).encode()
        answer = self.client.generic(method, path, body, content_type="application/json", headers=headers)
        if answer.status_code >= 400:
            raise Failed(f"{method} {path}: {answer.status_code} {answer.content[:2000].decode()}")
        return answer.json() if answer.content else None

    def case(self, slug: str) -> Any:
        return self.client.get(f"{CASES}{slug}/").json()

    def tag(self, path: str) -> str:
        return str(self.client.get(path)["ETag"])

    def change(self, slug: str, why: str = "", /, **said: Any) -> Any:
        path = f"{CASES}{slug}/"
        return self.send("PATCH", path, said, match=self.tag(path), why=why)

    def move(self, slug: str, verb: str, /, **said: Any) -> Any:
        path = f"{CASES}{slug}/"
        return self.send("POST", f"{path}{verb}/", said, match=self.tag(path))

    def propose(self, slug: str, reason: str, about: str = "", **changes: Any) -> int:
        path = f"{CASES}{slug}/"
        said = self.case(slug)
        record = {**{name: said[name] for name in said if name not in KEPT}, **changes}
        sent = {"record": record, "reason": reason, "about": about}
        answer = self.send("POST", f"{path}proposals/", sent, match=self.tag(path))
        return int(answer["url"].rstrip("/").rpartition("/")[2] if "url" in answer else answer["id"])

    def suggest(self, slug: str, reason: str, about: str = "", **texts: str) -> None:
        path = f"{CASES}{slug}/"
        self.send("POST", f"{path}proposals/", {"reason": reason, "about": about, **texts}, match=self.tag(path))

    def decide(self, proposal: int, verb: str, **said: Any) -> None:
        path = f"{API}proposals/{proposal}/"
        self.send("POST", f"{path}{verb}/", said, match=self.tag(path))

    def post(self, path: str, **fields: Any) -> Any:
        """Send a form; where it leads."""
        self.wait()
        answer = self.client.post(path, fields)
        if answer.status_code not in {301, 302, 303}:
            raise Failed(f"{path}: {answer.status_code} {shown(answer.content.decode())}")
        return answer["Location"]

    def fill(self, path: str, **changes: Any) -> Any:
        """Fill a form of the admin in otherwise, and save it."""
        fields = fields_of(self.client.get(path).content.decode())
        return self.post(path, **{**fields, **changes, "_save": "Save"})

    def note(self, slug: str, exact: str = "", **said: Any) -> str:
        """Put a note on words of a case; its name."""
        known = set(uids())
        about = "words" if exact else "case"
        self.post(f"{NOTES}write/", case=slug, about=about, exact=exact, **{"audience": "private", **said})
        return next(uid for uid in uids() if uid not in known)

    def reply(self, uid: str, comment: str) -> str:
        known = set(uids())
        self.post(f"{NOTES}{uid}/reply/", comment=comment)
        return next(each for each in uids() if each not in known)

    def recode(self, vocabulary: str, slug: str, verb: str, /, **typed: Any) -> None:
        """Change the codebook: look at what would change, then confirm it."""
        path = f"/admin/taxonomy/term/{term(vocabulary, slug).pk}/{verb}/"
        self.wait()
        looked = self.client.post(path, {"reason": WHY, **typed, "_look": "1"})
        token = fields_of(looked.content.decode())["token"][0]
        self.post(path, **{"reason": WHY, **typed, "token": token, "_confirm": "1"})

    def bring(self, rows: Sequence[dict[str, Any]], name: str, *, plan: bool = True) -> int:
        """Bring a table in, to be planned; the number of the import."""
        self.wait()
        file = SimpleUploadedFile(name, table(rows))
        sent = {"file": file, "mapping": "projects"}
        answer = self.client.post("/admin/interchange/batch/add/", sent, follow=plan)
        if answer.status_code >= 400:
            raise Failed(f"{name}: {answer.status_code} {shown(answer.content.decode())}")
        return int(apps.get_model("interchange", "Batch").objects.latest("pk").pk)

    def step(self, batch: int, verb: str, **sent: Any) -> None:
        self.post(f"/admin/interchange/batch/{batch}/{verb}/", **sent)


KEPT = {
    *("state", "codings", "version", "created_at", "updated_at", "published_at", "url"),
    *("updated_by", "created_by", "withdrawn_at", "withdrawn_reason", "merged_into"),
}
"""What the API tells of a case that is not part of its record."""
WHY = "Two readers took them for one."


def shown(page: str) -> str:
    """What a page says is wrong, for whoever mends this story."""
    found = re.findall(r"<(?:ul|p|div)[^>]*(?:error|refus|problem)[^>]*>.*?</(?:ul|p|div)>", page, re.DOTALL)
    return " ".join(re.sub("<[^>]*>", " ", each) for each in found)[:1000] or page[:1500]


def term(vocabulary: str, slug: str) -> Any:
    return apps.get_model("taxonomy", "Term").objects.get(vocabulary__slug=vocabulary, slug=slug, replaced_by=None)


def uids() -> list[str]:
    return list(apps.get_model("annotations", "Annotation").objects.order_by("pk").values_list("uid", flat=True))


def table(rows: Sequence[dict[str, Any]]) -> bytes:
    """Rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(MAPPING["columns"]), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def row(number: int, name: str, **cells: Any) -> dict[str, Any]:
    return {"Number": number, "Name": name, "About": f"What {name} does.", **cells}


def make_people() -> None:
    for name, (group, staff) in PEOPLE.items():
        user = get_user_model().objects.create_user(name, f"{name}@example.org", "password", is_staff=staff)
        if group:
            user.groups.add(Group.objects.get(name=group))


def tell(wait: Callable[[], None]) -> None:
    """Do what these people did."""
    make_people()
    people = {name: Person(name, wait) for name in PEOPLE}
    annotate(**people)
    edit(people["cora"])
    move(people["cora"], people["con"])
    propose(**people)
    correct(people["cora"])
    change_the_codebook(people["cora"])
    bring_in(people["cora"])


def annotate(cora: Person, con: Person, rae: Person, ben: Person) -> None:
    """Notes of each kind: in public, in private, in a group, answered, flagged, with codes, on a whole case."""
    group = rae.post(f"{NOTES}groups/", name="Readers of networks").rstrip("/").rpartition("/")[2]
    invitation = apps.get_model("annotations", "Group").objects.get(uid=group).invitation
    ben.post(f"{NOTES}groups/join/{invitation}/")
    first = rae.note("sharon", "an online forum", comment="Since when?", audience="public", tags="when, trust")
    ben.reply(first, "Since 2009.")
    rae.reply(first, "Thank you.")
    rae.note("sharon", "had its clinicians work on the design", comment="Who?", audience=f"group:{group}")
    rae.note("sharon", "Patients and members", comment="My own.", codes=["type:peer-support", "mode:digital"])
    ben.note("sharon", "It started with mental health", comment="And then?", audience="public")
    whole = ben.note("sharon", comment="All of it.", audience="public")
    rae.post(f"{NOTES}{whole}/flag/", reason="Nothing is said.")
    ben.note("keyring", comment="And this.", audience="public")
    gone = ben.note("keyring", comment="Not this.", audience="public")
    ben.post(f"{NOTES}{gone}/delete/")
    rae.post(f"{NOTES}{first}/resolve/", resolved="yes")
    cora.note("digitalkoot", comment="For curators?", audience="public", codes=["sector:health"])


def edit(cora: Person) -> None:
    """A case that a curator changed more than once, under its notes; one that was brought back."""
    said = cora.case("sharon")
    edited = (
        said["narrative"].replace("an online forum", "an online place to meet").replace("had its clinicians", "let")
    )
    edited = re.sub(r"It started with mental health[^.]*[.]", "", edited)
    cora.change("sharon", "As they call it.", narrative=edited)
    cora.change("sharon", "Its whole name.", title="SHaRON, a support network")
    cora.change("sharon", sectors=[*said["sectors"], "education"])
    cora.change("active-plus", "Tried.", summary="It was said otherwise.", caveats=[])
    cora.change("active-plus", "Tried again.", claims=[])
    cora.move("active-plus", "revert", to=2, reason="As it was.")


def move(cora: Person, con: Person) -> None:
    """Cases that moved: renamed, withdrawn, merged, drafts of three kinds."""
    cora.move("self-treatment", "withdraw", reason="It is no case.")
    cora.move("clubhouse-model", "merge", into="mosaic-clubhouse", reason="Told there.")
    cora.move("hand-hygiene-campaign", "withdraw", reason="To be looked at.")
    cora.move("hand-hygiene-campaign", "redraft", reason="It comes back.")
    con.send(
        "POST", CASES, {"slug": "street-garden", "title": "Street garden", "kind": "named-case"}, why="Read of it."
    )
    con.change("street-garden", summary="Neighbours plant a street.", sectors=["health"])
    whole = {"eligibility": cora.case("goodsam")["eligibility"], "summary": "Tools are lent.", "kind": "named-case"}
    con.send("POST", CASES, {**whole, "slug": "tool-library", "title": "Tool library"})
    con.move("tool-library", "submit", reason="Please look.")
    cora.send("POST", CASES, {**whole, "slug": "night-bus", "title": "Night bus"})
    cora.move("night-bus", "publish", reason="It runs.")
    cora.move("night-bus", "rename", slug="night-bus-in-graz", reason="There are others.")
    cora.send("POST", CASES, {"slug": "day-bus", "title": "Day bus", "kind": "generic-practice"})


def propose(cora: Person, con: Person, rae: Person, ben: Person) -> None:
    """Proposals of each standing; the case moved on under one."""
    accepted = con.propose("keyring", "Said better.", summary="People with disabilities live near one another.")
    cora.decide(accepted, "accept")
    returned = con.propose("keyring", "It is a network.", about="title", title="KeyRing networks")
    cora.send("POST", f"{API}proposals/{returned}/remarks/", {"text": "Says who?", "path": "title"})
    cora.decide(returned, "return", reason="Name a source.")
    con.propose("sharon", "No schools in it.", sectors=["health"], summary="A network of patients.")
    rae.suggest("sharon", "Shorter.", about="summary", summary="Patients help one another online.")
    rae.suggest("goodsam", "Is this still so?")
    declined = con.propose("keyring", "Why not.", caveats=[])
    cora.decide(declined, "decline", reason="They are right.")
    cora.change("sharon", "The case moves on.", summary="A digital network of people with mental ill health.")


def correct(cora: Person) -> None:
    """Entries of registers that a curator edited; a passage that published cases quote was corrected."""
    place = apps.get_model("cases", "Place").objects.earliest("slug")
    cora.fill(f"/admin/cases/place/{place.pk}/change/", name=f"{place.name} (the town)")
    organisation = apps.get_model("cases", "Organisation").objects.earliest("slug")
    cora.fill(f"/admin/cases/organisation/{organisation.pk}/change/", name=f"{organisation.name} and friends")
    passage = apps.get_model("cases", "Case").objects.get(slug="mosaic-clubhouse").verdict_passage
    cora.fill(f"/admin/cases/passage/{passage.pk}/change/", locator="p. 7")


def change_the_codebook(cora: Person) -> None:
    """A term that was split, so that cases wait to be coded anew, and one that was renamed."""
    cora.recode("sector", "education", "retire")
    cora.recode("caveat", "condition", "rename", label="Condition of success", slug="condition")


def bring_in(cora: Person) -> None:
    """Imports: applied, undone, planned and open with a probable duplicate, read and not planned."""
    apps.get_model("interchange", "Mapping").objects.create(name="projects", spec=MAPPING)
    rows = [
        row(1, "Repair hall", Town="Graz", Country="Austria", Began="2014", Fields="Wellbeing", People="160"),
        row(2, "Seed bank", Lead="Town of Graz"),
    ]
    applied = cora.bring(rows, "first.csv")
    cora.step(applied, "apply")
    undone = cora.bring([row(3, "Undone one")], "second.csv")
    cora.step(undone, "apply")
    cora.step(undone, "undo")
    open_rows = [
        row(1, "Repair hall", Town="Graz", Country="Austria", Began="2015", Fields="Wellbeing", People="160"),
        row(4, "GoodSAM", About="Said anew."),
        row(5, "No field", Fields="helth"),
        row(6, "Wood shop", Town="Linz", Country="Austria"),
    ]
    cora.bring(open_rows, "third.csv")
    cora.bring([row(7, "Waiting one")], "fourth.csv", plan=False)
