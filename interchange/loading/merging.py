"""Cases that an edition merges with others, because they are one."""

from __future__ import annotations

from cases import actions
from cases.models import Case, State

from .entries import LoadEntry, LoadOutcome, LoadPlan
from .stored import StoredRecords


def plan_merged_cases(plan: LoadPlan) -> None:
    """Plan to merge each of these that was loaded before, and that nobody edited since."""
    merged = plan.edition.merged
    stored = StoredRecords.look("cases", list(merged))
    for slug in merged:
        entry = LoadEntry("cases", slug, {}, None, document=plan.edition.document, path=f"merged.{slug}")
        stored.set_outcome(entry)
        if not plan.is_due(entry):
            continue
        if entry.outcome == LoadOutcome.CHANGED:
            entry.outcome = LoadOutcome.MERGED
        plan.entries.append(entry)


def merge_case(plan: LoadPlan, entry: LoadEntry) -> None:
    """Merge a case into the one that the edition names, if that can be read here."""
    named = plan.edition.merged[entry.slug]
    into = Case.objects.at(named["into"])
    if into is None or into.state != State.PUBLISHED or into.pk == entry.now.pk:
        plan.leave_out(entry, f"{entry.path}.into", f"“{named['into']}” is not published here.")
    else:
        actions.merge_case(case=Case.objects.get(pk=entry.now.pk), into=into, by=None, reason=named["reason"])
