"""What holds things up, by a title's own words: money, a contract, a rule, a date, people, data.

Each row of the table is a hindrance with the words of its field in four languages, and the role
that its question concerns; the first row that fits counts. What is told by no row is asked with
the question that fits everything.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from bot.domain.vocabulary import Category, Role

NOT_THEIRS: Final = (
    r"says? (?:to )?ask\b|the other (?:team|department|side|group|unit)'s|"
    r"(?:points?|pointing|refers?|blames?|blaming|sends? us) (?:at |to )?(?:one another|each other|"
    r"the other)|schieb\w* es auf|"
    r"each (?:says?|claims?) [^,.;]{2,40} theirs|both (?:claim|think|say|refuse)|(?:thinks?|"
    r"says?) the other\b|"
    r"(?P<passes>says?|points?|blames?|sends?) [^,;]{2,40}[,;] [^,;]{2,30} (?P=passes)"
)
"""What is passed on between two, neither of whom takes it."""
_ABSENT: Final = (
    r"(?:parental|maternity|sick) leave|(?:on|in) (?:(?:annual|long|unpaid) )?(?:leave|holiday|"
    r"vacation|"
    r"sabbatical|rehab)\b|(?:is|are|off|was) sick\b|"
    r"(?:and|is|are|was|fell|falls) ill\b|(?:is|are|was|he's|she's|currently) away\b|"
    r"(?:(?:is|are|has|have|had|just|already) )?(?:left|quit|retired|retires?|gone)\b"
    r"(?! (?:to|of|over|with))|(?:moved|went|gone) to (?:another|a different|the|[A-Z])|(?:ist|"
    r"sind|war) weg\b|"
    r"vacan(?:t|cy)|position (?:is |still )?(?:open|empty|unfilled|vacant)|"
    r"(?:not|never|nicht|pas|no) (?:yet )?(?:replaced|appointed|filled|besetzt|nachbesetzt)|"
    r"(?:im|in) urlaub|in (?:elternzeit|reha|rente)|(?:ist|sind|bin|seit \w+) krank|unbesetzt|"
    r"krank\b|elternzeit|"
    r"en congés?|en arrêt|absente?s?\b(?= (?:jusqu|depuis))|parti(?:e|s)?\b(?= (?:à la|en))|"
    r"de baja\b|de vacaciones|jubilad[oa]"
)
"""Somebody who is not there."""
_GONE: Final = (
    r"bankrupt|insolven\w*|out of business|no longer (?:exists?|supported|sold)|end of life|"
    r"discontinu\w+|(?:closed|shut) down|ceased|stopped trading|went under|a fermé|ha cerrado|"
    r"hat (?:aufgegeben|geschlossen)|(?:stellt|stellen) [^,;.]{2,60} ein\b|abgekündigt|"
    r"en faillite|en liquidation|en quiebra"
)
"""A maker or a product that has ended."""
_SILENT: Final = (
    r"(?:has|have|hasn't|haven't|did|does|do|didn't|doesn't|don't|is|are)(?: not)? "
    r"(?:yet )?(?:answer(?:ed|ing)?|repl(?:y|ied|ying)|respond(?:ed|ing)?|reacted|"
    r"(?:got|come|came|get) back|sent)\b|no (?:answer|reply|response)\b|unanswered|"
    r"antworte\w* nicht|keine (?:antwort|rückmeldung)|nicht geantwortet|"
    r"n'a pas (?:encore )?répondu|ne répond|sans réponse|no (?:ha[n]? )?(?:contesta|respond)\w*"
)
"""Somebody who was asked and says nothing."""
_PUT_OFF: Final = (
    r"(?:is|was|are|were|been|meeting|session|board|committee|round) (?:cancell?ed|postponed|"
    r"suspended|adjourned)|not (?:yet )?scheduled|verschoben|abgesagt|reportée?s?\b|annulée?s?\b|"
    r"aplazad[oa]|cancelad[oa]"
)
"""A meeting that does not take place."""
_LATER: Final = (
    rf"{_PUT_OFF}|(?:mon|tues|wednes|thurs|fri|satur|sun)days?(?: nights?| mornings?)? only|"
    r"nur (?:montags|dienstags|mittwochs|donnerstags|freitags|am|im|nachts|einmal)|seulement (?:le|"
    r"une)|"
    r"freeze|frozen|blackout|embargo|change (?:window|stop)|release train|release is (?:in|on)\b|"
    r"(?:audit|maintenance|release) window|inspection in|between \d|nothing (?:new|goes live)|"
    r"(?:no|any) (?:change|release|deployment|go-live)s? [^,;.]{0,40}?(?:before|until|till|between|"
    r"during|while)|"
    r"not before|until|till (?:the|\d|after|end|next|we|they|mid|late|early|[a-z]{3}\b)|"
    r"(?:once|twice|three times|four times) (?:a|per|every) \w+|(?:meets?|sits|opens|comes) only|"
    r"only (?:sits|meets|opened|opens|once|on (?:mon|tues|wednes|thurs|fri)days?|(?:mon|tues|"
    r"wednes|thurs|fri)days?)|"
    r"every (?:second|other|third|two|three|four|six|\d+)\b|"
    r"next (?:one|release|round|window|term|quarter|year|season|version)|after (?:the )?go-?live|"
    r"(?:peak|high|busy) season|hochsaison|election|is being (?:replaced|migrated|rebuilt)|"
    r"migration|upgrade is|"
    r"einmal (?:im|pro|am)|erst (?:im|ab|wenn|nach|am|nachts|nächste\w*)|während|solange|"
    r"bis (?:zum|zur|ende|"
    r"anfang|mitte|nach|\d)|umstellung|gel des|jusqu\w*|une fois par|tous les|prochaine?|pendant|"
    r"hasta|una vez (?:al|por)|cada (?:dos|tres|\d)|próxim[oa]|congelaci[oó]n"
)
"""A date, a stop or a rhythm that somebody set."""
_UNWANTED: Final = (
    r"(?:not|n't|n’t|nobody|never|no) (?:really )?(?:trusts?|believes?)|distrust\w*|mistrust\w*|"
    r"scepti\w*|skepti\w*|"
    r"afraid|scared|fears?\b|worr(?:y|ied|ies)|anxious|suspects?\b|suspicious|nervous|threat\w*|"
    r"stigma\w*|revolt|resist\w*|laugh\w*|annoyed|hates?\b|"
    r"reluctant|unwilling|(?:refuses? to|won't|will not) (?:use|follow|work|look|try|rely|accept|"
    r"listen|be told)\b|"
    r"(?:doesn't|don't|does not|do not|won't|will not|would not|wouldn't) (?:want|use|trust|follow|"
    r"look at|believe|open|like)|no (?:computer|machine|algorithm|software) (?:tells|will|should|"
    r"can)|"
    r"would ignore|ignores?\b|wants? to keep|no time (?:to|for)|"
    r"(?:thinks?|believes?|feels?) (?:that )?(?:it|this|we|they)\b|(?:would )?(?:prefers?|"
    r"rather)\b|"
    r"verl(?:assen|ässt) sich|(?:glauben|meinen|denken|finden)\b|pensent|préfèr\w*|prefieren|creen|"
    r"too many (?:alarms?|alerts?|tools?|screens?)|"
    r"(?:will|wollen|möchten?) [^,.;]{0,40}\b(?:nicht|kein\w*)\b|lehn\w+ [^,.;]{2,40} ab\b|"
    r"angst|sorge\b|misstrau\w*|fürcht\w*|glaub\w* nicht|trau\w* [^,.;]{0,20}nicht|wehr\w* sich|"
    r"peur|crain\w*|méfi\w*|ne veu(?:t|lent) pas|refus(?:e|ent)\b|"
    r"miedo|teme[n]?\b|desconf\w*|no (?:se )?(?:quiere|fía|creen?)[n]?\b"
)
UNWANTED: Final = re.compile(rf"\b(?:{_UNWANTED})", re.IGNORECASE)
"""People who would use it, or whom it concerns, and who don't want or trust it."""


class Hindrance(NamedTuple):
    """A sort of thing that holds a sprint up.

    Args:
        name: the key of its question in the texts.
        words: a pattern of the words of its field.
        role: whom the question concerns, where nobody owns the blocker.
        category: the kind's category must be this too; None where the words tell enough.
    """

    name: str
    words: re.Pattern[str]
    role: Role | None = None
    category: Category | None = None


def _row(
    name: str, words: str, role: Role | None = None, category: Category | None = None
) -> Hindrance:
    return Hindrance(name, re.compile(rf"(?<!\w)(?:{words})", re.IGNORECASE), role, category)


FIRST: Final = (
    _row("arbiter", NOT_THEIRS, Role.APPROVER),
    _row("gone", _GONE),
    _row(
        "many",
        r"each (?:of (?:them|these) )?(?:has|have|wants?|decides?|does|goes|waits?) |"
        r"jede[rsn]? (?:\w+ )?(?:entscheidet|will|macht|hat)\b|chacun\w*|cada un[oa]\b|"
        r"needs? all (?:of|two|three|four|\d)|brauch\w* alle\b|overrul\w*|(?:would|"
        r"will) (?:all )?have to (?:join|share|take part|agree)|"
        r"(?:müssten|müssen) (?:alle )?(?:mitmachen|zustimmen)|compete\b",
        Role.BUSINESS,
    ),
    _row(
        "incentive",
        r"(?:paid|pays) (?:by (?:turnover|volume|the piece|sales|\w+ sold)|per (?!month|year|"
        r"card))|"
        r"(?:judged|measured|rated|ranked|assessed) (?:on|by)\b|bonus(?:es)?\b|commission (?:on|"
        r"per)|"
        r"piece rates?|billable|akkordlohn|prämien?\b|prime au\b|incentivos?",
        Role.BUSINESS,
    ),
    _row(
        "money",
        r"\d[\d.,'’]* ?(?:k )?(?:€|eur\b|euros?\b|usd\b|dollars?\b|chf\b|gbp\b|francs?\b|franken\b|"
        r"kron(?:er|en|or)\b|pounds?\b|£|\$)|"
        r"(?:wants?|charges?|costs?|asks?|over|above|for|only) (?:us )?\d[\d.,]* ?k\b|[€£$] ?\d|"
        r"(?:invoices?|bills?|charges?) (?:us|every|each|for|per)|surcharge|(?:costs?|"
        r"charged?) (?:extra|money)|"
        r"paid (?:change|plan|tier|add-?on|option|licen[cs]e|version|module|extra)|"
        r"(?:premium|enterprise) (?:plan|tier|licen[cs]e|edition|package)|"
        r"kostenpflichtig|aufpreis|factur\w+|payante?\b|de pago\b",
        Role.APPROVER,
    ),
    _row(
        "contract",
        r"licen[cs]e (?:does not|doesn't|forbids|excludes|only allows)|"
        r"(?:contract|agreement|subscription|warranty|licen[cs]e|vertrag|contrat\w*)s?\b[^,;]{0,24}"
        r"(?:runs out|ran out|expire[sd]?|ended|ends|lapse[sd]?|läuft aus|ausgelaufen|expiré|"
        r"vencid[oa])|"
        r"(?:per|by|in (?:the|our)|under) contract\b|contract\b[^,;]{0,40} (?:says|forbids|"
        r"prohibits|excludes|penali[sz]es)|"
        r"warranty|"
        r"renegotiat\w*|renégoci\w*",
        Role.APPROVER,
    ),
)
"""Whoever is named beside these can't settle it alone: somebody pays, signs or arbitrates."""

_OTHERS: Final = (
    _row("silent", _SILENT),
    _row(
        "inform",
        r"(?:has|have|must|needs?|not yet|never|not)(?: to)? (?:been |be )?(?:told|informed|heard|"
        r"consulted|notified)|(?:informiert|angehört|gehört) werden|consulter|(?:été|"
        r"être) (?:informé|"
        r"consulté)\w*|informad[oa]s?\b|consultad[oa]s?\b",
    ),
    _row(
        "allowed",
        r"laws?\b|legal (?:basis|ground|duty)|regulat\w+|statut\w+|polic(?:y|ies)\b|gdpr|dsgvo|"
        r"rgpd|hipaa|"
        r"must (?:stay|remain|be (?:kept|stored|hosted)|not)|residency|may ?not (?:leave|be|copy|"
        r"store|see|"
        r"use)|(?:can ?not|can't) (?:leave|be (?:moved|copied|stored|shared|exported))|(?:nobody|"
        r"no one) may|(?:not|n't|isn't|aren't) (?:allowed|permitted)|forb[ia]d\w*|"
        r"prohibit\w*|bann?ed|blocked by|classified|consent|opt[- ]in|whitelist\w*|allow-?list\w*|"
        r"state's list|approved (?:software|suppliers?|list)|freigegeben\w*|zugelassen\w*|"
        r"trade secret|confidential|under privilege|medical device|copyright|right to|"
        r"personal data|faces\b|recognisable|"
        r"betriebsvereinbarung|dürfen|darf\b|verboten|gesetz\w*|datenschutz\w*|einwillig\w*|"
        r"loi\b|interdi\w*|consentement|ley\b|prohíb\w*|prohib\w*|consentimiento",
        Role.APPROVER,
    ),
    _row(
        "theirs",
        r"belongs? to|owned by|owns? the (?:data|table|system|feed|interface|rights)|rights\b|"
        r"we (?:don't|do not) own|gehör(?:t|en)\b|appartien\w+|"
        r"pertenece\w*|(?:hosted|run|operated|managed) by|convention\b|guards (?:that|the|it|its|"
        r"this)\b|"
        r"(?:won't|will not|refuses? to) (?:share|hand|release|give)",
    ),
    _row("useful", _UNWANTED, Role.BUSINESS),
    _row(
        "person",
        rf"{_ABSENT}|the (?:only|one) (?:one|person|colleague|engineer|admin|man|woman|\w+ who)\b|"
        r"only .{2,40} knows?\b|der einzige|die einzige|seule? personne|(?:el|la) únic[oa]|"
        r"I'm (?:a contractor|on loan|leaving|only here)|\bintern\b|is one person|"
        r"who (?:built|wrote|made|set up) .{2,40} (?:moved|left|went|changed)|no deputy|"
        r"no (?:\w+ )?(?:manager|director|administrator|admin|officer|lead|steward|developer)\b|"
        r"position\b|(?:there(?:'s| is)|we have) no [^,.]{0,20}(?:engineer|scientist|analyst|"
        r"operator|"
        r"administrator|developer|role)|we lack|we have (?:nobody|no ?one)|nobody who could",
    ),
    _row(
        "staff",
        r"no[^,.;]{0,14} on[- ]call|(?:nobody|no one)(?: is)? on[- ]call|rufbereitschaft|"
        r"bereitschaft|"
        r"d'astreinte|night (?:shift|watch)|(?:on|at) weekends?\b|overtime|out of hours|"
        r"after hours|"
        r"(?:no|few|free|enough) (?:free )?hours\b|no capacity|understaffed|headcount|"
        r"(?:nobody|no one|no-one) (?:to|has time|is free)\b|keine (?:zeit|kapazität|leute)|"
        r"(?:niemand|keiner)[^,.;]{0,16} (?:nachts|am wochenende)|pas le temps|sin tiempo|de noche",
        Role.APPROVER,
    ),
    _row(
        "definition",
        r"(?:count|define|measure|calculate|understand)s? [^,.;]{2,30} differently|"
        r"(?:named|coded|spelt|spelled|counted|defined) differently|definitions?\b|undefined|"
        r"KPIs?\b|"
        r"what [^,;]{2,30} means|what counts|agree(?:d)? what|two answers|what is an? (?:good|bad|"
        r"valid|normal)|"
        r"was (?:ist|zählt|gilt)\b|metrics?\b|"
        r"means? (?:something|different)|(?:definier|zähl|rechn)\w*[^,.;]{2,40} (?:anders|"
        r"unterschiedlich)|"
        r"als \w+ gilt|définition|indicateur|definición|indicador",
        Role.BUSINESS,
    ),
    _row(
        "explain",
        r"in (?:\w+ )?(?:\w+['’]s?|their|his|her|people's) heads?|dictionary|dictionnaire|"
        r"diccionario|undocumented|(?:no|without|outdated) doc(?:s|umentation)?\b|"
        r"doku(?:mentation)?\b|documentation|nobody (?:can )?(?:explains?|understands?|knows what)|"
        r"(?:kennt|weiß|versteht) [^,.;]{0,20}(?:felder|spalten|bedeut)|codes? (?:nobody|no one)",
    ),
    _row(
        "skill",
        r"none of us|never [^,.]{2,40} before|skills?\b|"
        r"nobody (?:here |of us |in the team )?(?:knows how|can (?:write|read|program|code|review)|"
        r"has (?:ever )?(?:trained|built|done|shipped|used|written))|no one (?:who )?can\b|"
        r"team knows|"
        r"don't know how|no experience|"
        r"(?:niemand|keiner)\b[^,.]{0,30} (?:kennt|kann|beherrscht|versteht)|"
        r"personne\b[^,.]{0,30} (?:connaît|sait|maîtrise|comprend)|"
        r"kein\w*, (?:der|die) [^,.]{2,30} kann\b|"
        r"nadie\b[^,.]{0,30} (?:conoce|sabe (?:usar|programar|de\b)|domina|entiende|ha "
        r"(?:entrenado|hecho|usado|programado))",
    ),
    _row(
        "process",
        r"(?:no|without a|lacks? a) (?:[\w-]+ )?(?:process|procedure|rota|runbook|SOPs?|playbook|"
        r"rollback|checklist)\b|(?:ever|never|not) written down|"
        r"kein\w* (?:prozess|ablauf|verfahren|plan)\b|pas de (?:procédure|processus)|"
        r"sin procedimiento",
        Role.BUSINESS,
    ),
    _row(
        "liable",
        r"liab(?:le|ility)|in court|blamed?\b|sued?\b|lawsuit|accountab|answers? for|answerable|"
        r"responsib(?:le|ility)|pager\b|their name|rung\b|refuses? to (?:own|answer)|refuse both|"
        r"haft(?:et|ung)|verantwort|responsable|too risky|reputation|embarrass\w*|press\b(?! data)|"
        r"is wrong (?:once|and)|never be wrong|bias\w*|accidents?\b|"
        r"injur\w*|unfall\w*",
        Role.APPROVER,
    ),
    _row(
        "owner",
        r"(?:nobody|no one) (?:owns|decides|is responsible|knows who|will|agrees)|"
        r"^who\b|who (?:is|signs|owns|decides|runs|takes|would|will|acts|looks|may)\b|"
        r"(?:decided|agreed|settled|knows|said|unclear|clear) who|disagree (?:on |about )?(?:who|"
        r"whether|how)|"
        r"(?:not named|no|without) (?:an? )?owner|whose\b|disput\w+|contested|strittig|umstritten|"
        r"en litige|"
        r"can't agree|cannot agree|not someone's job|that's not (?:their|my|our) job|"
        r"^wer\b|wer (?:entscheidet|verantwortet|ist zuständig)|niemand|keiner\b|zuständig|"
        r"personne|nadie|"
        r"qui (?:décide|est|signe)|quién",
    ),
    _row(
        "contract",
        r"contracts?\b|agreements?\b(?! of)|statement of work|sow\b|nda\b|re-?tender\w*|tenders?\b|"
        r"vertr[aä]g\w*|ausschreibung|contrat\w*|appel d'offres|licitación|terms of (?:use|"
        r"service)",
        Role.APPROVER,
    ),
    _row(
        "money",
        r"budgets?\b|cost cent(?:er|re)|funds?\b|funding|(?:project|research) grant|grant ends|"
        r"kostenstelle|haushalt\w*|(?:not|n't) (?:bought|paid|afford)|can't afford|who pays|"
        r"qui paie l|"
        r"nobody pays|"
        r"spending|purchase order|unpaid|sponsor\w*|zahlt (?:keiner|niemand)|(?:keiner|"
        r"niemand) zahlt|"
        r"licen[cs]es?\b|lizenz\w*|licencias?\b|seats?\b|euros?\b|dollars?\b|costs?\b|presupuesto|"
        r"financement|crédits?\b",
        Role.APPROVER,
    ),
    _row(
        "access",
        r"passwords?\b|firewalls?|credentials?|admin rights|log-?ins?\b|accounts?\b(?= (?:is|are|"
        r"locked|expired))|"
        r"vpn\b|tokens?\b|read access|access (?:to|is|was|takes)|zugang|zugriff|accès|acceso|"
        r"(?:can't|cannot|can not) (?:see|access|reach|log)\b|"
        r"only (?:reachable|accessible|available|works) (?:from|on|in|at|inside)\b",
    ),
    _row("later", _LATER, Role.APPROVER),
    _row(
        "queue",
        r"queued?\b|backlog|ahead of (?:us|ours)|no slot|warteschlange|"
        r"(?:fully )?booked\b(?! under)|busy\b|swamped|short[- ]staffed|überlastet|débordé\w*|"
        r"desbordad\w*|"
        r"crunch\w*|"
        r"overload\w*|overbooked|team of one|ranked it|priorit\w+|waiting list|(?:is|"
        r"are) two people|"
        r"ausgelastet|liste d'attente|lista de espera|file d'attente",
        Role.APPROVER,
    ),
    _row(
        "consent",
        r"approv\w*|sign\b|signs\b|signed|signature|forms?\b|a ticket\b|tickets? (?:per|for)|"
        r"reviews?\b|"
        r"confirm\w*|certif\w*|reject\w*|allow\w*|may not|votes?\b|dpia|committee|comit\w*|audit\b|"
        r"validation|zustimm\w*|antrag|formular|genehm\w*|freigabe|assess\w*|inspector|"
        r"say yes|says no\b|wants? a look|has to be heard|must be informed|"
        r"autorisation|accord\b|unterschr\w*|firm(?:a|ar)\b|valider|autorización|aprob\w*",
        Role.APPROVER,
    ),
    _row(
        "limit",
        r"\d+ ?(?:ms|milliseconds?)\b|latency|rate limits?|(?:calls?|requests?|api) limits?|"
        r"limits? (?:is |are )?(?:reached|used up|hit)|throttl\w*|time budget|needs? \d+ ?[mg]b\b",
        Role.BUILDER,
    ),
    _row(
        "offline",
        r"wi-?fi|wlan\b|(?:mobile|network|radio) coverage|funkloch|bandwidth|no signal\b|"
        r"no (?:internet|data plan|connection)|offline|air-?gapped",
        Role.BUILDER,
    ),
    _row(
        "key",
        r"(?:is|are|was|were|comes?) (?:masked|hashed|pseudonymi[sz]ed)|(?:masked|"
        r"hashed) differently|"
        r"joins? (?:do|does|don't|fail|break|is|are|lose)|(?:can't|cannot|can not) be (?:joined|"
        r"matched)|"
        r"no (?:common|shared) (?:key|id)|maskiert|pseudonymisiert",
        Role.DATA,
    ),
    _row(
        "by_hand",
        r"(?:by|via|per|over|on|with) (?:an? |the )?(?:fax|(?:tele)?phone|whiteboard|"
        r"flip ?chart|post-?its?|clipboard|telefon|téléphone|teléfono)\b",
        Role.BUSINESS,
    ),
    _row(
        "missing_data",
        r"(?:not|never|n't|nowhere) (?:even )?(?:recorded|entered|filled|measured|logged|stored|"
        r"kept|written|"
        r"captured|labell?ed)|(?:nobody|no one) (?:records|writes|logs|notes|enters|tracks|"
        r"measures|keeps)|"
        r"(?:only|nur|seulement|solo|sólo) (?:for|since|from|für|seit|ab|pour|depuis|desde|para)\b|"
        r"(?:before|since|ab|seit|avant|depuis|antes de|desde) (?:19|20)\d\d|"
        r"rolls? over|purged|deleted|overwritten|only keeps?|keeps? only|not in (?:the|our)\b|"
        r"no (?:labels?|history|records?|timestamps?)|gelöscht|überschrieben|nicht (?:erfasst|"
        r"aufgezeichnet|gespeichert)|pas enregistré\w*|effacé\w*|borrad[oa]s?|no se (?:registra|"
        r"guarda)",
        Role.DATA,
    ),
    _row(
        "data",
        r"columns?\b|fields?\b|timestamps?|timecodes?|zeitstempel|estimat\w+|guess\w*|geschätzt|"
        r"estimé\w*|incomplete|inaccurate|outdated|nois[ey]\w*|"
        r"too few|sparse|gaps?\b|abbreviat\w*|handwrit\w*|encod\w*|encrypt\w*|free text|mistyped|"
        r"typos?\b|"
        r"spalten?\b|felder\b|unvollständig|lückenhaft|colonnes?|incompl[eè]t\w*|columnas?|"
        r"incomplet\w*",
        Role.DATA,
    ),
    _row(
        "machine",
        r"\d ?(?:gb|tb|mbit|gbit|mb/s|vram)\b|gpus?\b|graphics cards?|storage (?:is|full)|"
        r"disk (?:is )?full",
        Role.BUILDER,
    ),
    _row(
        "data",
        r"scans?\b|scanned|pdfs?\b|paper\b|papier\b|papel\b|free text|freitext|binders?|print(?:ed|"
        r"outs?)|ausdrucke?\b|(?:days?|hours?|weeks?) late|spreadsheets?|excel|"
        r"(?:mis)?typed|by hand|typos?\b|formats?\b|dialects?|rounded|duplicates?|reused|"
        r"inconsisten\w*|disagree|(?:do not|don't) match|contradict\w*|"
        r"counts?\b|off by|drifts?\b|(?:two|three|several|different|drei|verschiedene|trois|"
        r"plusieurs|tres|"
        r"varios) (?:systems|systeme|systèmes|sistemas)|mixed up|wrong (?:units?|values?|labels?|"
        r"time)|half of (?:the|our)|"
        r"anonymi\w*|mapping|units?\b|averages?|sensors?\b|capteurs|clocks?\b|recordings?|"
        r"ids\b|numbers\b|geocod\w*|each [^,.;]{2,24} (?:in )?(?:its|their) own|own files?|"
        r"data (?:is|are|sits)|records?\b|labels?\b|readings?|photos?\b|images?\b|"
        r"nach gefühl|daten\b|données|datos|registros|maskiert",
        Role.DATA,
        Category.TECHNICAL,
    ),
    _row(
        "machine",
        r"gpus?\b|servers?\b|laptops?\b|packages?\b|install\w*|environment|\w*umgebung|"
        r"environnement|quota|"
        r"computers?\b|linux|python|sandbox|machines?\b|disks?\b|memory|\bram\b|"
        r"graphics|containers?\b|docker|test system|staging|vms?\b|pypi|conda|pip\b|proxy",
        Role.BUILDER,
        Category.TECHNICAL,
    ),
    _row(
        "change",
        r"interfaces?|schnittstelle\w*|apis?\b|gateway|portal|website|apps?\b|systems?\b|mainframe|"
        r"tools?\b|"
        r"software|backend|exports?\b|screens?\b|controllers?|pages?\b|templates?\b|response|"
        r"tablets?\b|"
        r"network|cloud|add-?ins?|plug-?ins?|edi\b|feeds?\b",
        Role.BUILDER,
        Category.TECHNICAL,
    ),
)
_ALREADY_A_FILE: Final = re.compile(
    r"\b(?:files?|usb|sticks?|(?:e-?)?mails?|csv|exports?|extracts?|reports?|ftp|fax|serial|"
    r"seriell\w*)\b",
    re.IGNORECASE,
)
_WAITS: Final = re.compile(rf"\b(?:{_LATER}|during|open\b)", re.IGNORECASE)
_IS_ON_PEOPLE: Final = re.compile(
    r"\b(?:before|until|till|unless|as long as|solange|bevor|bis|avant que|tant que|hasta que|"
    r"jusqu'à ce que?|mientras|antes de que)\W+(?:\w+ )?(?:we|I|you|they|some(?:body|one)|nobody|"
    r"no one|wir|ich|jemand|niemand|keiner|nous|je|on|quelqu'un|personne|alguien|nadie)\b",
    re.IGNORECASE,
)
"""A condition that people can meet ("not before we know …")."""
_NO_MONEY: Final = re.compile(
    r"\b(?:latency|time|error|memory|token|page|performance|risk) budgets?\b|"
    r"\bbudget\b[^,.;]{0,12}?\d+ ?(?:ms|milliseconds?|s|seconds?|kb|mb|gb|tokens?)\b",
    re.IGNORECASE,
)
"""A budget of time or size: no money is asked for."""
_SELF: Final = r"(?:I'm|I am|we're|we are|ich bin|wir sind|je suis|soy)(?: an?| the| eine?)?"


def hindrance_of(title: str, category: Category) -> Hindrance | None:
    """Return what a title tells of, by its own words; None where none of them tells.

    Args:
        title: the blocker's own words.
        category: of its kind, which has to agree where the words alone say too little.
    """
    told = _NO_MONEY.sub("latency", title)
    return next(
        (
            each
            for each in (*FIRST, *_OTHERS)
            if each.category in (None, category) and each.words.search(told)
        ),
        None,
    )


def is_a_file_already(title: str) -> bool:
    """Return whether a title tells of a file, stick or mail, so that none need be proposed."""
    return bool(_ALREADY_A_FILE.search(title))


def is_a_matter_of_time(reason: str) -> bool:
    """Return whether a no is meant for a while ("until the audit is over"), so nothing is owed."""
    return bool(_WAITS.search(reason)) and not _IS_ON_PEOPLE.search(reason)


def can_answer(party: str, title: str) -> bool:
    """Return whether whom a title names can be asked.

    Whoever is away, has closed down, was asked in vain, passes it on or is the speaker cannot.
    """
    name = re.escape(party.removeprefix("the "))
    shut_out = rf"\b{name} (?:can't|cannot|can not|may not) (?:see|access|read|reach|open)\b"
    told = (
        rf"\b(?:{_ABSENT}|{_GONE}|{_SILENT}|{_PUT_OFF}|{NOT_THEIRS})|{shut_out}|\b{_SELF} {name}\b|"
        rf"(?:no|any|some|which|other|another|a different) {name}\b"
    )
    return not re.search(told, title, re.IGNORECASE)
