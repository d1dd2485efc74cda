"""Rules of our own that no linter knows. Each says why, and shows on a planted violation that it can fail.

Two of them have a table of who may: a line in it has its reason, and a line that nothing needs any more fails.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

ROOT = Path(__file__).parents[1]
APPS = ("plaintext", "accounts", "taxonomy", "cases", "annotations", "interchange", "codelivery")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SOURCES = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)

# Who may ask the database, by module or package (`*` is every app).
QUERIES = {
    "*.models": "managers and QuerySets live there",
    "*.actions": "the verbs read what they change",
    "*.receivers": "they follow what is written",
    "*.apps": "groups and permissions are made behind `migrate`",
    "*.management": "commands stand where views stand",
    "*.views": "through visible_to and its like, which the rule below holds",
    "*.api": "as the views",
    "*.admin": "Django's admin asks by itself",
    "*.forms": "the choices of a field are rows",
    "accounts.unsent": "keeps forms that could not be sent, and the answers to those that were",
    "taxonomy.codebook": "the one reader of the codebook",
    "cases.query.parameters": "the values of a facet are rows",
    "cases.query.sql": "the engine that answers by SQL",
    "cases.query.sql_arrangements": "asks which entries instances name, besides the answer",
    "cases.query.positions": "a walk goes on behind a row",
    "cases.query.build": "the engine that answers from bitmaps is built of rows",
    "cases.query.examples": "fetches the cases that the manual names",
    "cases.search.engine": "the engine of words",
    "cases.derived.refresh": "what is kept of the cases is made anew there",
    "cases.derived.marking": "marks the codings that a change puts out of step",
    "cases.derived.representations": "reads what is kept of the cases",
    "cases.record.registers": "fetches what a record names",
    "cases.record.addresses": "looks for slugs that are free",
    "cases.record.twins": "looks for what is the same as an entry",
    "cases.record.recoding": "fetches the cases that a term changes",
    "cases.record.rows": "makes rows of a record",
    "cases.record.told": "fetches who coded, to name them",
    "cases.record.standing": "keeps by case what its codings are marked with",
    "cases.history.writing": "writes versions",
    "cases.history.reading": "reads versions",
    "cases.record.labels": "fetches the words for what a difference names",
    "cases.review.proposals": "reads proposals",
    "cases.review.overview": "counts for curators",
    "cases.review.twins": "counts what stands twice",
    "cases.review.checks": "a check compares a case with the others",
    "annotations.query.filters": "the one question to the notes",
    "annotations.query.facets": "counts the answers to it",
    "annotations.query.results": "fetches the answers to it",
    "annotations.query.search": "the engine of words in notes",
    "annotations.query.flat": "fetches answers by their keys for long tables",
    "annotations.query.whole": "fetches answers by their keys for long files",
    "annotations.w3c": "finds what an annotation from outside names",
    "interchange.exports.qda": "reads the authors of the notes that it was given",
    "interchange.exports.texts": "reads the narratives of the notes that it was given",
    "interchange.loading": "compares the catalogue's files with its rows, and writes them",
    "interchange.imports": "compares files from outside with the rows, keeps the plan, applies it",
    "codelivery.errors": "an unknown address is told which cases are near",
}

# What has drafts, private or hidden rows, and the methods by which a view may fetch it.
PRIVATE = {"Case", "Proposal", "Revision", "CurrentVersion", "Version", "Annotation", "Remark", "Recoding"}
VISIBILITY_METHODS = {"visible_to", "readable_by", "addressed_to", "published", "none"}

# Views that fetch in another way: (file, model, method) and what holds there instead.
EXCEPTIONS = {
    ("cases/views/history.py", "CurrentVersion", "get"): "of a case that was fetched by a visibility method",
    ("cases/views/reading.py", "Proposal", "waiting"): "only counted, and only for curators",
    ("cases/views/reviewing.py", "Case", "at"): "leads on to what is published, and to nothing else",
    ("cases/views/suggesting.py", "Case", "at"): "read again by a visibility method at once",
    ("cases/views/suggesting.py", "Case", "filter"): "the reader's own drafts",
    ("cases/views/suggesting.py", "Proposal", "filter"): "the reader's own proposals",
    ("cases/views/suggesting.py", "Remark", "filter"): "on the reader's own drafts",
    ("cases/views/suggesting.py", "Remark", "select_related"): "on the reader's own proposals",
    ("cases/views/proposals.py", "Case", "filter"): "the queue, behind the right to review",
    ("cases/views/proposals.py", "Case", "select_related"): "the queue, behind the right to review",
    ("cases/views/proposals.py", "Proposal", "filter"): "the queue, behind the right to review",
    ("cases/views/proposals.py", "Proposal", "select_related"): "the queue, behind the right to review",
    ("cases/api/states.py", "Case", "all"): "a case to merge into, behind the right to publish",
    ("cases/api/cases.py", "Case", "whole"): "the case that was just written",
    ("annotations/api/protocol.py", "Case", "addressed"): "says only that a case was withdrawn",
    (
        "annotations/api/protocol.py",
        "Case",
        "filter",
    ): "the narratives of notes that were fetched by a visibility method",
    ("annotations/views/notes.py", "Case", "get"): "of a note that was fetched by a visibility method",
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# No ORM in templates: what a template asks of the database shows in no view, and each row of a list may ask anew.

QUERYSET = {
    *("objects", "filter", "exclude", "exists", "aggregate", "annotate", "order_by", "values", "values_list", "latest"),
    *("earliest", "get", "only", "defer", "select_related", "prefetch_related", "distinct", "none", "in_bulk"),
    *("iterator", "create", "update", "delete", "save", "raw"),
}
VARIABLE = re.compile(r"[A-Za-z_][\w]*(?:\.\w+)+")


def orm_in_template(text: str) -> list[str]:
    """Return each name in a template that asks the database; `.all` of a relation that the view has fetched may."""
    found = []
    for token in Lexer(text).tokenize():
        if token.token_type in {TokenType.VAR, TokenType.BLOCK}:
            said = re.sub(r"\"[^\"]*\"|'[^']*'", "", token.contents)
            found += [name for name in VARIABLE.findall(said) if QUERYSET.intersection(name.split(".")[1:])]
    return found


def test_no_template_asks_the_database() -> None:
    found = {name_of(path): orm_in_template(path.read_text()) for path in TEMPLATES}
    assert {name: asking for name, asking in found.items() if asking} == {}


def test_a_template_that_asks_the_database_is_found() -> None:
    planted = (
        '{% if case.notes.exists %}{{ "a.filter" }}{% for note in case.notes.all %}{{ note.author.get }}{% endfor %}'
    )
    assert orm_in_template(planted) == ["case.notes.exists", "note.author.get"]


# No queryset outside models and engines: who reads the database is known, so that a change of a table has its places.


def managers(source: str) -> Iterator[tuple[str, str]]:
    """Yield each use of a manager in a module: the model's name and the method called on it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager", "_base_manager"}:
            yield ast.unparse(node.value).rpartition(".")[2], ""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "objects":
            yield ast.unparse(node.value.value).rpartition(".")[2], node.attr


def module_of(path: Path) -> str:
    return name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def allowance(module: str) -> str | None:
    """Return the line of the table under which a module may ask the database."""
    app = module.partition(".")[0]
    for line in QUERIES:
        known = line.replace("*", app, 1)
        if module == known or module.startswith(f"{known}."):
            return line
    return None


def test_only_models_and_engines_make_querysets() -> None:
    asking = {module_of(path) for path in SOURCES if any(managers(path.read_text()))}
    assert sorted(module for module in asking if allowance(module) is None) == []
    assert sorted(QUERIES.keys() - {allowance(module) for module in asking}) == [], "lines that nothing needs"


def test_a_queryset_in_another_module_is_found() -> None:
    assert any(managers("def first():\n    return Case.objects.filter(pk=1).first()"))
    assert allowance("cases.templatetags.catalogue") is None
    assert allowance("cases.modelsandmore") is None


# An object reaches a view only through a visibility method: who may see it is decided at one place, not in each view.


def unguarded_fetches(path: str, source: str) -> set[tuple[str, str, str]]:
    """Return what a view fetches, by no visibility method, of models with rows that not everyone may see."""
    return {
        (path, model, method)
        for model, method in managers(source)
        if method and model in PRIVATE and method not in VISIBILITY_METHODS
    }


def test_an_object_reaches_a_view_only_by_a_visibility_method() -> None:
    views = [path for path in SOURCES if re.search(r"/(views|api)(/|\.py)", name_of(path))]
    found = {each for path in views for each in unguarded_fetches(name_of(path), path.read_text())}
    assert sorted(found - EXCEPTIONS.keys()) == []
    assert sorted(EXCEPTIONS.keys() - found) == [], "lines that nothing needs"


def test_a_view_that_fetches_unguarded_fetches_is_found() -> None:
    planted = "Case.objects.get(pk=1)\nCase.objects.visible_to(user).get(pk=1)\nTerm.objects.get(pk=1)"
    assert unguarded_fetches("cases/views/new.py", planted) == {("cases/views/new.py", "Case", "get")}


# No inline style or script: the Content-Security-Policy refuses them, so they would work on no reader's machine.

INLINE = re.compile(
    r"<style\b|<script\b(?![^>]*\bsrc=)|<[a-z][^<>]*\s(?:style|on[a-z]+)\s*=|javascript:|hx-on[:=-]", re.IGNORECASE
)


def inline(text: str) -> list[str]:
    """Return the beginnings of styles and scripts that stand in a page itself."""
    return [found[-40:] for found in INLINE.findall(re.sub(r"{#.*?#}", "", text))]


def html_in(source: str) -> str:
    """Return the texts in a module that hold tags."""
    texts = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    return "\n".join(text for text in texts if isinstance(text, str) and "<" in text)


def test_no_page_has_a_style_or_a_script_of_its_own() -> None:
    pages = {name_of(path): inline(path.read_text()) for path in TEMPLATES}
    made = {name_of(path): inline(html_in(text)) for path in SOURCES if "mark_safe" in (text := path.read_text())}
    assert {name: found for name, found in (pages | made).items() if found} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "<style>p { color: red }</style>",
        "<script>alert(1)</script>",
        '<p class="a" style="color: red">',
        '<button type="button"\n  onclick="go()">',
        '<a href="javascript:go()">',
        '<p hx-on:click="go()">',
    ],
)
def test_a_style_or_a_script_in_a_page_is_found(planted: str) -> None:
    assert inline(planted)
    assert inline(html_in(f"TEXT = {planted!r}"))


def test_a_script_of_its_own_file_and_words_are_no_inline_script() -> None:
    assert inline('<script src="{% static \'a.js\' %}" type="module"></script><p>on a = b, style = c</p>') == []


# No request to another host: what a reader reads is nobody else's business, and nothing here needs the internet.

FETCHED = re.compile(
    r"""<(?!a\b)[a-z][^<>]*?\s(?:src|srcset|href|action|poster|data|hx-(?:get|post))\s*=\s*["']?\s*((?:https?:)?//[^\s"'<>]+)""",
    re.IGNORECASE,
)
LOADED = re.compile(r"""(?:url\(|@import|\bfrom|\bimport\(?|fetch\()\s*["']?\s*((?:https?:)?//[^\s"')]+)""")
ADDRESS = re.compile(r"https?://[^\s\"'`]+")


def other_hosts(name: str, text: str) -> list[str]:
    """Return the addresses elsewhere that a browser would ask by itself: links that people follow are none."""
    if name.endswith(".js"):
        return ADDRESS.findall(text)
    return FETCHED.findall(text) if name.endswith(".html") else LOADED.findall(text)


def test_nothing_is_asked_of_another_host() -> None:
    files = [*TEMPLATES, *sorted((ROOT / "static").glob("*.css")), *sorted((ROOT / "static").glob("*.js"))]
    found = {name_of(path): other_hosts(path.name, path.read_text()) for path in files}
    assert {name: addresses for name, addresses in found.items() if addresses} == {}


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("page.html", '<script src="https://cdn.example.org/a.js"></script>'),
        ("page.html", '<link rel="stylesheet"\n  href="//fonts.example.org/a.css">'),
        ("page.html", '<img alt="" src="http://example.org/a.png">'),
        ("page.css", "@import url('https://fonts.example.org/a.css');"),
        ("page.css", "p { background: url(//example.org/a.png) }"),
        ("page.js", 'fetch("https://example.org/count")'),
    ],
)
def test_a_request_to_another_host_is_found(name: str, planted: str) -> None:
    assert other_hosts(name, planted)


def test_a_link_that_people_follow_is_no_request() -> None:
    assert other_hosts("page.html", '<a href="https://doi.org/10.1000/1" rel="external">doi</a>') == []


# Templates wrap: a line that fits on the screen can be reviewed as a difference.

LONGEST = 120


def long_lines(text: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), start=1) if len(line) > LONGEST]


def test_no_line_of_a_template_is_longer_than_a_screen() -> None:
    found = {name_of(path): long_lines(path.read_text()) for path in TEMPLATES}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_long_line_is_found() -> None:
    assert long_lines("short\n" + "x" * 121) == [2]
