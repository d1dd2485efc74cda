"""Automatic checks of a case: what a curator looks for first, found by itself. They advise; they refuse nothing.

`run_checks(record, case)` takes a plain record (see `records`), as it stands or as it is proposed. Each check says what
it is about, how much it weighs (an error is wrong, a warning should be looked at, a note is worth knowing), and what
to do.
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
"""Every rule, in the order in which a case is read."""

RULES_BY_CODE = {rule.code: rule for rule in RULES}


def run_checks(record: ValidatedRecord, case: Case | None, *, reader: Reader = None) -> list[Check]:
    """Return what is to be looked at in a plain record of `case`, or of a new one. At most five queries.

    It is compared with the other cases that `reader` may read, so that nobody learns of a draft from it.
    """
    context = CheckContext.of([record], reader=reader, own={record.get("slug"), case.slug if case else None})
    return [check for rule in RULES for check in rule.of(record, context)]


__all__ = ["RULES", "RULES_BY_CODE", "Check", "Rule", "run_checks"]
