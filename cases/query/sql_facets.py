"""How many cases of an answer each value of a facet leaves: one statement for all facets.

Each answer, as keys of cases and the columns that are asked, stands once at the head of the statement, however many
facets read it. It is written by hand: to compile as many querysets takes longer than the counting.
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
from .dimensions import DIMENSIONS, NONE_RECORDED, Dimension, ValueCounts

FacetStatement = tuple[str, tuple[Any, ...]]
"""SQL and its parameters."""


class ValueLocation(NamedTuple):
    """Where the values of a dimension stand: columns of the case itself, or rows of another table.

    `rows` is SQL that follows FROM; `there` is the condition that a value stands in a row.
    """

    value: str
    there: str
    rows: str = ""
    key: str = ""
    once: bool = True


@lru_cache
def value_location(name: str) -> ValueLocation:
    """Return where the values of a dimension stand."""
    path, _, rest = DIMENSIONS[name].path.partition("__")
    field = Case._meta.get_field(path)
    if not isinstance(field, ManyToManyField):
        value = f"answer.{column_name(path)}"
        return ValueLocation(value, f"{value} IS NOT NULL" if field.is_relation else f"{value} > ''")
    through = through_model(field)
    key, value = (column_name(each, through) for each in (field.m2m_field_name(), field.m2m_reverse_field_name()))
    table = through._meta.db_table
    if not rest:
        return ValueLocation(f"link.{value}", f"link.{value} IS NOT NULL", f"{table} link", f"link.{key}")
    end = field.remote_field.model
    word = f"word.{column_name(rest, end)}"
    joined = f"{table} link JOIN {end._meta.db_table} word ON word.id = link.{value}"
    return ValueLocation(word, f"{word} > ''", joined, f"link.{key}", once=False)


def through_model(field: ManyToManyField[Any, Any]) -> type[Model]:
    """Return the model whose rows tie cases to the values of a field."""
    model = field.remote_field.through
    if model is None:
        raise TypeError(field.name)
    return model


def column_name(name: str, model: type[Model] = Case) -> str:
    """Return the column of a field."""
    field = model._meta.get_field(name)
    if not isinstance(field, Field):
        raise TypeError(name)
    return str(field.column)


@lru_cache
def columns_read() -> Sequence[str]:
    """Return the columns of a case that its facets and Table 20.1 read, the key first."""
    absents = [dimension.absent for dimension in DIMENSIONS.values() if dimension.absent]
    own = [dimension.path for name, dimension in DIMENSIONS.items() if not value_location(name).rows]
    return list(dict.fromkeys(["id", *own, *absents, "arrangements_absent"]))


NO_ROWS_SQL = "SELECT {columns} FROM cases_case WHERE 1 = 0"


def answer_ctes(answers: Sequence[QuerySet[Any, Any]]) -> FacetStatement:
    """Return the head of a statement in which answer_0, answer_1, … are the cases of these answers."""
    texts, parameters = zip(*map(_columns, answers), strict=True)
    columns = ", ".join(map(column_name, columns_read()))
    parts = (f"answer_{number}({columns}) AS MATERIALIZED ({text})" for number, text in enumerate(texts))
    return f"WITH {', '.join(parts)} ", tuple(chain(*parameters))


def _columns(answer: QuerySet[Any, Any]) -> FacetStatement:
    try:
        text, parameters = answer.order_by().values(*columns_read()).query.sql_with_params()
    except EmptyResultSet:  # so Django says that no statement is needed
        return NO_ROWS_SQL.format(columns=", ".join(map(column_name, columns_read()))), ()
    if connection.vendor == "sqlite":
        # By the index of the state it would look up every long row; so it reads the index that holds all it needs.
        text = text.replace('"cases_case"."state" =', '+"cases_case"."state" =')
    return text, parameters


class FacetCountQuery(NamedTuple):
    """Rows (value as text, number of cases) of one facet; `names` are the values that each counts under."""

    facet: str
    text: str
    names: Mapping[str, Sequence[str]]


VALUES_BY_ABSENCE = {kind: (kind, NONE_RECORDED) for kind in Absence.values}


def count_facets(answers: Mapping[str, QuerySet[Any, Any]], codebook: Codebook) -> dict[str, ValueCounts]:
    """Return for each facet how many cases of its answer each value has; answers that are the same object are one."""
    bases = list({id(base): base for base in answers.values()}.values())
    numbers = {id(base): number for number, base in enumerate(bases)}
    found: dict[str, Counter[str]] = {name: Counter() for name in answers}
    parts = [part for name, base in answers.items() for part in _parts(name, numbers[id(base)], codebook)]
    if not parts:
        return dict(found)
    head, parameters = answer_ctes(bases)
    with connection.cursor() as cursor:
        cursor.execute(head + " UNION ALL ".join(_numbered(parts)), parameters)
        for number, value, count in cursor.fetchall():
            for name in parts[number].names.get(value, (value,)) if count else ():
                found[parts[number].facet][name] += count
    return dict(found)


def _numbered(parts: Iterable[FacetCountQuery]) -> Iterator[str]:
    for number, part in enumerate(parts):
        yield f"SELECT {number}, {part.text}"


def _parts(name: str, answer: int, codebook: Codebook) -> Iterator[FacetCountQuery]:
    """Yield what counts each value of a facet."""
    stands, vocabulary = value_location(name), DIMENSIONS[name].vocabulary
    above = codebook.self_and_broader(vocabulary)
    value = f"CAST({stands.value} AS text)"
    if not stands.rows:  # one term a case, so that it counts once under each broader one, too
        text = f"{value}, COUNT(*) FROM answer_{answer} answer WHERE {stands.there} GROUP BY {stands.value}"
        yield FacetCountQuery(name, text, {str(key): [term.slug for term in terms] for key, terms in above.items()})
    else:
        cases = f"COUNT({'*' if stands.once else f'DISTINCT {stands.key}'})"
        rows = f"FROM {stands.rows} JOIN answer_{answer} answer ON answer.id = {stands.key} WHERE {stands.there}"
        broad = {term.broader_id for term in codebook[vocabulary]}
        terms = {str(term.pk): () if term.pk in broad else (term.slug,) for term in codebook[vocabulary]}
        yield FacetCountQuery(name, f"{value}, {cases} {rows} GROUP BY {stands.value}", terms)
        for level in _levels(codebook, vocabulary):
            yield FacetCountQuery(name, _rolled_up(stands, rows, level), {})
    for text in _kinds(DIMENSIONS[name], stands, answer):
        yield FacetCountQuery(name, text, VALUES_BY_ABSENCE)


TOP_VALUES_SQL = "SELECT * FROM ({counts} GROUP BY 1 ORDER BY 2 DESC, {order} LIMIT {most}) best"


def top_values(answer: QuerySet[Any, Any], name: str, most: int, also: Sequence[str]) -> ValueCounts:
    """Return how many cases of an answer the values with the most cases have, and those `also` asked for.

    Only of a facet whose values stand in another table, and are no terms.
    """
    stands = value_location(name)
    rows = f"FROM {stands.rows} JOIN answer_0 answer ON answer.id = {stands.key} WHERE {stands.there}"
    counts = f"SELECT {stands.value} AS value, COUNT(DISTINCT {stands.key}) AS cases {rows}"
    parts = [TOP_VALUES_SQL.format(counts=counts, order=_bytewise(stands.value), most=most)]
    named = [value for value in also if value not in VALUES_BY_ABSENCE and value != NONE_RECORDED]
    if named:
        parts.append(f"{counts} AND {stands.value} IN ({', '.join(['%s'] * len(named))}) GROUP BY 1")
    parts += [f"SELECT {text}" for text in _kinds(DIMENSIONS[name], stands, 0)]
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
    """Return how many values of a dimension some cases have, where these stand in another table."""
    stands = value_location(name)
    head, parameters = answer_ctes([cases])
    rows = f"FROM {stands.rows} JOIN answer_0 answer ON answer.id = {stands.key} WHERE {stands.there}"
    with connection.cursor() as cursor:
        cursor.execute(f"{head}SELECT COUNT(DISTINCT {stands.value}) {rows}", parameters)
        return int(cursor.fetchone()[0])


TermLevel = Mapping[str, Sequence[int]]
"""Terms that have narrower ones and are equally far from the top, each with its key and the keys of all below it."""


def _levels(codebook: Codebook, vocabulary: str) -> Iterable[TermLevel]:
    levels: defaultdict[int, dict[str, Sequence[int]]] = defaultdict(dict)
    for key, terms in codebook.self_and_broader(vocabulary).items():
        keys = codebook.with_narrower(vocabulary, [terms[0].slug])
        if keys != {key}:
            levels[len(terms)][terms[0].slug] = sorted(keys)
    return levels.values()


def _rolled_up(stands: ValueLocation, rows: str, level: TermLevel) -> str:
    """Return what counts broader terms: a case with two narrower ones counts once."""
    listed = {slug: ", ".join(map(str, keys)) for slug, keys in level.items()}
    whens = " ".join(f"WHEN {stands.value} IN ({keys}) THEN '{slug}'" for slug, keys in listed.items())
    within = f"{stands.value} + 0 IN ({', '.join(listed.values())})"  # a sum, or SQLite would seek each term apart
    return f"CASE {whens} END, COUNT(DISTINCT {stands.key}) {rows} AND {within} GROUP BY 2"


NO_VALUE_SQL = "NOT EXISTS (SELECT 1 FROM {rows} WHERE {key} = answer.id AND {there})"


def _kinds(dimension: Dimension, stands: ValueLocation, answer: int) -> Iterator[str]:
    """Yield what counts the cases of each kind of nothing; where none is said, nothing there means "not coded"."""
    rows = f"FROM answer_{answer} answer"
    silent = NO_VALUE_SQL.format(**stands._asdict()) if stands.rows else f"NOT ({stands.there})"
    if dimension.absent:
        stated = f"answer.{column_name(dimension.absent)}"
        yield f"{stated}, COUNT(*) {rows} WHERE {stated} <> '' GROUP BY {stated}"
        silent = f"{stated} = '' AND {silent}"
    yield f"'{Absence.NOT_CODED}', COUNT(*) {rows} WHERE {silent}"
