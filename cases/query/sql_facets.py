"""The number of cases by value of each facet, in one statement for all facets.

Each result (`answer_0`, `answer_1`, …) is a common table expression with the primary keys of its cases and the columns
read, shared by the facets that count in it. The SQL is written by hand, because compiling as many querysets takes
longer than counting.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Field, ManyToManyField, Model, QuerySet

from taxonomy.codebook import Codebook

from ..models import Absence, Case
from ..models.case import through_model
from .dimensions import DIMENSIONS, NONE_RECORDED, Dimension, ValueCounts

FacetStatement = tuple[str, tuple[Any, ...]]
"""SQL and its parameters."""


class ValueLocation(NamedTuple):
    """Where the values of a dimension are stored: columns of the case, or rows of another table.

    `rows` is the SQL after FROM, `there` the condition that a row has a value, `once` whether a case has each value
    in one row at most.
    """

    value: str
    there: str
    rows: str = ""
    key: str = ""
    once: bool = True


@lru_cache
def value_location(name: str) -> ValueLocation:
    path, _, rest = DIMENSIONS[name].path.partition("__")
    field = Case._meta.get_field(path)
    if not isinstance(field, ManyToManyField):
        value = f"answer.{column_name(path)}"
        return ValueLocation(value, f"{value} IS NOT NULL" if field.is_relation else f"{value} > ''")
    through = through_model(field)
    key, value = (column_name(each, through) for each in (field.m2m_field_name(), field.m2m_reverse_field_name()))
    table = through._meta.db_table
    if not rest:
        once = _is_unique(through, {field.m2m_field_name(), field.m2m_reverse_field_name()})
        return ValueLocation(f"link.{value}", f"link.{value} IS NOT NULL", f"{table} link", f"link.{key}", once=once)
    end = field.remote_field.model
    word = f"word.{column_name(rest, end)}"
    joined = f"{table} link JOIN {end._meta.db_table} word ON word.id = link.{value}"
    return ValueLocation(word, f"{word} > ''", joined, f"link.{key}", once=False)


def _is_unique(model: type[Model], columns: set[str]) -> bool:
    """Whether no two rows have the same values in these columns."""
    constraints = [set(each.fields) for each in model._meta.total_unique_constraints]
    return columns in [*constraints, *map(set, model._meta.unique_together)]


def column_name(name: str, model: type[Model] = Case) -> str:
    field = model._meta.get_field(name)
    if not isinstance(field, Field):
        raise TypeError(name)
    return str(field.column)


@lru_cache
def columns_read() -> Sequence[str]:
    """Return the columns of a case that facets and Table 20.1 read, the primary key first."""
    absents = [dimension.absent for dimension in DIMENSIONS.values() if dimension.absent]
    own = [dimension.path for name, dimension in DIMENSIONS.items() if not value_location(name).rows]
    return list(dict.fromkeys(["id", *own, *absents, "arrangements_absent", "instance_of"]))


NO_ROWS_SQL = "SELECT {columns} FROM cases_case WHERE 1 = 0"


def answer_ctes(answers: Sequence[QuerySet[Any, Any]]) -> FacetStatement:
    """Return the WITH clause that defines these results as answer_0, answer_1, …."""
    texts, parameters = zip(*map(_columns_select, answers), strict=True)
    columns = ", ".join(map(column_name, columns_read()))
    parts = (f"answer_{number}({columns}) AS MATERIALIZED ({text})" for number, text in enumerate(texts))
    return f"WITH {', '.join(parts)} ", tuple(chain(*parameters))


def _columns_select(answer: QuerySet[Any, Any]) -> FacetStatement:
    try:
        text, parameters = answer.order_by().values(*columns_read()).query.sql_with_params()
    except EmptyResultSet:  # raised by Django for a query without results
        return NO_ROWS_SQL.format(columns=", ".join(map(column_name, columns_read()))), ()
    if connection.vendor == "sqlite":
        # The unary plus keeps SQLite from using the index on state, which would fetch every long row; it then uses
        # the covering index.
        text = text.replace('"cases_case"."state" =', '+"cases_case"."state" =')
    return text, parameters


class FacetCountQuery(NamedTuple):
    """A SELECT of value (as text) and number of cases for one facet; `names` maps each value to those it counts as."""

    facet: str
    text: str
    names: Mapping[str, Sequence[str]]


VALUES_BY_ABSENCE = {kind: (kind, NONE_RECORDED) for kind in Absence.values}


def count_facets(answers: Mapping[str, QuerySet[Any, Any]], codebook: Codebook) -> dict[str, ValueCounts]:
    """Return the number of cases by value of each facet in its result. Results that are one object are read once."""
    bases = list({id(base): base for base in answers.values()}.values())
    numbers = {id(base): number for number, base in enumerate(bases)}
    found: dict[str, Counter[str]] = {name: Counter() for name in answers}
    parts = [part for name, base in answers.items() for part in _count_queries(name, numbers[id(base)], codebook)]
    if not parts:
        return dict(found)
    head, parameters = answer_ctes(bases)
    with connection.cursor() as cursor:
        cursor.execute(head + " UNION ALL ".join(_numbered_selects(parts)), parameters)
        for number, value, count in cursor.fetchall():
            for name in parts[number].names.get(value, (value,)) if count else ():
                found[parts[number].facet][name] += count
    return dict(found)


def _numbered_selects(parts: Iterable[FacetCountQuery]) -> Iterator[str]:
    for number, part in enumerate(parts):
        yield f"SELECT {number}, {part.text}"


def _count_queries(name: str, answer: int, codebook: Codebook) -> Iterator[FacetCountQuery]:
    """Yield the statements that count the values of a facet."""
    location, vocabulary = value_location(name), DIMENSIONS[name].vocabulary
    above = codebook.self_and_broader(vocabulary)
    value = f"CAST({location.value} AS text)"
    if not location.rows:  # one term per case, so broader terms can simply be added up
        text = f"{value}, COUNT(*) FROM answer_{answer} answer WHERE {location.there} GROUP BY {location.value}"
        yield FacetCountQuery(name, text, {str(key): [term.slug for term in terms] for key, terms in above.items()})
    else:
        cases = f"COUNT({'*' if location.once else f'DISTINCT {location.key}'})"
        rows = f"FROM {location.rows} JOIN answer_{answer} answer ON answer.id = {location.key} WHERE {location.there}"
        broad = {term.broader_id for term in codebook[vocabulary]}
        terms = {str(term.pk): () if term.pk in broad else (term.slug,) for term in codebook[vocabulary]}
        yield FacetCountQuery(name, f"{value}, {cases} {rows} GROUP BY {location.value}", terms)
        for level in _levels(codebook, vocabulary):
            yield FacetCountQuery(name, _rolled_up(location, rows, level), {})
    for text in _absence_counts(DIMENSIONS[name], location, answer):
        yield FacetCountQuery(name, text, VALUES_BY_ABSENCE)


TOP_VALUES_SQL = "SELECT * FROM ({counts} GROUP BY 1 ORDER BY 2 DESC, {order} LIMIT {most}) best"


def top_values(answer: QuerySet[Any, Any], name: str, most: int, also: Sequence[str]) -> ValueCounts:
    """Return the number of cases for the `most` values with the most cases, and for those in `also`.

    Only for facets whose values are in another table and are not terms.
    """
    location = value_location(name)
    rows = f"FROM {location.rows} JOIN answer_0 answer ON answer.id = {location.key} WHERE {location.there}"
    counts = f"SELECT {location.value} AS value, COUNT(DISTINCT {location.key}) AS cases {rows}"
    parts = [TOP_VALUES_SQL.format(counts=counts, order=_bytewise(location.value), most=most)]
    named = [value for value in also if value not in VALUES_BY_ABSENCE and value != NONE_RECORDED]
    if named:
        parts.append(f"{counts} AND {location.value} IN ({', '.join(['%s'] * len(named))}) GROUP BY 1")
    parts += [f"SELECT {text}" for text in _absence_counts(DIMENSIONS[name], location, 0)]
    head, parameters = answer_ctes([answer])
    found: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(head + " UNION ".join(parts), (*parameters, *named))
        for value, count in cursor.fetchall():
            for each in VALUES_BY_ABSENCE.get(value, (value,)) if count else ():
                found[each] += count
    return found


def _bytewise(value: str) -> str:
    return f'{value} COLLATE "C"' if connection.vendor == "postgresql" else value


def count_values(cases: QuerySet[Any, Any], name: str) -> int:
    """Return the number of values that these cases have of a dimension stored in another table."""
    location = value_location(name)
    head, parameters = answer_ctes([cases])
    rows = f"FROM {location.rows} JOIN answer_0 answer ON answer.id = {location.key} WHERE {location.there}"
    with connection.cursor() as cursor:
        cursor.execute(f"{head}SELECT COUNT(DISTINCT {location.value}) {rows}", parameters)
        return int(cursor.fetchone()[0])


TermLevel = Mapping[str, Sequence[int]]
"""By slug, the terms at one depth that have narrower ones: the keys of the term and of all terms below it."""


def _levels(codebook: Codebook, vocabulary: str) -> Iterable[TermLevel]:
    levels: defaultdict[int, dict[str, Sequence[int]]] = defaultdict(dict)
    for key, terms in codebook.self_and_broader(vocabulary).items():
        keys = codebook.with_narrower(vocabulary, [terms[0].slug])
        if keys != {key}:
            levels[len(terms)][terms[0].slug] = sorted(keys)
    return levels.values()


def _rolled_up(location: ValueLocation, rows: str, level: TermLevel) -> str:
    """Return the statement that counts broader terms, in which a case with several narrower ones counts once."""
    listed = {slug: ", ".join(map(str, keys)) for slug, keys in level.items()}
    whens = " ".join(f"WHEN {location.value} IN ({keys}) THEN '{slug}'" for slug, keys in listed.items())
    within = f"{location.value} + 0 IN ({', '.join(listed.values())})"  # or SQLite searches the index for each term
    return f"CASE {whens} END, COUNT(DISTINCT {location.key}) {rows} AND {within} GROUP BY 2"


NO_VALUE_SQL = "NOT EXISTS (SELECT 1 FROM {rows} WHERE {key} = answer.id AND {there})"


def _absence_counts(dimension: Dimension, location: ValueLocation, answer: int) -> Iterator[str]:
    """Yield the statements that count kinds of nothing. No value and no stated kind means "not coded"."""
    rows = f"FROM answer_{answer} answer"
    unstated = NO_VALUE_SQL.format(**location._asdict()) if location.rows else f"NOT ({location.there})"
    if dimension.absent:
        stated = f"answer.{column_name(dimension.absent)}"
        yield f"{stated}, COUNT(*) {rows} WHERE {stated} <> '' GROUP BY {stated}"
        unstated = f"{stated} = '' AND {unstated}"
    yield f"'{Absence.NOT_CODED}', COUNT(*) {rows} WHERE {unstated}"
