"""Bodies named in German, French and Spanish: "Betriebsrat", "comité d'éthique", "junta directiva".

A body counts where the title begins with it or the reading says that the title waits for it, so
that one that is only mentioned is not asked.
"""

from __future__ import annotations

import re
from typing import Final

from bot.reading.parties import waits_for

_GERMAN: Final = (
    r"(?:[\w-]*?(?:ausschuss|gremium|kommission|abteilung|beauftragte[rn]?|verwaltung|behörde)|"
    r"(?:[\w-]*(?:betriebs|personal|aufsichts|verwaltungs|stadt|gemeinde|stiftungs|fach)|Bei)rat(?:e?s)?|"
    r"(?:Ältesten|Stadt)rat|(?:Lenkungs|Arbeits|Führungs)kreis|Vorstand|Rechenzentrum|"
    r"(?:Werks|Geschäfts|Betriebs|Klinik|Schul|Bereichs|Konzern)leitung|Geschäftsführung|"
    r"(?:Vergabe|Prüf|Aufsichts|Zulassungs)stelle|[\w-]+(?:team|-Team)|Revision|Einkauf|"
    r"(?:Zul|L)ieferant|Hersteller|Anbieter|Dienstleister|Konzernmutter|Muttergesellschaft|"
    r"(?:Bau|Landes|Bundes|Ordnungs|Gesundheits)amt(?:e?s)?)"
)
_OF: Final = r"(?:de la |de l'|des |du |de |del |de los |de las |d'|à la |et )"
_MORE: Final = (
    r"(?:sociale?|économique|juridique|technique|exécutif|informatique|financi[eè]re?|central|"
    r"réseau|achats|sécurité|éthique|directiva|jurídic[oa]|técnic[oa]|financier[oa]|general|"
    r"legal|étic[oa]|qualité|calidad|médical|médic[oa]|scientifique|científic[oa])"
)
_ROMANCE: Final = (
    r"(?:comité|conseil|commission|direction|service|équipe|département|délégué(?:e)?|syndicat|"
    r"fournisseur|prestataire|fabricant|proveedor|fabricante|"
    rf"consejo|comisión|dirección|departamento|equipo|junta|delegad[oa]|gerencia|sindicato)"
    rf"(?: {_MORE}| {_OF}[\w-]+(?: {_OF}[\w-]+)?)*"
)
_SHORT: Final = r"(?:DPO|DPD|DSB|DSI|CSE|RSSI|DAF|DRH|BR)"
_BODY: Final = re.compile(rf"(?<!\w)(?:{_GERMAN}|{_ROMANCE}|{_SHORT})(?!\w)", re.IGNORECASE)
_ARTICLE: Final = re.compile(
    r"(?:der|die|das|dem|den|le|la|les|el|los|las|unser|unsere|notre|nuestr[oa])\s+$|l'$|^$",
    re.IGNORECASE,
)
_GENITIVE: Final = re.compile(r"(?<=rat|amt)e?s$")
_TOO_BARE: Final = frozenset({"service", "direction", "dirección", "équipe", "equipo", "br"})
"""Nouns that say nothing without the word behind them: "le service web" is no body."""
_UNCLEAR: Final = re.compile(
    r"\b(?:unklar|niemand weiß|keiner weiß|weiß niemand|on ne sait pas|personne ne sait|pas clair|"
    r"nadie sabe|no se sabe|no está claro)\b",
    re.IGNORECASE,
)
"""Then a body that is named is only one of those who may be meant."""


def body_named(title: str) -> str | None:
    """Return the body that a title in another language than English waits for."""
    if _UNCLEAR.search(title):
        return None
    waited = (waits_for(title) or "").casefold()
    for found in _BODY.finditer(title):
        said = _GENITIVE.sub("", found[0])
        if said.casefold() in _TOO_BARE:
            continue
        begins = _ARTICLE.fullmatch(title[: found.start()])
        if begins or (waited and (said.casefold() in waited or waited in said.casefold())):
            return said if said[:1].isupper() else said[:1].lower() + said[1:]
    return None
