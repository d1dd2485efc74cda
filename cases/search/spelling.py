"""Corrections of misspelt words: known words are preselected by trigrams, then chosen by edit distance."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

MIN_MISSPELT_LENGTH = 4  # letters; shorter words are one error away from too many others
TWO_ERRORS_LENGTH = 8  # letters from which two errors are allowed
TRIGRAMS_LOST_PER_ERROR = 4  # the most that one error can destroy, by swapping two letters
NO_NUMBERS = array("I")


class TrigramIndex:
    """Known words by their trigrams. Words are only added, never removed."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words: list[str] = []
        self.holding: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        self.learn(words)

    def learn(self, words: Iterable[str]) -> None:
        """Add words, which must be new."""
        for number, word in enumerate(words, len(self.words)):
            self.words.append(word)
            for trigram in trigrams(word):
                self.holding[trigram].append(number)

    def near(self, word: str) -> list[str]:
        """Return the words one error away from `word`, or if there are none and it is long, two; in the order learnt.

        An error is a missing, additional or replaced letter, or two adjacent letters swapped.
        """
        if len(word) < MIN_MISSPELT_LENGTH:
            return []
        rarest_first = sorted((self.holding.get(trigram, NO_NUMBERS) for trigram in trigrams(word)), key=len)
        for errors in (1, 2) if len(word) >= TWO_ERRORS_LENGTH else (1,):
            surviving = rarest_first[: TRIGRAMS_LOST_PER_ERROR * errors + 1]  # at least one of so many survives
            numbers = list(set[int]().union(*surviving))
            narrowed = list(map(self.words.__getitem__, numbers))
            if found := process.extract(word, narrowed, scorer=OSA.distance, score_cutoff=errors, limit=None):
                return [self.words[number] for number in sorted(numbers[at] for _, _, at in found)]
        return []


def typo_likelihood(typed: str, meant: str) -> int:
    """Return how likely it is that `meant`, one error away, was typed as `typed`: 2, 1 or 0.

    Doubled or swapped letters are most likely (2), then missing or replaced ones (1), then additional ones (0).
    """
    if len(typed) > len(meant):
        return 2 if any(typed[:at] + typed[at + 1 :] == meant for at in _doubled_letters(typed)) else 0
    return 2 if sorted(typed) == sorted(meant) else 1


def _doubled_letters(word: str) -> list[int]:
    return [at for at in range(len(word) - 1) if word[at] == word[at + 1]]


def trigrams(word: str) -> set[str]:
    """Return the trigrams of a word, including those at its edges.

    >>> sorted(trigrams("home"))
    ['  h', ' ho', 'hom', 'me ', 'ome']
    """
    padded = f"  {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}
