"""What puts an answer off is refused in four languages; what answers is not."""

# ruff: noqa: E501  (one case a line reads as a table)

from datetime import date

from bot.domain.acceptance import (
    Acceptance,
    AcceptanceGap,
    gap_of,
    is_one_name,
    is_person,
    is_placeholder,
    is_too_little,
)

PUT_OFF = (
    "n/a", "-", "TBD by Legal", "to follow", "will be provided", "pending review", "ask legal",
    "we'll see", "same as above", "let me check", "under discussion", "not relevant",
    "wird nachgereicht", "Wird noch ergänzt.", "folgt", "k.A.", "siehe oben", "in Arbeit", "s.o.",
    "noch zu klären", "steht noch aus", "wie besprochen", "mal sehen", "keine Zeit", "ja",
    "à définir", "à compléter", "en attente", "non défini", "on verra", "sans objet", "pas encore",
    "siehe Mail", "per Mail", "voir mail", "ver correo", "Siehe E-Mail von Dee", "same as last time",
    "frag Bob", "demander à Bob", "preguntar a Bob", "erledigt", "c'est fait", "hecho", "como hablamos",
    "pendiente", "por definir", "sin definir", "no aplica", "lo vemos luego", "en trámite", "sí",
    "wird noch geklärt", "à voir", "siehe Anhang", "see above", "me", "the team", "ask Ben", ".", "ok", "done", "yes", "Dr. Müller", "noch nicht entschieden",
    "je ne sais pas", "no lo sé", "kommt später", "will do later", "to be discussed", "under discussion with legal", "see attachment", "en cours de validation",
    "en revisión", "pas encore décidé", "TBD by legal", "n/a for now", "not needed", "nicht nötig", "pas nécessaire", "no es necesario", "mal schauen",
    "on en parle demain", "lo hablamos mañana", "same as before", "like last year", "wie letztes Jahr", "comme l'année dernière", "como el año pasado", "needs review",
    "need to check", "must check with DPO", "muss mit DSB geklärt werden", "à vérifier avec le DPO", "hay que verificar", "approved", "genehmigt", "approuvé",
    "aprobado", "I approve", "accepted", "lgtm", "👍", "looks good", "no objections", "keine Einwände", "done by Ben", "Ben knows", "Ben fragen", "ask the DPO",
    "legal is on it", "privacy team handles this", "handled by IT", "verantwortlich: IT", "owner: TBD", "see wiki page", "siehe Confluence-Seite", "link follows",
    "Link folgt", "lorem ipsum dolor sit amet", "asdf asdf asdf", "xxxxxxxx xxx", "1234567890", "test test test", "foo bar baz", "blah blah blah", "bla bla bla",
    "---------", "placeholder text", "insert text here", "fill in later", "please fill in", "bitte ausfüllen", "à remplir", "por rellenar", "completar", "to fill",
    "standard", "default", "as per policy", "according to policy", "the usual", "nothing special", "no comment", "not my job", "Mr. Smith", "Frau Schmidt",
    "Herr Müller", "Prof. Dr. Weber", "Mme Dupont", "Sr. García", "Anna Schmidt", "@anna", "klären wir noch", "machen wir später", "Rückmeldung steht aus",
    "in Abstimmung mit dem Betriebsrat", "Angaben fehlen", "siehe Protokoll vom Meeting", "muss Chef entscheiden", "ist bekannt", "alles okay", "passt so", "kein Thema",
    "on s'en occupe", "on verra plus tard", "à discuter avec Paul", "demandez à Marie", "rien à signaler", "voir avec le service juridique", "réponse à venir",
    "c'est bon pour moi", "d'accord avec tout", "lo vemos mañana", "hay que preguntar a Juan", "está en proceso", "sin comentarios", "de acuerdo",
    "lo está mirando Pedro", "ver documento", "no estoy seguro", "we are on it", "Sarah is looking into it", "waiting for feedback", "will update soon",
    "not decided yet", "see email from Tom", "as agreed in the meeting", "no issue", "no problem", "all good from my side", "sounds good", "I don't mind", "up to you",
    "whatever works", "should be fine", "probably ok", "it's fine", "don't worry about it", "ask me on Monday", "TODO: fill", "?? ??", "n.n.", "Hans Meier", "Ms. Lee",
    "Carlos Ruiz", "asdf qwer zxcv", "hjkl fghj", "sdfgh poiuy", "xkcd bvnm trwq", "standard procedure applies", "We are GDPR compliant", "Our company policy covers this",
    "wir sind DSGVO-konform", "Es gilt das Standardverfahren", "conforme au RGPD", "cumplimos con el RGPD",
)  # fmt: skip  # a table, one row a line
ANSWERS = (
    "Deleted 90 days after the contract ends", "Ja, nach 90 Tagen gelöscht", "Open data of the city",
    "Wird monatlich geprüft durch die Revision", "Wird nach zwei Jahren gelöscht",
    "Sera supprimé après deux ans", "Se enviará un aviso a cada cliente", "Pending claims are left out",
    "Keine personenbezogenen Daten; nur Maschinendaten", "Aucune donnée personnelle dans la table",
    "Not high risk: it ranks spare parts", "In Arbeitsanweisung 12 festgelegt",
    "Ask the case worker on duty; phone list in the wiki", "Later rows are kept apart",
    "No hay personas en los datos", "Ver la política de retención, punto 4",
    "In Slack posts only the ticket's number is shown", "Per mail to each customer, once a year", "Check with the fraud desk before each release",
    "Gelöscht 90 Tage nach Vertragsende", "Supprimé 90 jours après la fin du contrat", "Se borra 90 días después del contrato",
    "Customers can opt out in their account settings", "DPIA no. 34 was accepted without conditions", "The on-call engineer is paged within 15 minutes",
    "Sales calls the twenty highest-scored customers a week", "Rolled back by the release manager within ten minutes", "Reviewed by an independent validator on 3 May",
    "Der Rat hat am 3. Mai zugestimmt, Risiko ist gering", "Les clients peuvent s'opposer par courriel", "No personal data is used beyond the customer number",
    "Yes, customers are told in the privacy notice, section 4", "Ok for a pilot of 500 customers until June", "Approved for a pilot of 500 customers until June",
    "Not high risk: it ranks spare parts, no people are scored", "Done in the data platform's nightly job, kept 30 days",
    "Standard contractual clauses signed with the vendor", "See section 3 of the DPIA: purpose is churn prevention", "Ask-me-anything logs are kept 30 days",
    "Legal basis is legitimate interest, Art. 6(1)(f)", "Aufbewahrung höchstens zwei Jahre, danach Löschung", "Betriebsrat hat der Auswertung zugestimmt",
    "Einwilligung wird beim Vertragsabschluss eingeholt", "Nur Maschinendaten, keine Personen", "Le modèle est validé par l'équipe risque chaque trimestre",
    "Les données sont anonymisées avant l'entraînement", "Conservation limitée à 12 mois", "Los clientes pueden oponerse por correo",
    "Se conservan los registros seis meses", "El equipo de fraude revisa cada caso rechazado", "Alerts go to the platform on-call phone",
    "Legitimate interest, balancing test of 3 May", "Human reviews every rejection before it is sent", "Register of risks, entry 14",
    "Used only to rank calls, never to refuse service", "Rollback by switching the flag in LaunchDarkly", "Support calls top 50 each Tuesday",
    "Logs kept for one year in Splunk", "Independent review found no material issue", "Ages are binned; no gap beyond 3 points",
    "Retrained every quarter from the warehouse", "Vendor contract includes an audit right", "Opt-out link in each mail", "数据在合同结束后九十天内删除",
    "Retención de dos años según contrato", "Minimal risk; internal spare parts forecast",
)  # fmt: skip  # a table, one row a line


NO_PERSONS = (
    "the team", "our DPO", "der DSB", "la responsable", "Head of Data", "Geschäftsführer", "jefe de proyecto", "ask Ben",
    "Ben?", "Ben or Anna", "Anna & Ben", "N.N.", "J. D.", "anyone from IT", "new hire", "Vorstand", "gerencia",
    "Erika Mustermann", "Acme GmbH", "ChatGPT", "datenschutz@example.com", "info@example.com", "test user", "juridique", "Not Assigned", "Mr X", "Frau Y.", "nicht zugewiesen",
)  # fmt: skip  # a table, one row a line
PERSONS = (
    "Dr. Müller", "Ben", "@ben", "Anna Schmidt (Legal)", "Anna Schmidt, DPO", "Schmidt, Anna", "María José García López",
    "O'Brien", "Nguyễn Văn A", "李伟", "Søren", "Will Smith", "anna.schmidt@example.com",
)  # fmt: skip  # a table, one row a line


ONE_NAME = ("Max", "Ben", "Søren", "O'Brien", "Anne-Marie", "dee", "DEE")
WHOSE = ("@ben", "Dr. Müller", "李伟", "Anna Schmidt", "J. Doe", "anna@example.com", "Li Wei")


def test_one_name_alone_may_be_several_peoples() -> None:
    assert [name for name in ONE_NAME if not is_one_name(name)] == []
    assert [name for name in WHOSE if is_one_name(name)] == []
    given = Acceptance("Deleted 90 days after the contract", "Max", date(2026, 5, 4), "dpia.pdf")
    assert gap_of(given, date(2026, 11, 27), needs_words=True) is AcceptanceGap.ONE_NAME


def test_words_that_put_an_answer_off_are_no_answer() -> None:
    assert [text for text in PUT_OFF if not is_too_little(text)] == []


def test_an_answer_is_none_of_them() -> None:
    assert [text for text in ANSWERS if is_too_little(text) or is_placeholder(text)] == []


def test_one_person_accepts_and_no_role_group_or_machine() -> None:
    assert [name for name in NO_PERSONS if is_person(name)] == []
    assert [name for name in PERSONS if not is_person(name)] == []


def test_the_name_of_who_accepts_does_not_say_what() -> None:
    given = Acceptance("Dr. Müller", "Dr. Müller", date(2026, 5, 4), "dpia.pdf")
    assert gap_of(given, date(2026, 11, 27), needs_words=True) is AcceptanceGap.PLACEHOLDER
    assert gap_of(given, date(2026, 11, 27), needs_words=False) is None


def test_what_an_approval_decided_may_be_as_short_as_a_title() -> None:
    given = Acceptance("Production Deploy", "Dee Miller", date(2026, 5, 4), "approval 3")
    assert gap_of(given, date(2026, 11, 27), needs_words=True) is None
