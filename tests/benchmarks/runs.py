"""What is measured of one catalogue on one database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from random import Random

from . import datasette, exports, texts
from .arena import Arena, Inside, by_sql, empty, ours, over_http, theirs
from .catalogues import SEARCHED
from .measuring import Contestant, Spread, Times, agree, rounds
from .processes import ROOT, memory, peak
from .questions import COMMON, SELDOM, Asker, Question
from .report import NO_TARGET, Figure, Target
from .words import misspelt, vocabulary

COMPARED = 10  # questions to which all answers must be equal before anything is measured
ROUNDS = 40  # from which on the figures are steady
UNHURRIED = 5  # rounds of what may take seconds, and is compared with nothing
WARM = 3  # questions asked of everyone, unmeasured
FEW, CROWD = 8, 32  # clients at once
QUESTIONS = 1_000  # of a crowd, each another one, so that few answers come from the cache

JSON_TO_EMPTY = Target((1.5, 2.2, 4))
ENGINE_TO_SQL = Target((1.2, 0.12, 0.05))
FASTER_JSON = Target((12, 150, 1000), at_least=True)
FASTER_HTML = Target((5, 40, 400), at_least=True)
ABOVE_EMPTY = Target((1, 1, 1))
SEARCH_TO_SQL = Target((None, 1.5, None))
RARE_TO_DATASETTE = Target((1, 1, 1))
MENDED = Target((0.94, 0.94, 0.94), at_least=True)
CACHED = Target((0.7, 0.7, 0.7), at_least=True)
NOT_MODIFIED = Target((0.85, 0.85, 0.85), at_least=True)
JSON_A_SECOND = Target((None, 500, None), at_least=True)
HTML_A_SECOND = Target((None, 250, None), at_least=True)
NO_ERROR = Target((0, 0, 0))
LIST_TO_PLAIN = Target((5, 5, 5), at_least=True)
LIST_TO_DATASETTE = Target((2, 2, 2), at_least=True)
CSV_TO_PROGRAM = Target((1.3, 1.3, 1.3))
LINES_TO_PROGRAM = Target((1.5, 1.5, 1.5))
FIRST_BYTE = Target((200, 200, 200))
ABOVE_IDLE = Target((100, 100, 100))


@dataclass
class Run:
    """The measuring of one arena, its figures, and what had to be left out, with the reason."""

    arena: Arena
    rounds: int
    port: int = 0
    datasette: int = 0
    figures: dict[str, list[Figure]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    json: Times = field(default_factory=Times)

    @property
    def share(self) -> float:
        """The seconds for which a crowd asks: less than one where few rounds are wanted."""
        return min(self.rounds / ROUNDS, 1)

    def measure(self) -> None:
        """Start the contestants, see that they agree, and measure everything."""
        self.port = self.arena.site()
        inside = self.arena.inside()
        slow = self.arena.inside(QUERY_ENGINE="sql")
        if self.arena.file and find_spec("datasette") is None:
            self.arena.file = None
            self.leave_out("Datasette", "it is not installed (requirements-bench.txt)")
        if self.arena.file:
            self.datasette = self.arena.datasette(self.arena.file)
        self.pages(inside, slow)
        self.html()
        self.unfiltered()
        self.searches(inside)
        self.lists()
        self.exports()
        self.cached()
        self.throughput()
        self.memory(inside, slow)

    def note(
        self, section: str, what: str, figures: Sequence[float], unit: str = "×", target: Target = NO_TARGET
    ) -> None:
        """Keep a figure, and print that it was taken."""
        figure = Figure(what, self.arena.size, self.arena.database, Spread.of(figures), unit, target)
        self.figures.setdefault(section, []).append(figure)
        print("  ", "  ".join(cell for cell in figure.cells if cell), flush=True)

    def leave_out(self, what: str, reason: str) -> None:
        self.left_out.append(f"{what}, {self.arena.size:,} cases, {self.arena.database}: {reason}")

    def compete(self, contestants: Sequence[Contestant], questions: Iterable[Question]) -> Times:
        """Ask a few questions unmeasured, then the others in rounds."""
        questions = list(questions)
        rounds(contestants, questions[:WARM], "warm")
        return rounds(contestants, questions[WARM:], f"{self.arena.size} {self.arena.database}")

    def asked(self, seed: str) -> Iterator[Question]:
        """Return random questions, no two the same: an answer asked for twice would come from the cache."""
        return distinct(Asker(self.arena.codes, seed), self.rounds + WARM)

    def pages(self, inside: Inside, slow: Inside) -> None:
        """Measure the faceted page as JSON, over HTTP, in the process and in SQL."""
        arena = self.arena
        best, bare = by_sql(arena, "best"), by_sql(arena, "bare")
        engine, sql, orm = inside.contestant("engine"), slow.contestant("engine", "sql"), slow.contestant("orm")
        site = ours(self.port)
        contestants = [site, empty(self.port), engine, best, bare]
        if arena.file:
            contestants.append(theirs(self.datasette, arena.file))
        asker = Asker(arena.codes, "compared")
        some = [Question(), *(asker.choices() for _ in range(COMPARED))]
        compared = agree([best, *(each for each in (*contestants, sql, orm) if each is not best)], some)
        print(f"   {compared} answers agree", flush=True)
        self.json = times = self.compete(contestants, self.asked("pages"))
        unhurried = rounds([sql, orm], list(self.asked("unhurried"))[:UNHURRIED], "unhurried")
        times.seconds |= unhurried.seconds
        section = "A page of results with every count and the table, for random questions"
        for name, what in WHO.items():
            if name in times.seconds:
                self.note(section, what, times.milliseconds(name), "ms")
        section = "The same, compared"
        self.note(section, "JSON over HTTP ÷ an empty answer", times.ratios("ours", "empty"), target=JSON_TO_EMPTY)
        self.note(section, "engine ÷ bare SQL", times.ratios("engine", "bare"), target=ENGINE_TO_SQL)
        self.note(section, "engine ÷ best SQL", times.ratios("engine", "best"))
        if arena.file:
            self.note(section, "faster than Datasette, JSON", times.ratios("Datasette", "ours"), target=FASTER_JSON)

    def html(self) -> None:
        """Measure the page for people."""
        contestants = [ours(self.port, "/cases/"), empty(self.port)]
        if self.arena.file:
            contestants.append(theirs(self.datasette, self.arena.file, ""))
        times = self.compete(contestants, self.asked("html"))
        section = "The page for people (HTML)"
        self.note(section, "ours", times.milliseconds("ours"), "ms")
        self.note(section, "above an empty answer", times.above("ours", "empty"), "ms")
        if self.arena.file:
            self.note(section, "Datasette", times.milliseconds("Datasette"), "ms")
            self.note(section, "faster than Datasette", times.ratios("Datasette", "ours"), target=FASTER_HTML)

    def unfiltered(self) -> None:
        """Measure the table and all facets of the whole catalogue."""
        doors = ("/api/v1/matrix/", "/api/v1/facets/", "/api/v1/results/")
        contestants = [empty(self.port), *(ours(self.port, door, door) for door in doors)]
        times = self.compete(contestants, [Question()] * (self.rounds + WARM))
        for door in doors:
            self.note(
                "Without a filter", f"{door} above an empty answer", times.above(door, "empty"), "ms", ABOVE_EMPTY
            )

    def searches(self, inside: Inside) -> None:
        """Measure searches against the database's own, and a rare word against Datasette."""
        if self.arena.size >= SEARCHED:
            self.leave_out("search", "the other contestants' text search is made up to 100,000 cases")
            return
        asker = Asker(self.arena.codes, "words")
        ranked, search = texts.ranked(self.arena.flat), inside.contestant("search")
        rare = [asker.rare() for _ in range(COMPARED)]
        agree([search, ranked], [*rare, *(asker.words() for _ in range(COMPARED))])
        times = self.compete([ranked, search], (asker.words() for _ in range(self.rounds + WARM)))
        section = "Search"
        self.note(section, "page, snippets and counts, in the process", times.milliseconds("search"), "ms")
        self.note(section, "keys of all matches, best first, in SQL", times.milliseconds("ranked"), "ms")
        self.note(section, "the first ÷ the second", times.ratios("search", "ranked"), target=SEARCH_TO_SQL)
        if self.arena.file:
            self._rare(self.arena.file, asker)
        self._misspelt(inside)

    def _rare(self, file: Path, asker: Asker) -> None:
        other = over_http("Datasette", self.datasette, lambda question: datasette.path_of_words(file, question))
        times = self.compete([ours(self.port), other], (asker.rare() for _ in range(self.rounds + WARM)))
        what = "rare word: JSON with counts ÷ Datasette's page without"
        self.note("Search", what, times.ratios("ours", "Datasette"), target=RARE_TO_DATASETTE)

    def _misspelt(self, inside: Inside) -> None:
        """Measure how soon a misspelt word is known, and how often it is the right one."""
        random, suggestion = Random("misspelt"), inside.contestant("suggestion")
        words = random.sample([word for word in vocabulary()[COMMON:SELDOM] if word.isascii()], 100)
        said = [suggestion.ask(Question(words=misspelt(random, word))) for word in words]
        self.note("Search", "did you mean", [1000 * seconds for seconds, _ in said[1:]], "ms", ABOVE_EMPTY)
        right = [answer["suggestion"] == word for word, (_, answer) in zip(words, said, strict=True)]
        self.note("Search", "did you mean: share of single errors mended", [sum(right) / len(right)], "", MENDED)

    def lists(self) -> None:
        """Measure lists of twenty whole cases."""
        random, last = Random("lists"), max(len(self.arena.flat.run("SELECT id FROM page LIMIT 1000")) // 20, 1)
        pages = [Question({"page": str(random.randint(1, last))}) for _ in range(self.rounds + WARM)]
        contestants = [ours(self.port, "/api/v1/cases/"), ours(self.port, "/bench/plain/", "plain")]
        if file := self.arena.file:
            contestants.append(
                over_http("Datasette", self.datasette, lambda q: datasette.path_of_rows(file, int(q.choices["page"])))
            )
        times = self.compete(contestants, pages)
        section = "A list of twenty whole cases (API)"
        for name in times.seconds:
            self.note(section, name, times.milliseconds(name), "ms")
        self.note(section, "faster than plain serializers", times.ratios("plain", "ours"), target=LIST_TO_PLAIN)
        if file:
            self.note(
                section, "faster than Datasette's rows", times.ratios("Datasette", "ours"), target=LIST_TO_DATASETTE
            )

    def exports(self) -> None:
        """Measure the exports of the whole catalogue against the database's programs."""
        for what, path, table, target in EXPORTS:
            sent, other = [], []
            for _ in range(3 if self.arena.size < SEARCHED else 1):
                sent.append(exports.download(self.port, path, self.arena.servers["site of 1"]))
                other.append(exports.program(self.arena.address, table, as_csv=table == "lines"))
            section = "Exports of all published cases"
            self.note(section, f"{what}: whole", [each.seconds for each in sent], "s")
            self.note(section, f"{what}: first byte", [1000 * each.first for each in sent], "ms", FIRST_BYTE)
            self.note(section, f"{what}: memory above idle", [each.above_idle for each in sent], "MB", ABOVE_IDLE)
            ratios = [each.seconds / seconds for each, seconds in zip(sent, other, strict=True) if seconds]
            if ratios:
                self.note(section, f"{what} ÷ the database's own program", ratios, target=target)
            else:
                self.leave_out(f"{what} against sqlite3", "there is no program sqlite3 here")

    def cached(self) -> None:
        """Measure what is answered from the cache, in answers a second of eight clients."""
        tag = ours(self.port, "/cases/").ask(Question())[1].header("ETag")
        asked: dict[str, tuple[str, dict[str, str]]] = {
            "empty": ("/bench/empty/", {}),
            "cached": ("/cases/", {}),
            "304": ("/cases/", {"If-None-Match": tag}),
        }
        rates: dict[str, list[float]] = {name: [] for name in asked}
        for number in range(5):
            for name in Random(number).sample(list(asked), len(asked)):
                rates[name].append(crowd(self.port, FEW, self.share / 2, [asked[name]])[0])
        section = "Answers a second, one worker, eight clients"
        for name, figures in rates.items():
            self.note(section, name, figures, "/s")
        shares = {name: [a / b for a, b in zip(rates[name], rates["empty"], strict=True)] for name in ("cached", "304")}
        self.note(section, "cached page ÷ empty answer", shares["cached"], target=CACHED)
        self.note(section, "304 ÷ empty answer", shares["304"], target=NOT_MODIFIED)

    def throughput(self) -> None:
        """Measure random questions of 32 clients at two workers."""
        port = self.arena.site(workers=2)
        asker = Asker(self.arena.codes, "crowd")
        section = "Answers a second, two workers, 32 clients"
        for what, door, target in (("JSON", "/api/v1/results/", JSON_A_SECOND), ("HTML", "/cases/", HTML_A_SECOND)):
            results = [crowd(port, CROWD, 2 * self.share, asked_at(door, asker)) for _ in range(3)]
            self.note(section, what, [rate for rate, _ in results], "/s", target)
            self.note(section, f"{what}: errors", [errors for _, errors in results], "", NO_ERROR)

    def memory(self, inside: Inside, slow: Inside) -> None:
        """Measure what the index costs, and how much memory the servers have had at most."""
        section = "Index and memory"
        index = inside.contestant("index")
        self.note(section, "index built", [1000 * index.ask(Question())[0] for _ in range(3)], "ms")
        above = memory(inside.process.pid) - memory(slow.process.pid)
        self.note(section, "process with the index, above one without", [above], "MB")
        for name, process in self.arena.servers.items():
            self.note(section, f"peak of {name}", [peak(process)], "MB")


WHO = {
    "empty": "an empty answer over HTTP",
    "ours": "JSON over HTTP",
    "Datasette": "Datasette, JSON over HTTP",
    "engine": "engine in the process",
    "sql": "the same with QUERY_ENGINE=sql",
    "orm": "one GROUP BY a facet through the ORM",
    "best": "best SQL, one statement",
    "bare": "bare SQL of page and counts",
}
EXPORTS = (
    ("CSV", "/export/cases.csv", "lines", CSV_TO_PROGRAM),
    ("JSON Lines", "/export/cases.jsonl", "documents", LINES_TO_PROGRAM),
)


def distinct(asker: Asker, number: int) -> Iterator[Question]:
    """Yield random questions, no two the same."""
    seen: set[str] = set()
    while len(seen) < number:
        question = asker.choices()
        if question.query not in seen:
            seen.add(question.query)
            yield question


def asked_at(door: str, asker: Asker) -> list[tuple[str, dict[str, str]]]:
    """Return the requests of a crowd that asks random questions."""
    return [(f"{door}?{question.query}".rstrip("?"), {}) for question in distinct(asker, QUESTIONS)]


def crowd(port: int, clients: int, seconds: float, asked: Iterable[tuple[str, dict[str, str]]]) -> tuple[float, float]:
    """Let many clients ask at once, from a process of their own; answers a second, and errors."""
    command = [sys.executable, "-m", "tests.benchmarks.crowd", str(port), str(clients), str(seconds)]
    lines = "".join(json.dumps(each) + "\n" for each in asked)
    done = subprocess.run(command, cwd=ROOT, input=lines, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    return said["answers"] / said["seconds"], said["errors"]
