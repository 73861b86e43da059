"""Which of a photo's files a listing shows: where the query asks for paths, one that answers it."""

from collections.abc import Sequence

from organiser.core.query.facts import Facts
from organiser.core.query.matches import holds_text, matches
from organiser.core.query.terms import Alternative, Contains, Field, Pattern, Query

_OF_FILES = frozenset({Field.PATH, Field.ROOT})


def asks_for_files(query: Query) -> bool:
    """Whether a query asks for paths or roots that some file has, so that not every file of a photo answers it."""
    return any(_tests(terms) for terms in query.alternatives)


def shown_file(query: Query, facts: Facts) -> int:
    """Return which of `facts.paths` answers the query best: the first that passes most of what it asks of files.

    Only alternatives that select the photo count, those without a question about files as passed by every file.
    """
    selecting = [terms for terms in query.alternatives if matches(Query((terms,)), facts)]
    ranks = [max((_passed(terms, facts, at) for terms in selecting), default=0.0) for at in range(len(facts.paths))]
    return ranks.index(max(ranks))


def _passed(terms: Alternative, facts: Facts, at: int) -> float:
    """The share of an alternative's questions about files that one file passes."""
    tests = _tests(terms)
    texts = {Field.PATH: facts.paths[at], Field.ROOT: facts.roots[at]}
    return sum(holds_text(test, texts[test.field]) for test in tests) / len(tests) if tests else 1.0


def _tests(terms: Alternative) -> Sequence[Contains | Pattern]:
    tests = (term.test for term in terms if not term.negated and term.test.field in _OF_FILES)
    return [test for test in tests if isinstance(test, Contains | Pattern)]
