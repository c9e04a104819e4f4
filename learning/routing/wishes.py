"""Reads what a short message asks about the form of the answer before it.

Decides which aspects of ``learning.routing.variants`` a follow-up wishes for. Refuses to know
who wrote it and what becomes of it. Precision first: a message counts only if *all* of it is
about form, because whatever else stands in it may be what the words were about. "Explain more"
does; "explain more about the retry policy" is a question of its own.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_CHARS: Final = 120
"""A longer message has something of its own to say."""


def wishes(text: str) -> tuple[str, ...]:
    """Return the aspects that a message wishes for, in its order; empty if it is about more.

    English, German, French and Spanish.
    """
    if len(text) > MOST_CHARS or "\n" in text.strip():
        return ()
    found: dict[str, None] = {}
    for number, clause in enumerate(_CLAUSES.split(_folded(text))):
        bare = _bare(clause)
        if not bare:
            continue
        aspect = _read(bare, continued=number > 0)
        if aspect is None:
            return ()
        if aspect:
            found[aspect] = None
    return tuple(found)


def _read(clause: str, *, continued: bool) -> str | None:
    """Return the aspect of a clause, "" if it says nothing, ``None`` if it is about more."""
    for aspect, pattern in _FORMS.items():
        if pattern.fullmatch(clause):
            return aspect
    if continued:
        # "Add comments and examples": the second half leans on the verb of the first.
        for aspect, pattern in _NOUNS.items():
            if pattern.fullmatch(clause):
                return aspect
    return "" if _FILLER.fullmatch(clause) else None


def _folded(text: str) -> str:
    """Return the text in lower case, without accents, emoji and doubled spaces."""
    straight = text.replace("’", "'").replace("`", "'").casefold()
    letters = (
        ch
        for ch in unicodedata.normalize("NFKD", straight)
        if unicodedata.category(ch) not in {"Mn", "So", "Sk", "Cf"}
    )
    return " ".join("".join(letters).split())


def _bare(clause: str) -> str:
    """Return a clause without the polite words around it."""
    before = ""
    bare = clause.strip(" .!?…¿¡\"'()")
    while bare != before:
        before = bare
        bare = _OPENING.sub("", _CLOSING.sub("", bare)).strip()
    return bare


def _phrases(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in alternatives))


_CLAUSES: Final = re.compile(
    r"[.!?;:,…]+(?:\s|$)|\s[-–—]+\s"
    r"|\s(?:and|but|with|also|then|und|aber|et|mais|y|pero)\s(?:also\s|then\s)?"
)
_OPENING: Final = re.compile(
    r"^(?:(?:please|pls|plz|kindly|ok|okay|hmm+|well|so|and|but|also|then|next time|from now on"
    r"|in (?:the )?future|again|maybe|perhaps|still|now|always"
    r"|(?:can|could|would|will) you(?: please| maybe| perhaps| also| just)?"
    r"|(?:i|we)(?:'d| would)(?: like| prefer| love)(?: you)?(?: to(?! long| short))?"
    r"|(?:i|we) (?:want|need|prefer)(?: you to| to see| to have)?"
    r"|would be (?:nice|great|good) (?:if you could|to have|to see)"
    r"|(?:that|this|it)(?:'s| is| was)(?= (?:\w+ ){0,2}?(?:too|not|much|way|a bit|a little|so))"
    r"|(?:the|your|that|this)(?: last)? (?:answer|explanation|reply|response)s?"
    r" (?:is|was|are|were)"
    r"|bitte|kannst du(?: das| es)?|konntest du(?: das| es)?|konnen sie(?: das| es)?"
    r"|das (?:ist|war)|nachstes mal"
    r"|s'il (?:te|vous) plait|stp|svp|peux-tu|pouvez-vous|tu peux|c'est|c'etait"
    r"|por favor|puedes|podrias|puede|es(?= (?:demasiado|muy))|eso es)(?: |$))+"
)
_CLOSING: Final = re.compile(
    r"(?:(?:^| )(?:please|pls|plz|thanks|thank you|thx|next time|from now on|in (?:the )?future"
    r"|for me|to me|in your (?:answers?|replies|reply|explanations?)|this time|though|again|instead"
    r"|ok|if (?:you can|possible)|bitte|danke|nachstes mal|s'il (?:te|vous) plait|stp|svp|merci"
    r"|por favor|gracias))+$"
)

_IT: Final = r"(?:it|this|that|these|them|the answer|your answer|the explanation|your explanation)"
_CODE: Final = (
    r"(?:the|this|that|your) (?:code|function|script|snippet|program|class|example|query|answer)"
)
_LESS: Final = r"(?:a )?(?:bit |little |lot |much |way |far |somewhat |slightly |even )*"
_MORE: Final = rf"{_LESS}more"
_NOT: Final = r"(?:do not|don't|dont|never|stop|no need to|you don't (?:need|have) to|please don't)"
_GIVE: Final = (
    r"(?:add|give|show|include|provide|write|put|use|insert|have|get|see)(?: me| us| in| it| him)?"
)
_SOME: Final = r"(?:an?|some|any|the|your|more|a few|a couple of|concrete|another|one|simple|short)"

_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "no_comments": _phrases(
        rf"{_NOT} (?:add|adding|write|writing|use|using|include|including|put|putting)"
        rf"(?: {_SOME}| so many| any| in)* comments?(?: (?:in|to) (?:{_CODE}|it|code))?",
        rf"{_NOT} comment(?:ing)?(?: {_CODE}| {_IT}| everything| every line| so much)?",
        rf"(?:remove|drop|skip|omit|strip|leave out)(?: all)?(?: the| your| these)? comments"
        rf"(?: (?:in|from) (?:{_CODE}|it))?",
        r"(?:no|without|less|fewer|not so many|too many)(?: the)?(?: code)? comments"
        rf"(?: in {_CODE})?",
        r"(?:the )?code without(?: the)? comments",
        r"(?:keine|ohne|weniger|zu viele) kommentare",
        r"(?:sans|pas de|moins de|trop de)(?: les)? commentaires",
        r"(?:sin|menos|demasiados)(?: los)? comentarios",
    ),
    "comments": _phrases(
        r"(?:add|give|include|provide|write|put|use|insert)(?: me| us| in)?"
        r"(?: some| more| a few| inline| code| helpful| detailed| better)* comments"
        rf"(?: (?:in|to|on|for|into) (?:{_CODE}|it|each line|every line|code))?",
        rf"comment (?:{_CODE}|{_IT}|each line|every line|your code|the lines|code)(?: more)?",
        rf"{_MORE}(?: inline| code)* comments(?: (?:in|on|to) {_CODE})?",
        r"(?:(?:the )?code with|with|missing|needs?|use)(?: some| more| inline)? comments",
        rf"add(?: some)? docstrings(?: to {_CODE})?",
        r"(?:mehr|mit) kommentaren?",
        r"kommentare (?:hinzufugen|dazu|einfugen)|fuge? (?:bitte )?kommentare (?:hinzu|ein)",
        r"(?:kommentiere|kommentier) (?:den|diesen|deinen|das) ?(?:code)?"
        r"|(?:den )?code kommentieren",
        r"(?:ajoute[rz]?|mets|avec|plus de)(?: des| plus de| les)? commentaires(?: au code)?",
        r"commente[rz]? (?:le|ce|ton|votre) code",
        r"(?:anade|agrega|pon|con|mas|anadir|agregar)(?: mas| unos)? comentarios(?: al codigo)?",
        r"comenta(?:r)? (?:el|este|tu) codigo",
    ),
    "code_first": _phrases(
        r"(?:(?:show|give|put|start with)(?: me)? )?(?:the )?code first",
        r"start with (?:the )?code",
        r"(?:zuerst|erst)(?: den)? code|(?:den )?code zuerst",
        r"le code d'abord|d'abord le code",
        r"(?:primero el codigo|el codigo primero)",
    ),
    "code_only": _phrases(
        r"(?:(?:show|give)(?: me| us)? )?(?:just|only)(?: (?:show|give)(?: me| us)?)?"
        r" (?:the )?code",
        r"(?:(?:show|give)(?: me| us)? )?(?:the )?code only",
        r"(?:just |only )?the code(?: without| no)(?: the| any)? (?:explanations?|text)",
        r"(?:nur|bloss)(?: den)? code",
        r"(?:juste|seulement|uniquement) le code",
        r"(?:solo|solamente|unicamente) el codigo",
    ),
    "no_examples": _phrases(
        rf"{_NOT} (?:give|giving|add|adding|use|using|include|including|show|showing)(?: me)?"
        r"(?: any| so many| the| an)? examples?",
        r"(?:no|without|fewer|less|too many|skip the|drop the)(?: the)?(?: more)? examples?",
        r"(?:keine|ohne|weniger) beispiele?",
        r"(?:sans|pas d'|moins d')(?: )?exemples?",
        r"(?:sin|menos) ejemplos?",
    ),
    "examples": _phrases(
        rf"{_GIVE}(?: {_SOME}| concrete| practical| code)* examples?",
        rf"{_MORE}(?: concrete| practical| code)* examples",
        r"(?:an|any|some|another)(?: \w+)? examples?(?: would (?:help|be (?:nice|great|good)))?",
        r"(?:for )?example|with (?:an )?examples?",
        r"(?:gib|zeig)(?:e)?(?: mir)?(?: bitte)?(?: ein| mehr| ein paar)? beispiele?",
        r"(?:ein|mehr|mit|zum) beispiel(?:e|en)?|mit einem beispiel",
        r"(?:(?:donne|montre)[rz]?(?:-moi)? )?(?:un|des|plus d'|avec un|avec des)(?: )?exemples?",
        r"par exemple|por ejemplo",
        r"(?:(?:dame|muestra(?:me)?|da) )?(?:un|unos|mas|con un|con) ejemplos?",
    ),
    "no_steps": _phrases(
        r"(?:not|no need to go|don't go) step by step",
        r"(?:no|without|skip|skip the|leave out the|fewer|too many)(?: intermediate)? steps",
        r"ohne (?:die )?zwischenschritte|sans les etapes|sin los pasos",
    ),
    "steps": _phrases(
        r"(?:use |give )?(?:step[- ]by[- ]step) (?:explanations?|answers?)",
        r"explain (?:each|every) step",
        rf"(?:(?:explain|show|do|solve|walk me through|go through|take me through|break)"
        rf"(?: {_IT}| me)?(?: down)?(?: to me)? )?(?:in )?(?:step[- ]by[- ]step|steps)",
        rf"(?:walk|take|talk) me through {_IT}",
        r"(?:show|include|list|number|write|give)(?: me)?(?: all)?(?: the| your| all the)?"
        r"(?: intermediate| single)? (?:steps|work|working)",
        r"(?:with|more)(?: the)?(?: intermediate)? steps",
        rf"break {_IT} (?:down|into steps)",
        r"(?:(?:erklare?|zeig(?:e)?)(?: mir)?(?: es| das)? )?schritt fur schritt",
        r"(?:(?:explique|montre)[rz]?(?:-moi)?(?: ca| cela)? )?(?:etape par etape|pas a pas)",
        r"(?:(?:explica(?:me)?(?:lo)?|explicalo) )?paso a paso",
    ),
    "bullets": _phrases(
        rf"(?:(?:(?:(?:answer|write|put|write {_IT}|put {_IT}) )?(?:with|as|in)|use|make {_IT})"
        r"(?: an?)? )?bullet[- ]?(?:points?|list|ed list)",
        rf"(?:as|in|make {_IT}|put {_IT} (?:in|into)) (?:a )?list",
        r"(?:als|in) (?:stichpunkte[n]?|liste)|stichpunkte",
        r"(?:en|sous forme de) liste(?: a puces)?|en (?:forma de )?lista|en puntos",
    ),
    "prose": _phrases(
        r"(?:no|without|fewer|less|too many)(?: more)?(?: bullet[- ]?points?| bullets| lists?)",
        rf"{_NOT} use (?:bullet[- ]?points?|bullets|lists)",
        r"(?:in|as|use|write)(?: plain| whole| full| complete)* (?:prose|sentences)",
        r"keine (?:stichpunkte|listen)|in ganzen satzen",
    ),
    "casual": _phrases(
        rf"(?:{_NOT} be|not) so formal|(?:be )?{_LESS}less formal|too formal",
        rf"(?:be )?{_MORE} (?:casual|informal|relaxed|friendly)|too stiff",
        r"(?:weniger|nicht so) formell|lockerer|moins formel|menos formal",
    ),
    "formal": _phrases(
        rf"(?:be |make {_IT} |write {_IT} )?{_MORE} (?:formal|professional)(?: tone)?",
        r"(?:be )?less casual|too casual|(?:use )?a (?:more )?formal tone",
        r"formeller|plus formel|mas formal",
    ),
    "technical": _phrases(
        rf"(?:be |make {_IT} )?{_MORE} (?:technical|precise|advanced)|too (?:simple|basic)",
        r"(?:technischer|zu einfach|plus technique|trop simple|mas tecnico|demasiado simple)",
    ),
    "plain": _phrases(
        rf"(?:(?:explain|say|put|make|write|keep|phrase)(?: {_IT})? )?"
        rf"(?:{_LESS}(?:simpler|easier)|more simply)(?: words| terms| language)?",
        rf"simplify (?:the|your) explanation|{_LESS}less technical|too technical",
        rf"(?:{_NOT} be|not) so technical|(?:use )?(?:simple|simpler|plain) words",
        rf"(?:(?:explain|say|put)(?: {_IT})? )?in (?:simple|simpler|plain|easy|layman's?)"
        r" (?:words|terms|english|language)",
        r"eli5|(?:explain (?:it |this |that )?)?like i(?:'m| am) (?:five|5)|no jargon"
        r"|without (?:the )?jargon|too much jargon",
        r"(?:erklar(?:e)? (?:es|das|mir das) )?(?:viel |etwas |noch )?einfacher"
        r"|in einfachen worten|zu technisch",
        r"(?:explique (?:ca |cela )?)?plus simple(?:ment)?|trop technique",
        r"(?:explicalo )?(?:mas (?:simple|sencillo|facil)|de forma sencilla)"
        r"|demasiado tecnico",
    ),
    "brief": _phrases(
        rf"(?:{_LESS})?too (?:long|verbose|wordy|detailed|much(?: text| detail| information)?)"
        r"(?: for me)?",
        r"(?:not|don't be|don't write|don't explain|do not explain) so (?:long|much|verbose|wordy)",
        rf"(?:(?:make|keep|write|say|answer|be)(?: {_IT})? )?{_LESS}"
        r"(?:shorter|briefer|more concise|more brief|more succinct|less verbose|less wordy)"
        r"(?: answers?| explanations?| version| replies)?",
        rf"(?:make|keep|be|answer)(?: {_IT})? (?:short|brief|concise|succinct|terse)",
        r"answer briefly|a (?:bit|little) long",
        r"(?:short|brief|concise)(?:er)? (?:answers?|explanations?|replies)",
        rf"(?:shorten|condense|abridge|cut down)(?: {_IT})?|cut {_IT} down",
        r"(?:no|without|skip the|drop the|leave out the)(?: any)? explanations?",
        rf"{_NOT} explain(?:ing)?(?: {_IT}| anything| the code)?",
        r"(?:just|only)(?: give(?: me)?| show(?: me)?)? the (?:final )?(?:result|answer)",
        r"nur (?:das ergebnis|die antwort)|ohne erklarung(?:en)?",
        r"juste (?:le resultat|la reponse)|sans explications?",
        r"solo (?:el resultado|la respuesta)|sin explicaci(?:on|ones)",
        rf"(?:give (?:me )?)?{_LESS}less (?:detail|details|text|explanation|words)",
        r"(?:use )?fewer words",
        rf"{_NOT} (?:go|be) (?:in|into) (?:so much |too much )?detail"
        r"|not so (?:much|many) details?",
        rf"(?:{_NOT} )?(?:ramble|rambling)|no rambling|get to the point|cut to the chase",
        r"tl;?\s?dr|in (?:short|brief|a nutshell|one sentence|a sentence)|the short version",
        r"(?:mach (?:es|das) |fass dich )?(?:viel |etwas |noch )?kurzer|(?:viel )?zu lang"
        r"|nicht so (?:lang|viel|ausfuhrlich)|fass dich kurz|zu ausfuhrlich|weniger details?",
        r"(?:un peu |beaucoup |fais )?plus (?:court|bref|concis)|(?:beaucoup )?trop long"
        r"|moins (?:de details?|long)|raccourci[st]?|en bref|en resume",
        r"(?:mucho |un poco |hazlo )?mas (?:corto|breve|conciso)|(?:demasiado|muy) largo"
        r"|menos detalles?|resume(?:lo)?|en breve",
    ),
    "detail": _phrases(
        rf"(?:explain|elaborate|expand|tell me|say|write|describe)(?: {_IT}| on {_IT}| to me)?"
        rf" (?:{_MORE}|further|better|in depth"
        rf"|in (?:{_LESS})?(?:more|greater|full) (?:detail|depth)|in detail|more detailed"
        rf"|more thoroughly)(?: about {_IT})?",
        rf"(?:elaborate|expand)(?: (?:on|upon) {_IT})?(?: a (?:bit|little))?(?: more)?",
        rf"(?:(?:give|go|show|add|provide|include)(?: me| us| in| into)* )?"
        rf"(?:{_MORE}|further) (?:detail|details|depth|detailed|explanations?|thorough|in-depth"
        rf"|verbose|elaborate|background|context)(?: explanations?| answers?)?"
        rf"(?: (?:on|about) {_IT})?",
        r"(?:give|go|show|add|provide|write)(?: me| in| into)* (?:an? )?"
        r"(?:longer|detailed|in-depth)(?: explanation| answer| version)?s?",
        rf"(?:be |make {_IT} )?(?:{_MORE} (?:detailed|thorough|explicit)|longer)",
        r"too (?:short|brief|terse|superficial|shallow)|(?:in (?:more|greater) |more )depth",
        r"not (?:detailed|long|deep|thorough) enough|not so (?:short|brief)",
        r"in more detail|more in depth|go deeper|dig deeper|details",
        r"(?:viel |etwas )?ausfuhrlicher|mehr (?:details?|erklarung(?:en)?)|zu (?:kurz|knapp)"
        r"|(?:erklar(?:e)?|beschreib(?:e)?)(?: mir)?(?: es| das)? (?:genauer|naher|mehr"
        r"|ausfuhrlicher|besser)|genauer|(?:geh |mehr )ins detail|detaillierter",
        r"(?:donne[rz]?(?:-moi)? )?plus (?:de details?|d'explications?|detaille)|trop court"
        r"|explique[rz]?(?:-moi)?(?: ca| cela)? (?:plus|mieux|davantage|en detail|plus en detail)"
        r"|developpe[rz]?|detaille[rz]?",
        r"(?:dame )?mas (?:detalles?|detallado|explicacion(?:es)?)|(?:demasiado|muy) corto"
        r"|explica(?:me)?(?:lo)? (?:mas|mejor|con mas detalle|en detalle)",
    ),
}
"""How each aspect is asked for; what denies a thing stands before what asks for it."""

_NOUNS: Final[Mapping[str, re.Pattern[str]]] = {
    "comments": _phrases(rf"(?:{_SOME} )*comments", "kommentare", "commentaires", "comentarios"),
    "examples": _phrases(rf"(?:{_SOME} )*examples?", "beispiele?", "exemples?", "ejemplos?"),
    "detail": _phrases(rf"(?:{_SOME} |detailed |better )*explanations?", "details?"),
    "steps": _phrases(rf"(?:{_SOME} )*steps"),
}
_FILLER: Final = _phrases(
    r"(?:great|good|nice|cool|perfect|right|correct|thanks?|thank you|thx|sorry|hey|hi|hello|mynah"
    r"|ok|okay|yes|no|hmm+|danke|merci|gracias|super|gut|bien)(?: (?:answer|one|job|work|start|so"
    r"|much|a lot|far))*",
    r"(?:the )?explanation (?:after|afterwards|later)|(?:the )?same(?: thing)?",
    rf"explain(?: {_IT}| {_CODE})?(?: after| afterwards| later)?",
    r"i (?:don't|do not|didn't|still don't) (?:get|understand)(?: (?:it|this|that))?",
)
