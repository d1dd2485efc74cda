"""Terms of the files whose broader term was renamed, merged, retired, moved or deleted here."""

from __future__ import annotations

from taxonomy.models import Term

from .entries import LoadEntry, LoadOutcome, LoadPlan, plain_record
from .stored import StoredRecords


def settle_terms(plan: LoadPlan, stored: StoredRecords) -> None:
    """Leave out the terms that cannot be written under their broader term."""
    tree = _TermTree(plan)
    for entry in plan.of("terms"):
        _follow_broader(entry, tree, stored)
        if entry.is_written:
            _settle(plan, entry, tree)
        tree.settled.add(id(entry))


def _follow_broader(entry: LoadEntry, tree: _TermTree, stored: StoredRecords) -> None:
    """Put a term under the one that its broader term leads to since it was renamed or merged."""
    above = tree.entry_of(entry.thing.broader)
    if above and above.now and above.now.replaced_by:
        entry.thing.broader = above.now.replaced_by
        entry.wanted = plain_record(entry.thing)
        stored.set_outcome(entry)


def _settle(plan: LoadPlan, entry: LoadEntry, tree: _TermTree) -> None:
    broader: Term | None = entry.thing.broader
    missing = [above for above in (tree.vocabulary_of(entry), tree.entry_of(broader)) if above and not above.has_row]
    if missing and entry.outcome == LoadOutcome.CREATED:
        entry.outcome = missing[0].outcome
    elif missing:
        plan.leave_out(entry, entry.path, f"“{missing[0].thing.slug}” was deleted here by hand; enter it again.")
    elif broader and tree.is_retired(broader):
        plan.leave_out(entry, entry.path, f"“{broader.slug}” is retired here, and takes no narrower terms.")
    elif tree.is_below_itself(entry):
        plan.leave_out(entry, entry.path, f"“{broader and broader.slug}” is narrower than this term here.")


class _TermTree:
    """The terms as they are while the entries are written one after the other: `settled` are those before."""

    def __init__(self, plan: LoadPlan) -> None:
        self.vocabularies = {id(entry.thing): entry for entry in plan.of("vocabularies")}
        self.terms = {id(entry.thing): entry for entry in plan.of("terms")}
        self.stored = {entry.now.pk: entry for entry in self.terms.values() if entry.now}
        self.settled: set[int] = set()

    def vocabulary_of(self, entry: LoadEntry) -> LoadEntry | None:
        return self.vocabularies.get(id(entry.thing.vocabulary))

    def entry_of(self, term: Term | None) -> LoadEntry | None:
        return self.terms.get(id(term)) or self.stored.get(term.pk if term else None)

    def is_retired(self, term: Term) -> bool:
        entry = self.entry_of(term)
        return bool((entry.now if entry and entry.now else term).retired_at)

    def is_below_itself(self, entry: LoadEntry) -> bool:
        seen: set[int] = set()
        above: Term | None = entry.thing.broader
        while above and id(self.entry_of(above) or above) not in seen:
            found = self.entry_of(above)
            if found is entry:
                return True
            seen.add(id(found or above))
            above = self._broader(above, found)
        return False

    def _broader(self, term: Term, entry: LoadEntry | None) -> Term | None:
        if entry is None:
            return term.broader
        if entry.is_written and id(entry) in self.settled:
            broader: Term | None = entry.thing.broader
            return broader
        return entry.now.broader if entry.now else None
