"""Cells with several values: PostgreSQL arrays, Python lists and tuples, JSON, and separated texts."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from .problems import Problem, error, joined_problem, printable_value, warning
from .texts import clean_name, clean_text, is_empty, visible_text

CleanedItems = tuple[list[str], Problem | None]

MAX_LIST_ITEMS = 1_000
MAX_LIST_LITERAL = 50_000
"""The longest list that is parsed as code, in characters."""
MAX_LIST_DEPTH = 8

ARRAY_ELEMENT = r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}]*))\s*'
POSTGRES_ARRAY = re.compile(rf"{{(?:{ARRAY_ELEMENT},)*{ARRAY_ELEMENT}}}", re.DOTALL)
COMPOSITE_FIELD = r'(?:"((?:[^"\\]|\\.|"")*)"|([^",()\s]*))'
POSTGRES_COMPOSITE = re.compile(rf"\((?:{COMPOSITE_FIELD},)+{COMPOSITE_FIELD}\)", re.DOTALL)
"""PostgreSQL quotes values with blanks, which tells its arrays from a text in parentheses."""

KEYS_DROPPED = "Of this object, the values were taken without their names."

UNCLEAR_LIST = (
    "This begins like a list, but cannot be read as one. Write its parts separated by semicolons, "
    'or as a list in JSON: ["a", "b"].'
)


Clean = Callable[..., tuple[str | None, Problem | None]]


def clean_names(value: object, *, separators: str = ";|", meant: Collection[str] = ()) -> CleanedItems:
    """The names in a cell; a word such as “Nan” is one."""
    return clean_items(value, separators=separators, meant=meant, clean=clean_name)


def clean_items(
    value: object, *, separators: str = ";|", meant: Collection[str] = (), clean: Clean = clean_text
) -> CleanedItems:
    r"""The texts in a cell, in order, in any notation; nested lists are flattened.

    A separator after a backslash belongs to the text. Words in `meant` are never nothing.

    >>> clean_items('{"a b",NULL,c}')[0], clean_items("(1, 'a')")[0]
    (['a b', 'c'], ['1', 'a'])
    >>> clean_items("a; b | c")[0], clean_items('["x"]')[0]
    (['a', 'b', 'c'], ['x'])
    """
    if clean(value, meant=meant)[0] is None and is_empty(value, meant):
        return [], None
    written = _without_code(value.strip()) if isinstance(value, str) else value
    if written is None:
        return [], error(UNCLEAR_LIST, value)
    parts = _separated(written, separators) if isinstance(written, str) else list(_flat(written))
    if len(parts) > MAX_LIST_ITEMS:
        return [], error(f"This list has more than {MAX_LIST_ITEMS:,} parts. Look for a wrong separator.", value)
    cleaned = [clean(part, meant=meant) for part in parts]
    told = [problem for _, problem in cleaned]
    told += [_dropped(part) for part, (text, problem) in zip(parts, cleaned, strict=True) if not text and not problem]
    told += [warning(KEYS_DROPPED, value)] if isinstance(written, dict) else []
    return [part for part, _ in cleaned if part], joined_problem(told)


def _dropped(part: object) -> Problem | None:
    """The warning about a part of a list that can be seen, and was read as nothing."""
    seen = "" if part is None or part != part else visible_text(part)  # noqa: PLR0124 - NaN alone is not itself
    return warning(f"“{printable_value(seen)}” in this list was read as nothing.", seen) if seen else None


def clean_tuples(value: object) -> tuple[list[list[str]], Problem | None]:
    """Related records as lists of texts: `(565,method,"Focus Group")`, or several of these in a list.

    >>> clean_tuples("[(1, 'a'), (2, 'b')]")[0], clean_tuples('(565,method,"Focus Group")')[0]
    ([['1', 'a'], ['2', 'b']], [['565', 'method', 'Focus Group']])
    """
    if is_empty(value):
        return [], None
    written = _without_code(value.strip()) if isinstance(value, str) else value
    if not isinstance(written, list | tuple):
        return [], error("This is no list of records. Write each as (1, 'name'), separated by commas in [ … ].", value)
    if not any(isinstance(each, list | tuple | dict) or _is_composite(each) for each in written):
        written = [written]
    found = [clean_items(each) for each in written]
    return [parts for parts, _ in found if parts], next((problem for _, problem in found if problem), None)


def _is_composite(value: object) -> bool:
    return isinstance(value, str) and POSTGRES_COMPOSITE.fullmatch(value) is not None


def _without_code(written: str) -> Any:
    """The list that a text is the code of; the text itself if it is none; None if it only begins like one."""
    if written.startswith("{") and written.endswith("}"):
        return _array(written)
    if _is_composite(written):
        return _fields(written)
    if (written[0], written[-1]) in {("[", "]"), ("(", ")")}:
        found = _literal(written)
        return written if found is None and written[0] == "(" else found
    return written


def _array(written: str) -> list[str] | None:
    if not POSTGRES_ARRAY.fullmatch(written):
        return None
    found = re.finditer(rf"{ARRAY_ELEMENT}(?:,|$)", written[1:-1], re.DOTALL)
    return list(_unquoted(found, nothing="NULL"))


def _fields(written: str) -> list[str]:
    return list(_unquoted(re.finditer(rf"{COMPOSITE_FIELD}(?:,|$)", written[1:-1], re.DOTALL), nothing=""))


def _unquoted(found: Iterator[re.Match[str]], *, nothing: str) -> Iterator[str]:
    """The parts of an array or a composite, without the empty ones."""
    for quoted, bare in (match.groups() for match in found):
        if quoted is not None:
            yield re.sub(r'\\(.)|""', lambda mark: mark[1] or '"', quoted, flags=re.DOTALL)
        elif bare.strip() not in {nothing, ""}:
            yield bare


def _literal(written: str) -> Any:
    """A text parsed as JSON or as a Python literal; None if it is neither, too long or too deep."""
    if len(written) > MAX_LIST_LITERAL or _depth(written) > MAX_LIST_DEPTH:
        return None
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        found = None
    if found is None:
        try:
            found = ast.literal_eval(written)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            return None
    return found if isinstance(found, list | tuple) else None


def _depth(written: str) -> int:
    """How deep brackets are nested, those in texts included."""
    depth = deepest = 0
    for sign in re.findall(r"[\[({\])}]", written):
        depth += 1 if sign in "[({" else -1
        deepest = max(deepest, depth)
    return deepest


def _flat(value: Any) -> Iterator[Any]:
    """The items of nested lists; a composite in a text counts as a list."""
    if isinstance(value, dict):
        yield from _flat(list(value.values()))
    elif isinstance(value, list | tuple | set):
        for each in value:
            yield from _flat(each)
    elif _is_composite(value):
        yield from _fields(value)
    else:
        yield value


def _separated(written: str, separators: str) -> list[str]:
    marks = re.escape(separators)
    parts = re.findall(rf"(?:\\[{marks}\\]|[^{marks}])+", written)
    return [re.sub(rf"\\([{marks}\\])", r"\1", part) for part in parts]
