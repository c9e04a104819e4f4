"""Decides what kind of task a message is: maths, code, architecture or general talk.

An additive log-linear model over features that a person can read: each row of
``FEATURES`` is a pattern, what it says for each type, and a name for *why*.
Refuses to know who asks, which model will answer, and anything learned.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

TaskType = Literal["maths", "code", "architecture", "general"]
TASK_TYPES: Final[tuple[TaskType, ...]] = get_args(TaskType)

MAX_READ: Final = 8_000
"""Characters that are looked at; the kind of a longer message shows in its beginning."""

BIAS: Final[Mapping[TaskType, float]] = {
    "maths": 0.0,
    "code": 0.0,
    "architecture": 0.0,
    "general": 1.0,
}
"""What speaks for each type before anything was read: most messages are plain talk."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One readable feature.

    Attributes:
        name: what it is called in explanations.
        pattern: what it looks for.
        weights: log-odds that one occurrence adds to each type.
        prose_only: whether fenced and inline code is hidden from the pattern.
    """

    name: str
    pattern: re.Pattern[str]
    weights: Mapping[TaskType, float]
    prose_only: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """A feature that spoke: its name, what it saw, and what that added to each type."""

    feature: str
    found: str
    weights: Mapping[TaskType, float]


@dataclass(frozen=True, slots=True)
class TaskEstimate:
    """What kind of task a message probably is.

    Attributes:
        type: the most probable type; the earlier of ``TASK_TYPES`` on a tie.
        confidence: its probability, in [0, 1].
        probabilities: one for each of ``TASK_TYPES``; they sum to 1.
        evidence: the features that spoke, the strongest for ``type`` first.
    """

    type: TaskType
    confidence: float
    probabilities: Mapping[TaskType, float]
    evidence: tuple[Evidence, ...]

    def why(self) -> str:
        """Return one sentence for a person."""
        told = [e for e in self.evidence if e.weights.get(self.type, 0.0) > 0][:3]
        if not told:
            return f"Read as {self.type}: nothing in it points elsewhere."
        seen = ", ".join(f"{e.feature} (“{e.found}”)" for e in told)
        return f"Read as {self.type} ({self.confidence:.0%}) because of {seen}."


def classify(text: str) -> TaskEstimate:
    """Estimate the task type of any text, the empty one too.

    The score of a type is its bias plus the weights of the features seen; a
    feature seen again adds half as much, at most twice. Probabilities are the
    softmax of the scores.
    """
    text = text[:MAX_READ]
    prose = _CODE.sub(" ", text)
    scores = dict(BIAS)
    evidence: list[Evidence] = []
    for feature in FEATURES:
        found = [m.group().strip() for m in feature.pattern.finditer(_source(feature, text, prose))]
        if not found:
            continue
        times = 1 + 0.5 * (min(len(set(map(str.lower, found))), 3) - 1)
        weights: dict[TaskType, float] = {k: w * times for k, w in feature.weights.items()}
        for task, weight in weights.items():
            scores[task] += weight
        evidence.append(Evidence(feature.name, _short(found[0]), weights))
    top = max(scores.values())
    exps = {task: math.exp(scores[task] - top) for task in TASK_TYPES}
    total = sum(exps.values())
    probabilities: dict[TaskType, float] = {task: exps[task] / total for task in TASK_TYPES}
    winner = max(TASK_TYPES, key=probabilities.__getitem__)
    evidence.sort(key=lambda e: -e.weights.get(winner, 0.0))
    return TaskEstimate(winner, probabilities[winner], probabilities, tuple(evidence))


def continued(task: TaskType) -> TaskEstimate:
    """Return the estimate for a message that only says how the answer before should look."""
    sure: dict[TaskType, float] = {each: float(each == task) for each in TASK_TYPES}
    return TaskEstimate(task, 1.0, sure, (Evidence("a wish about the answer before", "…", sure),))


def _source(feature: Feature, text: str, prose: str) -> str:
    return prose if feature.prose_only else text


def _short(text: str, limit: int = 40) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _words(alternatives: str) -> re.Pattern[str]:
    """Match any of the words, phrases or patterns between commas, as whole words."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives.split(', '))})(?!\w)", re.IGNORECASE)


_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_NUMBER = r"\d[\d.,]{0,20}"
_COUNTED = (
    r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,5}teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand)"
)

FEATURES: Final[tuple[Feature, ...]] = (
    # Shapes of mathematics.
    Feature(
        "arithmetic",
        re.compile(
            # A hyphen in a date or a version is no minus.
            rf"(?<![\d-]){_NUMBER}\s?(?:[+*×÷^/]|\*\*|[-−](?!\d+-)|\bx\b|\btimes\b|\bplus\b"
            r"|\bminus\b"
            rf"|\bmod\b|\bchoose\b|\bdivided by\b|\bmal\b|\bgeteilt durch\b|\bfois\b|\bpor\b)"
            rf"\s?(?:{_NUMBER}|\()",
            re.IGNORECASE,
        ),
        {"maths": 2.6},
    ),
    Feature(
        "equation",
        re.compile(
            r"(?<![\w.])\d*\s?[a-z](?:\s?[\^²³*]\s?\d?)?\s?[-+*/]?\s?[\w^²³()+*/ -]{0,40}"
            r"\s?(?:[=≤≥<>]|[<>]=)\s?-?\d+(?![\w.])",
        ),
        {"maths": 2.4},
    ),
    Feature(
        "arithmetic in words",
        _words(
            rf"{_COUNTED} (?:plus|minus|times|divided by|multiplied by|choose) {_COUNTED}, "
            rf"{_COUNTED} (?:squared|cubed), (?:half|third|quarter) of {_COUNTED}"
        ),
        {"maths": 2.2},
    ),
    Feature(
        "numbers in a row",
        re.compile(
            r"(?<![\d,])(?:-?\d[\d.]*\s?,\s?(?:and )?){3,}-?\d|\bratio (?:of )?\d+\s?:\s?\d|\b\d+!"
        ),
        {"maths": 1.8},
    ),
    Feature(
        "percentage of a number",
        re.compile(
            rf"{_NUMBER}\s?(?:%|percent|per cent|prozent|pour cent|por ciento|por cento)"
            rf"\s?(?:of|von|de|des|di|off|sur)\s?\W?\d",
            re.IGNORECASE,
        ),
        {"maths": 3.0},
    ),
    Feature(
        "mathematical sign",
        re.compile(r"[∫∑∏√∞≤≥≠π²³]|\\(?:frac|int|sum|sqrt|lim)\b"),
        {"maths": 1.8},
    ),
    Feature(
        "mathematical function",
        re.compile(
            r"(?<![\w.])(?:(?:sin|cos|tan|log|ln|exp|sqrt|gcd|lcm|det)\s?\("
            r"|(?:sin|cos|tan|ln|sqrt) (?:\d|[a-z]\b)|d/d[a-z]\b)"
        ),
        {"maths": 2.0},
    ),
    Feature(
        "mathematical verb",
        _words(
            r"solve(?! this| the| our| my), simplify(?! this| the| our| my), factori[sz]e, "
            r"differentiate, integrate(?! with| into), "
            r"(?:calculate|compute|evaluate)(?= .*\d), berechne, löse, vereinfache, calcule[rz]?, "
            r"calcula, resuelve, résou(?:s|dre), resolva, calcola, risolvi"
        ),
        {"maths": 1.8},
    ),
    Feature(
        "mathematical word",
        _words(
            r"equations?, polynomials?, derivatives?(?= of), ableitung, dérivée, derivada, "
            r"integral(?: of)?, intégrale, eigenvalues?, determinants?, square root, wurzel, "
            r"racine carrée, raíz cuadrada, primes?(?: numbers?| factors?)?, factorial, median, "
            r"standard deviation, (?:mean|average|sum|product) of(?= .*\d), probability, "
            r"(?:to|in|into) (?:binary|hex|octal), (?:gcd|lcm|hcf) of, "
            r"percent(?:age)?, modulo, theorem, gleichung, équation, ecuación, matrix, logarithm, "
            r"hypotenuse, binary(?= .*\d), hexadecimal"
        ),
        {"maths": 1.7},
    ),
    Feature(
        "quantities in a question",
        re.compile(
            r"(?<!\d)\d.{0,200}\b(?:how (?:many|much|far|long|fast|old)|what (?:speed"
            r"|price|percentage)"
            r"|wie ?viele?|combien|cuánt[oa]s?)\b"
            r"|\b(?:how (?:many|much|far|long|fast|old)|wie ?viele?|combien|cuánt[oa]s?)\b"
            r".{0,200}\d.*\d",
            re.IGNORECASE | re.DOTALL,
        ),
        {"maths": 1.6},
    ),
    # Shapes of code.
    Feature("fenced code", re.compile(r"```|~~~"), {"code": 3.0}, prose_only=False),
    Feature("inline code", re.compile(r"`[^`\n]+`"), {"code": 1.6}, prose_only=False),
    Feature(
        "identifier",
        re.compile(
            r"\b(?:[a-z]+_[a-z_]\w*|[a-z]+[A-Z]\w+|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+"
            r"|[A-Z]\w{1,60}\.[a-z_]\w*|\w{1,60}\(\)|\w{1,60}::\w+|[A-Z]{2,}_[A-Z_]+)"
        ),
        {"code": 1.8},
    ),
    Feature(
        "file name",
        re.compile(
            r"\b[\w./-]{1,120}\.(?:py|js|tsx?|jsx|go|rs|java|kt|rb|php|cs?|cpp|h|sh|sql"
            r"|ya?ml|toml|json)\b"
        ),
        {"code": 2.0},
    ),
    Feature(
        "code syntax",
        re.compile(
            r"^\s*(?:def|class|import|from|return|const|let|var|func|fn|public|if|for|while)\b"
            r".*[:;{(=]|^\s*(?:SELECT|INSERT|UPDATE|DELETE)\b.*|=>|==|!=|&&|\|\||[{};]\s*$"
            r"|Traceback \(most",
            re.MULTILINE,
        ),
        {"code": 2.2, "maths": -0.8},
        prose_only=False,
    ),
    Feature(
        "error text",
        _words(
            r"\w*(?:Error|Exception), traceback, stack ?trace, segfault, null ?pointer, "
            r"(?:throws|crash(?:es|ed)?), undefined, stacktrace"
        ),
        {"code": 2.0},
    ),
    Feature(
        "programming verb",
        _words(
            r"refactor\w*, debug\w*, implement(?:ed|s|ing|ation)?, compil(?:e|es|ed|ing), unit[- "
            r"]?test\w*, optimi[sz]e this, parse[sd]?, commit(?:s|ted)?, merge, rebase, deploy "
            r"script, lint, mock, import(?:s|ed)?, programmiere, programa, implementier\w*, "
            r"implémente\w*, corrige el código, refaktorier\w*"
        ),
        {"code": 1.7},
    ),
    Feature(
        "programming word",
        _words(
            r"code, function, functions, method, methods, class(?:es)?, bug, bugs, algorithm, "
            r"regex, script, loop, array, variable, decorator, async, await, thread(?:s|ing), "
            r"compiler, syntax, exception, callback, iterator, generator, handler, handling, "
            r"retry, retries, endpoint, parser, module, api client, docstring, type hints?, pull "
            r"request, git, python, javascript, typescript, rust, golang, java, kotlin, ruby, php, "
            r"bash, sql, query, recursion, recursive, linked list, binary (?:search|tree), hash "
            r"?map, sort(?:ing|s)?, complexity, funktion(?:en)?, fehler, fonction, función, "
            r"função, funzione, código, codice, klasse, schleife, boucle, bucle, tests?, "
            r"middleware, logger, logging, timeout, config(?:uration)?, constructor, memory leak"
        ),
        {"code": 1.5},
    ),
    Feature(
        "looking for a place in code",
        re.compile(
            r"\bwhere\b.{0,60}\b(?:handl\w+|defin\w+|implement\w+|configur\w+|set"
            r"|call(?:ed|s)|pars\w+"
            r"|comput\w+|validat\w+|retr\w+|test\w*|log\w*|raise[sd]?|stored?|class|function)\b"
            r"|\bwo (?:ist|wird)\b.{0,60}\b(?:definiert|implementiert|aufgerufen)\b"
            r"|\boù\b.{0,60}\b(?:défini\w*|implément\w*|appel\w*)\b"
            r"|\bdónde\b.{0,60}\b(?:defin\w*|implement\w*|llama\w*)\b",
            re.IGNORECASE,
        ),
        {"code": 1.6},
    ),
    # Shapes of architecture.
    Feature(
        "architecture word",
        _words(
            r"architect\w*, architektur, arquitectura, arquitetura, architettura, "
            r"micro-?services?, monolith\w*, monolithe, monolito, trade-?offs?, "
            r"scal(?:e|es|ing|able|ability), skalier\w*, escal(?:ar|abilidad), sharding, "
            r"shard(?:s|ed)?, event[- ](?:driven|sourcing), message (?:queue|broker|bus), cqrs, "
            r"load balanc\w+, high availability, fault[- ]toleran\w+, consistency model, eventual "
            r"consistency, throughput, bounded contexts?, domain[- ]driven, multi-?tenan\w+, "
            r"multi-?region, service boundar\w+, replication, failover, system design, design "
            r"pattern, api gateway, kafka, rabbitmq, kubernetes, serverless, data ?lake, "
            r"tech(?:nical)? debt, coupling, layers, caching layer, capacity planning, "
            r"infrastructure, single point of failure"
        ),
        {"architecture": 2.2},
    ),
    Feature(
        "design question",
        re.compile(
            r"\b(?:design|structure|organi[sz]e|split|decompose|migrate|model|evolve|partition)\b"
            r"(?=.{0,80}\b(?:system|service|services|platform|monolith|database|schema"
            r"|backend|app\w*"
            r"|modules?|data|tenants?|pipeline|queue|codebase|store|storage|api"
            r"|components?|team)\b)"
            r"|\bentwerfen\b|\bconcevoir\b|\bdiseñar\b|\bprogettare\b",
            re.IGNORECASE | re.DOTALL,
        ),
        {"architecture": 2.2},
    ),
    Feature(
        "choosing between technologies",
        re.compile(
            r"\b(?:should we|shall we|when to|better to|pros and cons|sollen wir|faut-il"
            r"|deberíamos)\b"
            r"(?=.{0,120}\b(?:use|choose|adopt|split|move|switch|queue|cache|database|postgres\w*"
            r"|mysql|mongo\w*|redis|graphql|rest|grpc|services?|cloud|sync\w*|async\w*"
            r"|datenbank)\b)"
            r"|\b(?:postgres\w*|mysql|mongo\w*|redis|graphql|rest|grpc|sqs|nats|dynamo\w*)\s+"
            r"(?:vs\.?|versus|or)\s+\w+",
            re.IGNORECASE | re.DOTALL,
        ),
        {"architecture": 2.0},
    ),
    # Shapes of plain talk.
    Feature(
        "greeting or thanks",
        _words(
            r"hi, hello, hey, thanks?, thank you, good morning, hallo, danke, bonjour, merci, "
            r"hola, gracias, ciao, grazie, obrigad[oa]"
        ),
        {"general": 1.0},
    ),
    Feature(
        "people and dates",
        _words(
            r"when is, when does, who is, who are, offsite, meeting, lunch, holiday, vacation, "
            r"birthday, office, team event, calendar, deadline, monday, tuesday, wednesday, "
            r"thursday, friday, tomorrow, today, wann, quand, cuándo, quién, party, weather, "
            r"invoice, contract, policy, onboarding"
        ),
        {"general": 1.4},
    ),
    Feature(
        "writing for people",
        _words(
            r"summari[sz]e, translate, rewrite, draft, email, e-mail, letter, poem, story, recipe, "
            r"übersetze, traduis, traduce, blog post, announcement"
        ),
        {"general": 1.4},
    ),
)
"""The whole model. A weight of about 1.5 outvotes the bias of ``general`` alone."""
