"""Made-up prose: a seeded vocabulary of 30,000 words, drawn as often as Zipf's law says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from random import Random

VOCABULARY = 30_000
SOUNDS = """
b br c ch d dr f fl g gr h j k kl l m n p pl qu r s sh st t tr v w z
a e i o u ai ea io ou
k m p b x lk mp rk rm nk
"""
ONSETS, VOWELS, CODAS = map(str.split, SOUNDS.strip().splitlines())
"""How syllables begin, sound, and words end: with what no stemmer cuts, so that every search finds the same cases."""
ACCENTED = {"a": "ä", "e": "é", "i": "ï", "o": "ö", "u": "ü"}
SENTENCE = 12  # words
PARAGRAPH = 6  # sentences
SENTENCES = ("{}.", "{}, 42 %.", "“{}.”", '"{}", so.', "{} – naïve?", "{}.", "{}; and: {{}}.", "{}'s end.")
"""How sentences end: with the signs that trip up a careless reader of text."""


@cache
def zipf(number: int, exponent: float = 1.0) -> tuple[float, ...]:
    """Return the cumulated weights of `number` things, of which the n-th occurs n**-exponent as often as the first."""
    return tuple(accumulate(rank**-exponent for rank in range(1, number + 1)))


@cache
def vocabulary() -> tuple[str, ...]:
    """Return the words, the most frequent first; one in twenty bears a diacritic."""
    random = Random("vocabulary")
    found: dict[str, str] = {}
    while len(found) < VOCABULARY:
        plain = "".join(random.choice(ONSETS) + random.choice(VOWELS) for _ in range(random.randint(1, 3)))
        plain += random.choice(ONSETS[:12]) * (len(plain) < 3) + random.choice(VOWELS[:5]) + random.choice(CODAS)
        found[plain] = plain if random.random() > 0.05 else accented(plain)
    return tuple(found.values())


def accented(word: str) -> str:
    """Return a word with a diacritic on its first vowel."""
    first = next(letter for letter in word if letter in ACCENTED)
    return word.replace(first, ACCENTED[first], 1)


class Speech:
    """An endless talker; the same `random` says the same words."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.words = vocabulary()
        self.weights = zipf(len(self.words))

    def say(self, number: int) -> list[str]:
        """Return so many words."""
        return self.random.choices(self.words, cum_weights=self.weights, k=number)

    def phrase(self, number: int) -> str:
        """Return so many words in a row, the first with a capital."""
        return " ".join(self.say(number)).capitalize()

    def prose(self, number: int) -> str:
        """Return so many words as sentences, in paragraphs."""
        sentences = list(self._sentences(self.say(number)))
        paragraphs = (sentences[start : start + PARAGRAPH] for start in range(0, len(sentences), PARAGRAPH))
        return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)

    def _sentences(self, words: list[str]) -> Iterator[str]:
        for start in range(0, len(words), SENTENCE):
            form = self.random.choice(SENTENCES)
            yield form.format(" ".join(words[start : start + SENTENCE]).capitalize())


def misspelt(random: Random, word: str) -> str:
    """Return a word with one letter lost, doubled, replaced, or swapped with the next."""
    at = random.randrange(1, len(word) - 1)
    middle = random.choice(["", word[at] * 2, "z" if word[at] != "z" else "s", None])
    if middle is None:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + middle + word[at + 1 :]
