"""Words that put an answer off instead of giving one, in English, German, French and Spanish.

Pure. They are looked for in lower case, without punctuation, as all of an answer.
"""

# ruff: noqa: E501  (patterns read better on one line; letters of four languages)

from __future__ import annotations

import re
from typing import Final

_SOON: Final = (
    r"(?: (?:soon|later|shortly|asap|then|next week|this week|bald|später|noch|demnächst|zeitnah"
    r"|bientôt|plus tard|pronto|luego|más tarde|vorerst|(?:by|with|mit|durch|avec|con|par|por) \w+))?"
)
_DONE: Final = (
    r"(?:provided|supplied|delivered|added|sent|confirmed|defined|decided|determined|clarified"
    r"|completed|filled in|specified|agreed|sorted out|written|done|announced|reviewed|checked)"
)
_GETAN: Final = (
    r"(?:nachgereicht|nachgeliefert|nachgetragen|geliefert|ergänzt|geklärt|geprüft|definiert"
    r"|erstellt|bestimmt|festgelegt|erledigt|nachgezogen|benannt|eingereicht|vervollständigt|abgestimmt)"
)
_FAIT: Final = r"(?:fourni|défini|complété|précisé|confirmé|déterminé|transmis|ajouté|décidé|envoyé)(?:e|s|es)?"
_HECHO: Final = r"(?:definid|confirmad|asignad|completad|decidid|determinad|entregad|enviad)[oa]s?"
_ELSEWHERE: Final = r"(?:(?:e ?)?mails?|ticket|jira|wiki|confluence|slack|teams|chat|thread|docs?|sharepoint|intranet|anhang|attachment|correo|adjunto|pièce jointe|courriel)"
_FORMS: Final = (
    rf"(?:see|siehe|s|in|per|voir|cf|ver|véase|par|por|dans|en) (?:the |der |dem |die |le |la |el |our |unsere?[rm]? |notre |nuestr[oa] )?{_ELSEWHERE}(?: (?:von|vom|from|of|de|du) \w+)?",
    # English
    rf"(?:(?:this|it|that|details?|answer) )?(?:will|shall|to|must|is to|are to|has to) be {_DONE}",
    rf"not (?:yet )?{_DONE}(?: yet)?",
    r"(?:details?|answer|info|information)? ?(?:to|will) (?:follow|come)",
    r"(?:coming|available)(?: soon)?|forthcoming",
    r"(?:still )?(?:pending|open|outstanding|missing|unclear|undecided|undefined|tbd|wip)(?: \w+)?",
    r"(?:in|under) (?:progress|preparation|work|review|clarification|discussion|construction|planning)",
    r"(?:we are |were |i am |im )?(?:still )?(?:working|waiting) on (?:it|this|that)",
    r"(?:some ?day|sometime|eventually|one day|at some point|next sprint|after the sprint)",
    r"(?:please )?(?:ask|check with|see|talk to|speak to|consult) (?:the )?\w+(?: team)?",
    r"same as (?:last time|before|above|always|usual)|as (?:usual|before|always|agreed)",
    r"(?:yes|yep|sure|of course|agreed|done|fine|good|all good|maybe|perhaps|probably)",
    r"(?:not|dont) (?:sure|known|know)(?: yet)?|no (?:idea|clue|info|time|reply|information|answer|comment)",
    r"(?:i |we )?(?:dont|do not) know(?: (?:yet|that|it))?|let (?:me|us) (?:check|see|ask|think)",
    r"(?:same|ditto|idem|ídem|dito)(?: as \w+)?|blank|empty|(?:not |ir)relevant|immaterial",
    r"(?:i|we)(?:ll| will) (?:\w+ )?(?:check|ask|see|follow up|get back)(?: \w+){0,2}",
    # German
    rf"(?:(?:das|es|details?|angaben?|info) )?(?:wird|werden|muss|müssen) (?:(?:noch|gerade|später|derzeit|aktuell|dann) )?{_GETAN}(?: werden)?",
    rf"(?:noch )?nicht {_GETAN}",
    r"(?:details? |angaben? |info )?(?:folgt|folgen|kommt|kommen)(?: nach)?",
    r"(?:noch )?(?:zu|in|im) (?:klären|definieren|bestimmen|benennen|ergänzen|prüfen|arbeit|bearbeitung"
    r"|klärung|prüfung|abstimmung|planung|aufbau|vorbereitung)",
    r"(?:steht|stehen) (?:noch )?aus|ausstehend|offen|noch keine?r?(?: \w+)?|noch nicht(?: \w+)?",
    r"(?:das )?steht (?:noch )?nicht fest|(?:das )?wissen wir (?:noch )?nicht|(?:leer|nichts|nix)",
    r"(?:nicht|ir)relevant|nicht relevant|keine (?:infos?|zeit|antwort)|(?:das )?muss ich (?:noch )?(?:nachfragen|klären|prüfen)",
    r"siehe (?:oben|unten|wiki|mail)|so|su|wie (?:besprochen|oben|gehabt|immer|üblich)",
    r"(?:ka|keine angaben?|keine ahnung|weiß nicht|weiss nicht|unklar|entfällt|nicht bekannt)",
    r"(?:ja|jo|jein|klar|passt|ohne|offener punkt|nach absprache|mal sehen|schauen wir(?: mal)?|machen wir|vielleicht|später|bald|demnächst|irgendwann|nn)",
    # French
    r"(?:frage?n?|bitte) (?:sie |ihn )?\w+(?: fragen)?|mit \w+ (?:klären|abklären|besprechen)",
    r"(?:erledigt|gemacht|fertig|abgehakt|vorhanden|alles gut|in ordnung)",
    r"(?:à|a) (?:définir|clarifier|compléter|confirmer|voir|préciser|venir|faire|déterminer|fournir|suivre|valider)(?: \w+ment)?",
    r"en (?:attente|cours|préparation|discussion|construction)(?: de \w+)?",
    rf"(?:pas encore|non|sera|seront|reste à|doit être|ça sera) ?(?:{_FAIT})?",
    r"non (?:applicable|renseigné|connue?|disponible|communiqué)e?",
    r"(?:voir|cf) (?:ci )?(?:dessus|dessous|plus haut)|comme (?:convenu|discuté|vu)",
    r"(?:je|nous|on) ne (?:sais|savons|sait) pas(?: encore)?|je (?:demande|vérifie|regarde)|sans objet|vide|en suspens|pas de réponse|on fera",
    r"(?:demander|voir|à voir) (?:à|a|avec) \w+|(?:cest )?(?:fait|réglé|bon|prêt)|comme (?:dhabitude|avant|toujours)",
    r"(?:oui|daccord|peut être|plus tard|bientôt|inconnue?|on verra|je ne sais pas|rien|so)",
    # Spanish
    r"(?:queda )?(?:por|a) (?:definir|aclarar|confirmar|determinar|completar|concretar|decidir|ver)",
    r"pendientes?(?: de \w+)?|queda pendiente|falta(?: por)? \w+",
    rf"(?:aún no|todavía no|no|sin|será|está por) ?(?:{_HECHO})?",
    r"no (?:aplica|procede|se sabe|lo sé|hay|disponible|consta)|sin (?:datos|definir|asignar|confirmar)",
    r"en (?:proceso|curso|revisión|preparación|trámite|estudio)",
    r"se (?:definirá|confirmará|entregará|completará|enviará|verá)|(?:véase|ver) (?:arriba|abajo)",
    r"no (?:lo )?(?:sé|sabemos|relevante)|(?:lo )?(?:pregunto|consulto|miro)|nada|vacío|sin respuesta|ya se \w+",
    r"(?:preguntar|consultar|hablar|ver) (?:a|con) \w+|(?:ya )?(?:hecho|listo|está)|como (?:hablamos|siempre|acordado|acordamos|antes)",
    r"(?:sí|si|vale|claro|quizás|tal vez|luego|pronto|desconocido|lo vemos|ya veremos|más adelante)",
)
_PUTS_OFF: Final = re.compile("|".join(f"(?:{form}){_SOON}" for form in _FORMS), re.IGNORECASE)


def puts_off(plain: str) -> bool:
    """Whether all of an answer says that another one follows, or that there is none.

    Args:
        plain: the answer in lower case, its punctuation left out.
    """
    return bool(_PUTS_OFF.fullmatch(plain))
