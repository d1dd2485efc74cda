"""Are notes found again when a narrative changes? Made-up narratives, made-up edits, and the truth about each passage.

    python -m tests.benchmarks.anchoring [--narratives 60] [--seed anchoring]

A narrative is paragraphs of sentences of words, every letter of which has a number, and keeps it through all edits: new
letters have none. So the edits themselves say where a passage's letters stand afterwards, whatever the code under test
thinks. One sentence in ten nearly repeats an earlier one, and words recur as Zipf's law says, so that there are
places to be misled to. Three passages in ten are of one to three words, four of four to twelve, two are a sentence, one
reaches over the end of a sentence or paragraph.

- **small**: a word in twenty misspelt, replaced, struck out or joined by new ones, and a new sentence.
- **moves**: two paragraphs stand elsewhere, nothing else changes.
- **mixed**: both, and a sentence struck out.
- **deletions**: two paragraphs and three sentences are struck out.
- **four in a row**: mixed, small, deletions, moves; the notes are followed from each text to the next.

A passage **survives** where three in five of its letters (white space aside) still stand, in their order, with no gap
as long as the whole passage was; it is **deleted** where less than three in ten do. In between (where a passage is torn
in two, say) an orphan is right, too.

A note is *found again* if its passage survives and it stands at the right place. It is *wrong* if it stands at another.
The right place is the stretch of all letters that are left, if they are in order and it is not three times as long as
the passage was; or that of a part of three letters in ten. Where these are the quoted words, nothing else is right;
elsewhere half of what both stretches cover has to be common to them, or the place holds all that is left, and is not
longer than the passage was and a quarter (words that were replaced have no letters left, and belong to it). Where
nothing is left, every place is wrong. *Rightly orphaned* are notes whose passage was deleted, without a place.

The costs are those of a note; the first of each narrative pays for the comparison of the texts, so that the mean has
its share in that.

*First match* is the place where the quoted words first stand, character by character: what a simple search does.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from random import Random

from annotations.anchoring.selectors import Quotation, TextChange, TextSpan, quote_at

from .words import PARAGRAPH, SENTENCE, Speech, misspelt

WORDS = 720
"""How many words a narrative has."""
NOTES = 30
"""How many notes a narrative bears."""
SURVIVES, DELETED = 0.6, 0.3
"""From which share of its letters on a passage survives, and below which it is deleted."""

Letter = tuple[str, int | None]
Word = list[Letter]
Sentence = list[Word]
Paragraph = list[Sentence]
Follow = Callable[[Quotation, TextSpan | None], TextSpan | None]


class Narrative:
    """A text in the making, which remembers every letter of its first version."""

    def __init__(self, random: Random, words: int = WORDS) -> None:
        self.random = random
        self.speech = Speech(random)
        self.numbers = count()
        sentences = [self._sentence(old=True) for _ in range(words // SENTENCE)]
        for at in random.sample(range(1, len(sentences)), len(sentences) // 10):
            sentences[at] = self._repeated(random.choice(sentences[:at]))
        self.paragraphs = [sentences[at : at + PARAGRAPH] for at in range(0, len(sentences), PARAGRAPH)]

    def letters(self) -> Iterator[Letter]:
        """Yield the letters of the text, and what parts its words and paragraphs."""
        for paragraph in filter(any, self.paragraphs):
            yield from (("\n", None), ("\n", None))
            for word in (word for sentence in paragraph for word in sentence):
                yield from (*word, (" ", None))

    def flat(self) -> tuple[str, dict[int, int]]:
        """Return the text, and where each numbered letter stands."""
        letters = list(self.letters())
        return "".join(letter for letter, _ in letters), {
            number: at for at, (_, number) in enumerate(letters) if number is not None
        }

    def sentences(self) -> list[tuple[Paragraph, int]]:
        """Return where the sentences are."""
        return [(paragraph, at) for paragraph in self.paragraphs for at in range(len(paragraph))]

    def misspell(self, sentence: Sentence, at: int) -> None:
        word = sentence[at]
        if len(word) > 3:
            change = self.random.randrange(1, len(word) - 1)
            wrong = misspelt(Random(self.random.random()), "".join(letter for letter, _ in word))
            if len(wrong) == len(word):
                sentence[at] = [old if old[0] == new else (new, None) for old, new in zip(word, wrong, strict=True)]
            elif len(wrong) > len(word):
                word.insert(change, (word[change][0], None))
            else:
                del word[change]

    def replace(self, sentence: Sentence, at: int) -> None:
        sentence[at] = self._word(self.speech.say(1)[0])

    def strike(self, sentence: Sentence, at: int) -> None:
        del sentence[at : at + self.random.randint(1, 2)]

    def insert(self, sentence: Sentence, at: int) -> None:
        sentence[at:at] = map(self._word, self.speech.say(self.random.randint(1, 3)))

    def small(self) -> None:
        """Change one word in twenty, and write a sentence."""
        edits = [self.misspell, self.misspell, self.replace, self.replace, self.insert, self.strike]
        for _ in range(sum(len(paragraph[at]) for paragraph, at in self.sentences()) // 20):
            paragraph, at = self.random.choice(self.sentences())
            if paragraph[at]:
                self.random.choice(edits)(paragraph[at], self.random.randrange(len(paragraph[at])))
        paragraph, at = self.random.choice(self.sentences())
        paragraph.insert(at, self._sentence())

    def moves(self) -> None:
        """Put two paragraphs elsewhere."""
        for _ in range(2):
            paragraph = self.paragraphs.pop(self.random.randrange(len(self.paragraphs)))
            self.paragraphs.insert(self.random.randint(0, len(self.paragraphs)), paragraph)

    def mixed(self) -> None:
        """Change words, move paragraphs, strike out a sentence."""
        self.small()
        self.moves()
        self._strike_sentence()

    def deletions(self) -> None:
        """Strike out two paragraphs and three sentences."""
        for _ in range(2):
            if len(self.paragraphs) > 3:
                self.paragraphs.pop(self.random.randrange(len(self.paragraphs)))
        for _ in range(3):
            self._strike_sentence()

    def _strike_sentence(self) -> None:
        paragraph, at = self.random.choice(self.sentences())
        del paragraph[at]

    def _sentence(self, *, old: bool = False) -> Sentence:
        return [self._word(word, old=old) for word in self.speech.prose(SENTENCE).split()]

    def _repeated(self, sentence: Sentence) -> Sentence:
        """Return a sentence again with two words of its own."""
        again = [self._word("".join(letter for letter, _ in word), old=True) for word in sentence]
        for at in self.random.sample(range(len(again)), 2):
            again[at] = self._word(self.speech.say(1)[0], old=True)
        return again

    def _word(self, word: str, *, old: bool = False) -> Word:
        return [(letter, next(self.numbers) if old else None) for letter in word]


KINDS: dict[str, list[Callable[[Narrative], None]]] = {
    "small": [Narrative.small],
    "moves": [Narrative.moves],
    "mixed": [Narrative.mixed],
    "deletions": [Narrative.deletions],
    "four in a row": [Narrative.mixed, Narrative.small, Narrative.deletions, Narrative.moves],
}


@dataclass
class Passage:
    """What a note quotes, and the numbers of its letters."""

    quotation: Quotation
    at: TextSpan
    letters: list[int]

    def left(self, where: dict[int, int]) -> tuple[float, list[TextSpan]]:
        """Return which share of it survives in one part, and the stretches that are right."""
        there = [where[letter] for letter in self.letters if letter in where]
        whole = self.at.end - self.at.start
        parts: list[list[int]] = []
        for at in there:
            if not parts or not 0 < at - parts[-1][-1] <= whole:
                parts.append([])
            parts[-1].append(at)
        largest = max(parts, key=len, default=[])
        right = [part for part in parts if len(part) >= DELETED * len(self.letters)] or [largest]
        if there and there == sorted(there) and there[-1] - there[0] < 3 * whole:
            right.append(there)
        return len(largest) / len(self.letters), [TextSpan(part[0], part[-1] + 1) for part in right if part]


@dataclass
class Tally:
    """How notes came through one kind of edit."""

    survivors: int = 0
    found: int = 0
    placed: int = 0
    wrong: int = 0
    deleted: int = 0
    orphaned: int = 0
    notes: int = 0
    seconds: list[float] = field(default_factory=list)

    def judge(self, passage: Passage, span: TextSpan | None, after: str, where: dict[int, int]) -> None:
        """Count one answer."""
        share, truths = passage.left(where)
        right = span is not None and any(_same(span, truth, passage, after) for truth in truths)
        self.notes += 1
        self.placed += span is not None
        self.wrong += span is not None and not right
        if share >= SURVIVES:
            self.survivors += 1
            self.found += right
        elif share < DELETED:
            self.deleted += 1
            self.orphaned += span is None

    @classmethod
    def of(cls, tallies: Iterable[Tally]) -> Tally:
        """Count several together."""
        whole = cls()
        for tally in tallies:
            for name, value in vars(tally).items():
                setattr(whole, name, getattr(whole, name) + value)
        return whole

    def rate(self, some: int, of: int) -> float:
        return 100 * some / of if of else 100.0

    @property
    def found_again(self) -> float:
        """Per cent of the passages that survived."""
        return self.rate(self.found, self.survivors)

    @property
    def placed_wrongly(self) -> float:
        """Per cent of all passages."""
        return self.rate(self.wrong, self.notes)

    @property
    def rightly_orphaned(self) -> float:
        """Per cent of the passages that were deleted."""
        return self.rate(self.orphaned, self.deleted)

    def cells(self, kind: str) -> list[str]:
        microseconds = sorted(1e6 * second for second in self.seconds)
        rates = [self.found_again, self.placed_wrongly, self.rightly_orphaned]
        costs = [
            statistics.median(microseconds),
            microseconds[len(microseconds) * 95 // 100],
            statistics.mean(microseconds),
        ]
        numbers = [self.notes, self.survivors, self.deleted]
        return [kind, *(f"{number:,}" for number in numbers), *(f"{rate:.2f} %" for rate in rates)] + [
            f"{cost:,.0f} µs" for cost in costs
        ]


def _same(span: TextSpan, truth: TextSpan, passage: Passage, after: str) -> bool:
    """Tell whether a note's place is the true one."""
    if after[slice(*truth)].split() == passage.quotation.exact.split():
        return span == truth
    common = min(span.end, truth.end) - max(span.start, truth.start)
    if common == truth.end - truth.start and 4 * (span.end - span.start) <= 5 * len(passage.quotation.exact):
        return True
    return 2 * common >= max(span.end, truth.end) - min(span.start, truth.start)


def passages(narrative: Narrative, number: int) -> list[Passage]:
    """Return passages of a narrative, from a word to a sentence."""
    text, where = narrative.flat()
    random = narrative.random
    words = [word for paragraph in narrative.paragraphs for sentence in paragraph for word in sentence]
    made = []
    for _ in range(number):
        at, size = _stretch(random, len(words))
        letters = [number for word in words[at : at + size] for _, number in word if number is not None]
        span = TextSpan(where[letters[0]], where[letters[-1]] + 1)
        made.append(Passage(quote_at(text, *span), span, letters))
    return made


def _stretch(random: Random, words: int) -> tuple[int, int]:
    """Choose the first word and the number of words of a passage."""
    kind = random.choices(["short", "middling", "sentence", "across"], [3, 4, 2, 1])[0]
    if kind == "sentence":
        return random.randrange(words // SENTENCE) * SENTENCE, SENTENCE
    if kind == "across":
        before = random.randint(2, 8)
        return random.randrange(1, words // SENTENCE) * SENTENCE - before, before + random.randint(2, 8)
    size = random.randint(1, 3) if kind == "short" else random.randint(4, 12)
    return random.randrange(words - size), size


def ours(before: str, after: str) -> Follow:
    """Return what follows a note through a change."""
    change = TextChange(before, after)
    return lambda quotation, at: change.follow(quotation, at).span


def first_match(before: str, after: str) -> Follow:
    """Return what takes the first place where a note's words stand."""

    def follow(quotation: Quotation, at: TextSpan | None) -> TextSpan | None:
        start = after.find(quotation.exact)
        return TextSpan(start, start + len(quotation.exact)) if start >= 0 else None

    return follow


def run(kind: str, narratives: int, seed: str, follower: Callable[[str, str], Follow] = ours) -> Tally:
    """Edit so many narratives, follow their notes, and count."""
    tally = Tally()
    for number in range(narratives):
        narrative = Narrative(Random(f"{seed} {kind} {number}"))
        noted = passages(narrative, NOTES)
        standing: list[TextSpan | None] = [passage.at for passage in noted]
        text, where = narrative.flat()
        for edit in KINDS[kind]:
            edit(narrative)
            before, (text, where) = text, narrative.flat()
            standing = list(_followed(follower(before, text), noted, standing, tally.seconds))
        for passage, span in zip(noted, standing, strict=True):
            tally.judge(passage, span, text, where)
    return tally


def _followed(
    follow: Follow, noted: Iterable[Passage], standing: Sequence[TextSpan | None], seconds: list[float]
) -> Iterator[TextSpan | None]:
    for passage, at in zip(noted, standing, strict=True):
        start = time.perf_counter()
        span = follow(passage.quotation, at)
        seconds.append(time.perf_counter() - start)
        yield span


HEADS = ["", "notes", "survive", "deleted", "found again", "wrong", "rightly orphaned", "median", "p95", "mean"]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a table of Markdown."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


ABOUT = """## Notes after an edit

Made-up narratives of 720 words with 30 notes each are edited in ways whose outcome is known for every letter
(`tests/benchmarks/anchoring.py` says how, and what counts as found, wrong and orphaned). *First match* takes the first
place where the quoted words stand, as a simple search does. Costs are those of a note; the mean has its share in the
comparison of the two texts. Targets: found again ≥ 98.5 %, wrong ≤ 1 %, rightly orphaned ≥ 95 %."""


def section(narratives: int = 60, seed: str = "anchoring") -> str:
    """Run every kind of edit, and return what the report says of it."""
    rows = [HEADS]
    for name, follower in (("", ours), (", first match", first_match)):
        follow = partial(run, narratives=narratives, seed=seed, follower=follower)
        tallies = {kind: follow(kind) for kind in KINDS}
        rows += [tally.cells(f"{kind}{name}") for kind, tally in {**tallies, "all": Tally.of(tallies.values())}.items()]
    return f"{ABOUT}\n\n{table(rows)}"


def main(words: Sequence[str]) -> int:
    """Print the report."""
    parser = argparse.ArgumentParser(prog="anchoring", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--narratives", type=int, default=60, help="how many of each kind")
    parser.add_argument("--seed", default="anchoring")
    print(section(**vars(parser.parse_args(words))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
