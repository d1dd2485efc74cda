"""The groups into which entries are told apart in every public count: cases, practices, near misses and the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .. import schema

GROUPS = ("cases", "practices", "near_misses", "warnings", "studies", "background")
"""The groups into which entries are told apart in every public count. Each entry is in one."""

GROUP_BY_ROLE = {"near-miss": "near_misses", "warning": "warnings", "study": "studies", "background": "background"}


def group_of(kind: str, role: str) -> str:
    """Return the group of an entry: that of its role, or for examples that of its kind.

    >>> group_of("named-case", "near-miss"), group_of("generic-practice", "example"), group_of("boundary-example", "")
    ('near_misses', 'practices', 'near_misses')
    """
    told = GROUP_BY_ROLE.get(role or schema.FORMER_KINDS.get(kind, ""))
    return told or ("practices" if kind == schema.PRACTICE_TERM else "cases")


GROUP_WORDS = {
    "cases": ("case", "cases"),
    "practices": ("practice", "practices"),
    "near_misses": ("near miss", "near misses"),
    "warnings": ("warning", "warnings"),
    "studies": ("study", "studies"),
    "background": ("background entry", "background entries"),
}


def roles_of_former_kinds(kinds: Iterable[str]) -> list[str]:
    """Return the roles that retired kinds among these said: who asks for such a kind means the role, too."""
    return [schema.FORMER_KINDS[kind] for kind in kinds if kind in schema.FORMER_KINDS]


GROUP_QUERIES = {
    "cases": "kind=named-case&role=example&role=none",
    "practices": "kind=generic-practice&role=example&role=none",
    **{name: f"role={role}" for role, name in GROUP_BY_ROLE.items()},
}
"""By group: the question that it answers."""


def count_words(groups: Mapping[str, int]) -> str:
    """Return the counts of groups in words; those that are empty are left out.

    >>> count_words({"cases": 29, "practices": 1})
    '29 cases, 1 practice'
    """
    counts = [(groups.get(name, 0), GROUP_WORDS[name]) for name in GROUPS]
    return ", ".join(f"{count:,} {words[count != 1]}" for count, words in counts if count) or "0 entries"
