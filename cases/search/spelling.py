"""What a misspelt word may have meant: trigrams narrow the known words down, then the edit distance decides."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

MIN_MISSPELT_LENGTH = 4  # letters of a word that is taken for misspelt; shorter ones are one error away from too many
TWO_ERRORS_LENGTH = 8  # letters from which two errors are forgiven
TRIGRAMS_LOST_PER_ERROR = 4  # trigrams that one error may take away: those over two letters that changed places
NO_NUMBERS = array("I")


class TrigramIndex:
    """Known words, found by their trigrams. It only ever grows."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words: list[str] = []
        self.holding: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        self.learn(words)

    def learn(self, words: Iterable[str]) -> None:
        """Add words that are new."""
        for number, word in enumerate(words, len(self.words)):
            self.words.append(word)
            for trigram in trigrams(word):
                self.holding[trigram].append(number)

    def near(self, word: str) -> list[str]:
        """Return the words that are one error from `word`, or else two if it is long, in the order they were learnt.

        An error is a letter lost, added or replaced, or two neighbours swapped.
        """
        if len(word) < MIN_MISSPELT_LENGTH:
            return []
        rarest_first = sorted((self.holding.get(trigram, NO_NUMBERS) for trigram in trigrams(word)), key=len)
        for errors in (1, 2) if len(word) >= TWO_ERRORS_LENGTH else (1,):
            spared = rarest_first[: TRIGRAMS_LOST_PER_ERROR * errors + 1]  # of so many trigrams, the errors spare one
            numbers = list(set[int]().union(*spared))
            narrowed = list(map(self.words.__getitem__, numbers))
            if found := process.extract(word, narrowed, scorer=OSA.distance, score_cutoff=errors, limit=None):
                return [self.words[number] for number in sorted(numbers[at] for _, _, at in found)]
        return []


def typo_likelihood(typed: str, meant: str) -> int:
    """Return how easily `meant` is typed as `typed`, where one error lies between: 2, 1, or 0.

    Letters are doubled and swapped by a slip; one is lost or replaced; but a foreign one is hardly ever added.
    """
    if len(typed) > len(meant):
        return 2 if any(typed[:at] + typed[at + 1 :] == meant for at in _doubled(typed)) else 0
    return 2 if sorted(typed) == sorted(meant) else 1


def _doubled(word: str) -> list[int]:
    return [at for at in range(len(word) - 1) if word[at] == word[at + 1]]


def trigrams(word: str) -> set[str]:
    """Return the letters of a word in threes, its edges among them.

    >>> sorted(trigrams("home"))
    ['  h', ' ho', 'hom', 'me ', 'ome']
    """
    padded = f"  {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}
