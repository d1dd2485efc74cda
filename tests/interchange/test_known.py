"""What stands in the catalogue, as rows of an import are held against it."""

from __future__ import annotations

from interchange.imports.planning.known import CatalogueLookup, KnownCase


def known(*slugs: str) -> CatalogueLookup:
    found = CatalogueLookup()
    for slug in slugs:
        found.add(KnownCase(1, slug, slug.title(), frozenset(), frozenset()))
    return found


def test_addresses_of_one_title_are_numbered() -> None:
    standing = known("garden", "garden-3")
    taken: dict[str, int] = {}
    for number in range(4):
        taken[standing.free("garden", taken)] = number
    assert list(taken) == ["garden-2", "garden-4", "garden-5", "garden-6"]
    assert standing.free("school", taken) == "school"


class Counted(dict[str, int]):
    """A mapping that counts how often it is asked."""

    asked = 0

    def __contains__(self, key: object) -> bool:
        self.asked += 1
        return super().__contains__(key)


def test_numbering_many_rows_of_one_title_asks_twice_a_row() -> None:
    standing, taken = known("garden"), Counted()
    for number in range(500):
        taken[standing.free("garden", taken)] = number
    assert len(taken) == 500
    assert taken.asked <= 1_000
