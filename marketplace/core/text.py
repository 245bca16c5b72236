"""The language of search: one analyser and one query parser for every index.

A listing's words and a searcher's words go through the same steps, in this order:

1. cut into words (letters and digits; « l’ », « d’ », « qu’ »… are cut off);
2. folded: ligatures opened, accents and case dropped, « 3m » cut into « 3 » and « m »;
3. stop words dropped (French, folded, and a few English ones);
4. stemmed, in French.

Folding comes before stemming on purpose: people type plurals without accents, and stemming first loses them.
Whoosh does the language and the query syntax; the postings live in the database (`adapters/*_index.py`). Nothing
else imports Whoosh.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from markupsafe import Markup, escape
from whoosh import query as wq
from whoosh.analysis import Filter, RegexTokenizer, StemFilter, StopFilter
from whoosh.lang import stemmer_for_language
from whoosh.lang.stopwords import stoplists
from whoosh.qparser import GroupPlugin, OperatorsPlugin, PhrasePlugin, PrefixPlugin, QueryParser, WhitespacePlugin

MAX_QUERY_LENGTH = 200  # characters; what stands beyond is not looked at
MAX_QUERY_WORDS = 16  # leaves of a query; bounds the work one request can ask of the database
MAX_GROUPS = 6  # opening brackets; more is taken as plain words
MAX_WORD = 64  # characters of one indexed word; longer ones are keys or noise

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l"})
_WORD = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
_APOSTROPHE = re.compile(r"['’ʼ]")
_PIECES_OF_SLUG = re.compile(r"[a-z0-9]+")
_PIECE = re.compile(r"\d+|[^\W\d_]+")
_ELIDED = frozenset(["l", "d", "s", "n", "j", "c", "m", "t", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu"])

# Homographs that name something here: son (sound), ton (colour), été (garden furniture), fût (barrel),
# avions (seats of), as (of cards). Dropping them would hide stock.
_KEPT = frozenset(["son", "ton", "ete", "fut", "avions", "as"])
_ALSO_STOPPED = frozenset(["les", "the", "of", "and", "for", "with", "an", "or"])


class _Unmarked(dict[int, int | None]):
    """For `str.translate`: every character as it is, combining marks gone. Remembers the scripts people write here."""

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.combining(chr(code)) else code
        if code < 0x2200:
            self[code] = kept
        return kept


_UNMARKED = _Unmarked()


def fold(text: str) -> str:
    """Lower case without accents, ligatures opened: « Bœufs d’Été » → « boeufs d’ete »."""
    text = text.lower().translate(_LIGATURES)
    if text.isascii():
        return text
    return unicodedata.normalize("NFKD", text).translate(_UNMARKED).lower()


class _FoldFilter(Filter):
    """Cuts elisions off, folds, parts letters from digits. One token may become several."""

    def __call__(self, tokens):
        for token in tokens:
            pieces = _APOSTROPHE.split(token.text)
            while len(pieces) > 1 and pieces[0].lower() in _ELIDED:
                pieces.pop(0)
            for piece in _PIECE.findall(fold(" ".join(pieces))):
                token.text = piece[:MAX_WORD]
                yield token


STOP_WORDS = (frozenset(fold(word) for word in stoplists["fr"]) | _ALSO_STOPPED) - _KEPT

# Words of the trade that the French stemmer runs together: a portant is no porte, a poster no poste, a châssis no
# chasse, a plancher no planche, and the XVIIIe century is not the XVIIe. Folded form → its stem; plurals in -s follow.
_STEMS = {
    "portant": "portant",
    "poster": "poster",
    "chassis": "chassis",
    "plancher": "plancher",
    "planter": "planter",
    "dresser": "dresser",
    "locker": "locker",
    "nonne": "nonne",
    "oranger": "oranger",
    "paillasse": "paillasse",
    "balai": "balai",
    "chroma": "chroma",
    "xviie": "xvii",
    "xviiie": "xviii",
    "travaux": "travail",
    "travail": "travail",
}


_french: Callable[[str], str] = stemmer_for_language("fr")


@lru_cache(50_000)
def _stem(word: str) -> str:
    return _STEMS.get(word) or _STEMS.get(word.removesuffix("s")) or _french(word)


# A single letter may count (« 3 m », « table en T », a costume in S or L): hence minsize=1 and these four.
_SINGLE_LETTERS_KEPT = frozenset("lmst")
ANALYSER = (
    RegexTokenizer(_WORD.pattern)
    | _FoldFilter()
    | StopFilter(stoplist=STOP_WORDS - _SINGLE_LETTERS_KEPT, minsize=1)
    | StemFilter(stemfn=_stem, cachesize=None)
)


@lru_cache(maxsize=100_000)
def _analyse_word(word: str) -> tuple[str, ...]:
    """What one run of letters and digits becomes. No step looks at neighbours, so this is exact, and worth keeping."""
    return tuple(token.text for token in ANALYSER(word) if token.text)


def clean(text: str) -> str:
    """Composed form (NFC) without control characters, NUL and lone surrogates, which databases refuse."""
    if text.isprintable():  # none of those
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Cn") else c for c in text)
    return unicodedata.normalize("NFC", text)


def analyse(text: str) -> list[str]:
    """The words of a text as they are indexed and searched, in order, repeats kept."""
    words: list[str] = []
    for match in _WORD.finditer(clean(text)):
        words.extend(_analyse_word(match.group()))
    return words


def index_text(text: str) -> str:
    """The analysed words joined by spaces: what the postings hold."""
    return " ".join(analyse(text))


_UNSTEMMED = RegexTokenizer(_WORD.pattern) | _FoldFilter() | StopFilter(stoplist=STOP_WORDS, minsize=1)


@lru_cache(maxsize=100_000)
def _spoken_word(word: str) -> tuple[tuple[str, str], ...]:
    pieces = [token.text for token in _UNSTEMMED(word)]
    return tuple((piece, stems[0]) for piece in pieces if (stems := _analyse_word(piece)))


def spoken(text: str) -> set[tuple[str, str]]:
    """The words of a text as people write them, folded, each with its stem; those that say nothing left out."""
    found: set[tuple[str, str]] = set()
    for match in _WORD.finditer(clean(text)):
        found.update(_spoken_word(match.group()))
    return found


def slug(text: str) -> str:
    """A title as the readable end of an address: « Châssis d’été 3 m » → `chassis-d-ete-3-m`; `annonce` when empty."""
    return "-".join(_PIECES_OF_SLUG.findall(fold(clean(text))))[:80].strip("-") or "annonce"


# --- queries ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """Analysed words that must stand one after another; a single one is the common case. `shown` is as typed."""

    words: tuple[str, ...]
    shown: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """« feuil* »: words that begin so, or whose stem is that of the word as typed."""

    start: str
    stem: str
    shown: str


@dataclass(frozen=True, slots=True)
class All:
    """Every part, and nothing of `without`. Only the root may have no parts."""

    parts: tuple["Node", ...]
    without: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part."""

    parts: tuple["Node", ...]


Node = Words | Beginning | All | Any


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. `root` without parts and without exclusions means: no words were asked for.

    `wanted` and `excluded` are the words as typed, for « voici comment nous avons compris »; `dropped` those that say
    too little to be looked for (le, de…).
    """

    text: str
    root: All
    wanted: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    stems: frozenset[str] = field(default_factory=frozenset)
    starts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.root.parts or self.root.without)


_PARSER = QueryParser(
    "text",
    schema=None,
    plugins=[
        WhitespacePlugin(),
        PhrasePlugin(),
        PrefixPlugin(),
        GroupPlugin(),
        OperatorsPlugin(
            And=r"(?<=\s)(?:AND|ET)(?=\s)",
            Or=r"(?<=\s)(?:OR|OU)(?=\s)",
            Not=r"(?<![^\s(])(?:-(?=[^\s\-])|NOT(?=\s))",
            AndNot=None,
            AndMaybe=None,
            Require=None,
        ),
    ],
)


# How a wish begins before it says what is wished for: « de quoi faire un mur de prison ».
_OPENING = re.compile(
    r"(?:(?:je|on|nous)\s+)?(?:re)?cherch(?:e|ons)\s+|(?:j['’]ai\s+|on\s+a\s+)?besoin\s+(?:de\s+|d['’])"
    r"|de\s+quoi\s+(?:faire|fabriquer|construire|monter|meubler|habiller)\s+"
    r"|(?:quelque\s+chose|qqch|idées?|choses|matériel|accessoires?\s+et\s+meubles)\s+pour\s+(?:faire\s+)?"
    r"|(?:looking\s+for|something\s+for|i\s+need)\s+",
    re.IGNORECASE,
)


class _Builder:
    """Turns Whoosh's tree into ours: analysed, bounded, with exclusions only where they can be answered."""

    def __init__(self) -> None:
        self.left = MAX_QUERY_WORDS
        self.wanted: list[str] = []
        self.excluded: list[str] = []
        self.dropped: list[str] = []
        self.stems: set[str] = set()
        self.starts: list[str] = []

    def root(self, tree: wq.Query) -> All:
        node = self.node(tree, wanted=True)
        if node is None:
            return All(())
        return node if isinstance(node, All) else All((node,))

    def node(self, tree: wq.Query, wanted: bool) -> Node | None:
        if isinstance(tree, wq.Prefix):
            return self.beginning(tree.text, wanted)
        if isinstance(tree, wq.Term):
            return self.words(tree.text, wanted)
        if isinstance(tree, wq.Phrase):
            return self.words(" ".join(tree.words), wanted)
        if isinstance(tree, wq.Not):
            if not wanted:  # excluded twice: nobody means it
                return self.node(tree.query, wanted)
            excluded = self.node(tree.query, wanted=False)
            return All((), (excluded,)) if excluded else None
        if isinstance(tree, wq.Or):
            # « a OR -b » would match nearly everything; the exclusion is left out
            nodes = [n for n in (self.node(sub, wanted) for sub in tree.children()) if n and _findable(n)]
            return Any(tuple(nodes)) if len(nodes) > 1 else (nodes[0] if nodes else None)
        if isinstance(tree, wq.And):
            return self.all(tree, wanted)
        return None

    def all(self, tree: wq.Query, wanted: bool) -> Node | None:
        parts: list[Node] = []
        without: list[Node] = []
        for sub in tree.children():
            node = self.node(sub, wanted)
            if node is None:
                continue
            if isinstance(node, All):
                parts.extend(node.parts)
                without.extend(node.without)
            else:
                parts.append(node)
        if not without and len(parts) < 2:
            return parts[0] if parts else None
        return All(tuple(parts), tuple(without))

    def _counted(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def words(self, shown: str, wanted: bool) -> Node | None:
        words = tuple(analyse(shown))
        shown = " ".join(_WORD.findall(shown))
        if not words:
            if shown:
                self.dropped.append(shown)
            return None
        if not self._counted():
            self.dropped.append(shown)
            return None
        (self.wanted if wanted else self.excluded).append(shown)
        if wanted:
            self.stems.update(words)
        return Words(words, shown)

    def beginning(self, text: str, wanted: bool) -> Node | None:
        pieces = _PIECE.findall(fold(text))
        if len(pieces) != 1 or len(pieces[0]) < 2 or not self._counted():
            return self.words(text, wanted)
        (self.wanted if wanted else self.excluded).append(f"{text}…")
        stem = (_analyse_word(pieces[0]) or (pieces[0],))[0]
        if wanted:
            self.stems.add(stem)
            self.starts.append(pieces[0])
        return Beginning(pieces[0][:MAX_WORD], stem, text)


def _findable(node: Node) -> bool:
    return not isinstance(node, All) or bool(node.parts)


def parse_query(text: str) -> Query:
    """A searcher's words as a tree. Never raises: broken syntax is read as plain words.

    Understood: several words (all of them), `-word`, `"two words"`, `OR`/`OU`, brackets, `begin*`. What only opens a
    wish (« de quoi faire… ») is left out.
    """
    text = " ".join(clean(text[:MAX_QUERY_LENGTH]).split())
    typed = text
    text = text[opening.end() :] if (opening := _OPENING.match(text)) and opening.end() < len(text) else text
    builder = _Builder()
    root = All(())
    if text.count("(") <= MAX_GROUPS:
        try:
            root = builder.root(_PARSER.parse(text, normalize=False))
        except Exception:  # whatever a third-party parser makes of broken input, the words remain
            builder, root = _Builder(), All(())
    if not (root.parts or root.without):
        builder = _Builder()
        nodes = (builder.words(word, True) for word in _WORD.findall(text))
        root = All(tuple(node for node in nodes if node))
    return Query(
        typed,
        root,
        tuple(builder.wanted),
        tuple(builder.excluded),
        tuple(builder.dropped),
        frozenset(builder.stems),
        tuple(builder.starts),
    )


def any_of(query: Query) -> str | None:
    """The same words asked for one or the other, as a person would type it; None when that changes nothing."""
    words = [f'"{w}"' if " " in w else w.replace("…", "*") for w in query.wanted]
    return " OR ".join(words) if len(words) > 1 and " OR " not in query.text else None


# --- compilers -------------------------------------------------------------------------------------------------------
# Only analysed words get here, and they are quoted all the same: a user's text is never an operator.


def _fts5_quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _fts5(node: Node) -> str:
    if isinstance(node, Words):
        return _fts5_quote(" ".join(node.words))
    if isinstance(node, Beginning):
        return f"({_fts5_quote(node.start)} * OR {_fts5_quote(node.stem)})"
    if isinstance(node, Any):
        return "(" + " OR ".join(map(_fts5, node.parts)) + ")"
    found = "(" + " AND ".join(map(_fts5, node.parts)) + ")"
    return f"({found} NOT {_fts5(Any(node.without))})" if node.without else found


def to_fts5(query: Query) -> tuple[str | None, str | None]:
    """FTS5 expressions (to match, not to match). FTS5 cannot answer an exclusion alone, so the second one
    is set only when there is nothing to match."""
    if query.root.parts:
        return _fts5(query.root), None
    return None, _fts5(Any(query.root.without)) if query.root.without else None


def _ts_quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _tsquery(node: Node) -> str:
    if isinstance(node, Words):
        return "(" + " <-> ".join(map(_ts_quote, node.words)) + ")"
    if isinstance(node, Beginning):
        return f"({_ts_quote(node.start)}:* | {_ts_quote(node.stem)})"
    if isinstance(node, Any):
        return "(" + " | ".join(map(_tsquery, node.parts)) + ")"
    found = "(" + " & ".join(map(_tsquery, node.parts)) + ")"
    return f"({found} & !{_tsquery(Any(node.without))})" if node.without else found


def to_tsquery(query: Query) -> tuple[str | None, str | None]:
    """The same pair for PostgreSQL, to be cast: `CAST(:words AS tsquery)`."""
    if query.root.parts:
        return _tsquery(query.root), None
    return None, _tsquery(Any(query.root.without)) if query.root.without else None


# --- highlighting ----------------------------------------------------------------------------------------------------


def _marked(text: str, query: Query) -> Iterator[tuple[int, int]]:
    for match in _WORD.finditer(text):
        stems = _analyse_word(match.group())
        if any(stem in query.stems or stem.startswith(query.starts) for stem in stems):
            start, end = match.span()
            while (cut := _APOSTROPHE.search(text, start, end)) and text[start : cut.start()].lower() in _ELIDED:
                start = cut.end()
            yield start, match.end()


def highlight(text: str, query: Query) -> Markup:
    """The text, escaped, with the words the query asks for inside `<mark>`, in their original spelling."""
    text = clean(text)
    if not query.stems:
        return escape(text)
    out: list[str] = []
    done = 0
    for start, end in _marked(text, query):
        out += [str(escape(text[done:start])), "<mark>", str(escape(text[start:end])), "</mark>"]
        done = end
    out.append(str(escape(text[done:])))
    return Markup("".join(out))  # noqa: S704 - every piece above is escaped
