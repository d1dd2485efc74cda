"""Fills a form of an HTML page with what was typed into it before; everything else stays as it is, byte for byte.

It reads the page as it is sent, so it fits every form without the view's help. Passwords, files and the CSRF token are
left as the page has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import accumulate
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

Attrs = dict[str, str | None]
Typed = Mapping[str, list[str]]
NEVER_FILLED = {"password", "file", "submit", "button", "image", "reset"}
CSRF_FIELD = "csrfmiddlewaretoken"


class StartTag(NamedTuple):
    """A start tag, and where it stands in the page."""

    name: str
    attrs: Attrs
    start: int
    end: int

    def with_attrs(self, **changes: str | None) -> Edit:
        """The tag with some attributes set, or removed if None."""
        attrs = {name: value or "" for name, value in self.attrs.items()} | changes
        said = "".join(f' {name}="{escape(value)}"' for name, value in attrs.items() if value is not None)
        return Edit(self.start, self.end, f"<{self.name}{said}>")


class Edit(NamedTuple):
    """A stretch of the page, and what replaces it."""

    start: int
    end: int
    text: str


@dataclass
class Control:
    """A control of a form, with the folds it stands in."""

    tag: StartTag
    folds: list[StartTag]
    options: list[StartTag] = field(default_factory=list)
    closes: int = 0

    @property
    def name(self) -> str:
        return self.tag.attrs.get("name") or ""

    @property
    def kind(self) -> str:
        """`textarea`, `select`, or the type of an input."""
        return (self.tag.attrs.get("type") or "text").lower() if self.tag.name == "input" else self.tag.name


@dataclass
class Form:
    """A form of a page."""

    tag: StartTag
    folds: list[StartTag]
    controls: list[Control] = field(default_factory=list)

    def posts_to(self, path: str, page: str) -> bool:
        """Whether it posts to a path, when it stands on the page at this address."""
        method, action = self.tag.attrs.get("method") or "", self.tag.attrs.get("action") or page
        return method.lower() == "post" and urlsplit(urljoin(page, action)).path == path

    def likeness(self, typed: Typed) -> int:
        """How many names of what was typed it has, and hidden values."""
        named = [control for control in self.controls if control.name in typed]
        same = [control for control in named if control.tag.attrs.get("value") in typed[control.name]]
        return len(named) + sum(control.kind == "hidden" for control in same)


class FormReader(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.folds: list[StartTag] = []
        self.form: Form | None = None
        self.lines = [0, *accumulate(len(line) + 1 for line in page.split("\n"))]
        self.feed(page)
        self.close()

    def here(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self.here()
        found = StartTag(tag, dict(attrs), start, start + len(self.get_starttag_text() or ""))
        if tag == "details":
            self.folds.append(found)
        elif tag == "form":
            self.form = Form(found, list(self.folds))
            self.forms.append(self.form)
        elif self.form and tag in {"input", "textarea", "select", "button"}:
            self.form.controls.append(Control(found, list(self.folds)))
        elif self.form and tag == "option" and self.form.controls:
            self.form.controls[-1].options.append(found)

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self.folds:
            self.folds.pop()
        elif tag == "form":
            self.form = None
        elif self.form and self.form.controls and tag == self.form.controls[-1].tag.name:
            self.form.controls[-1].closes = self.here()


class Filled(NamedTuple):
    """A page with its form filled, and the names for which the form has no control."""

    page: str
    missing: list[str]


def find_form(page: str, address: str, path: str, typed: Typed) -> Form | None:
    """The form of a page at an address that posts to a path; of several, the one most like what was typed."""
    forms = [form for form in FormReader(page).forms if form.posts_to(path, address)]
    return max(forms, key=lambda form: form.likeness(typed), default=None)


def fill_form(page: str, form: Form, typed: Typed, notice: str, *, controls: bool = True) -> Filled:
    """Fill a form of a page, and put a notice at its head; the folds around what was typed are opened.

    Without `controls`, the form has been filled already.
    """
    left = {name: list(values) for name, values in typed.items()}
    edits, opened = [Edit(form.tag.end, form.tag.end, notice)], {fold.start: fold for fold in form.folds}
    for control in form.controls:
        if any(typed.get(control.name, [])) and control.kind != "hidden":
            opened |= {fold.start: fold for fold in control.folds}
        if controls and control.kind not in NEVER_FILLED and control.name != CSRF_FIELD:
            edits += _edits(control, left)
    edits += [fold.with_attrs(open="") for fold in opened.values()]
    known = {control.name for control in form.controls}
    return Filled(_edited(page, edits), [name for name, values in typed.items() if name not in known and any(values)])


def _edits(control: Control, left: dict[str, list[str]]) -> Iterator[Edit]:
    """What makes a control say what was typed; a text takes the next value of its name out of `left`."""
    values = left.get(control.name)
    match control.kind:
        case "checkbox" | "radio":
            chosen = (control.tag.attrs.get("value") or "on") in (values or [])
            yield control.tag.with_attrs(checked="" if chosen else None)
        case "select":
            yield from _select_edits(control, values or [])
        case _ if not values:
            return
        case "textarea":
            yield Edit(control.tag.end, control.closes, "\n" + escape(values.pop(0)))
        case _:
            yield control.tag.with_attrs(value=values.pop(0))


def _select_edits(control: Control, values: list[str]) -> Iterator[Edit]:
    """Choose the options; a value that is not among them is added, as it was found by a script."""
    offered = [option.attrs.get("value") or "" for option in control.options]
    for option, value in zip(control.options, offered, strict=True):
        if (value in values) != ("selected" in option.attrs):
            yield option.with_attrs(selected="" if value in values else None)
    added = [value for value in values if value not in offered]
    options = "".join(f'<option value="{escape(value)}" selected>{escape(value)}</option>' for value in added)
    yield Edit(control.closes, control.closes, options)


def _edited(page: str, edits: list[Edit]) -> str:
    """The page with some stretches replaced."""
    pieces, done = [], 0
    for edit in sorted(edits):
        pieces += [page[done : edit.start], edit.text]
        done = edit.end
    return "".join([*pieces, page[done:]])
