"""What a misspelt word may have meant: trigrams narrow the known words down, then the edit distance decides."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import chain

from rapidfuzz import process
from rapidfuzz.distance import OSA

SHORTEST = 4  # letters of a word that is taken for misspelt; shorter ones are one error away from too many
LONG = 8  # letters from which two errors are forgiven
LOST = 4  # trigrams that one error may take away: those over two letters that changed places


class Vocabulary:
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
        if len(word) < SHORTEST:
            return []
        wanted = trigrams(word)
        shared = Counter(chain.from_iterable(self.holding[t] for t in wanted if t in self.holding))
        for errors in (1, 2) if len(word) >= LONG else (1,):
            least = max(len(wanted) - LOST * errors, 1)
            narrowed = [self.words[number] for number, common in sorted(shared.items()) if common >= least]
            found = process.extract(word, narrowed, scorer=OSA.distance, score_cutoff=errors, limit=None)
            if found:
                return [other for other, _, _ in found]
        return []


def trigrams(word: str) -> set[str]:
    """Return the letters of a word in threes, its edges among them.

    >>> sorted(trigrams("home"))
    ['  h', ' ho', 'hom', 'me ', 'ome']
    """
    padded = f"  {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}
