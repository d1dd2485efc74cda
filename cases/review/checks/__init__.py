"""Automatic checks of a case: the things that a curator would look for first. They advise and never refuse anything.

`run_checks(record, case)` takes a record, current or proposed. Each check gives a field, a severity (an error is wrong,
a warning should be looked at, a note is worth knowing) and what to do.
"""

from __future__ import annotations

from cases.models import Case
from cases.models.case import Reader
from cases.record.convert import ValidatedRecord

from . import coding, figures, passages, texts, titles
from .context import CheckContext
from .rule import Check, Rule

RULES: tuple[Rule, ...] = (
    *titles.TITLE_RULES,
    *texts.TEXT_RULES,
    *coding.CODING_RULES,
    *figures.FIGURE_RULES,
    *passages.PASSAGE_RULES,
)
"""All rules, in the order in which a case is read."""

RULES_BY_CODE = {rule.code: rule for rule in RULES}


def run_checks(record: ValidatedRecord, case: Case | None, *, reader: Reader = None) -> list[Check]:
    """Return the checks that fail for a record of `case`, or of a new case if that is None. At most five queries.

    Duplicates are looked for only among the cases that `reader` may read, so drafts are not revealed.
    """
    context = CheckContext.of([record], reader=reader, own={record.get("slug"), case.slug if case else None})
    return [check for rule in RULES for check in rule.of(record, context)]


__all__ = ["RULES", "RULES_BY_CODE", "Check", "Rule", "run_checks"]
