"""A dossier for one approver, as page and PDF: what is known, by whom, what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from markupsafe import Markup

from bot.domain.channel_names import slug
from bot.domain.errors import InputError
from bot.report.page import content_security_policy, stylesheet
from bot.report.palette import LIGHT
from bot.report.pdf import TEMPLATES, typeset
from bot.report.pictures import environment
from bot.report.plain_data import breakable
from bot.report.texts import say


@dataclass(frozen=True, slots=True)
class DossierLine:
    """One thing of a section.

    Args:
        words: what is so.
        state: `ok`, `note`, `slows`, `stops`, or `open` for what is missing.
        label: the state in a word.
        small: who said so, when, and where it is asked for.
        link: where it is shown; none for a file or a record.
    """

    words: str
    state: str
    label: str
    small: str = ""
    link: str | None = None


@dataclass(frozen=True, slots=True)
class DossierSection:
    """One subject of a dossier."""

    key: str
    title: str
    lines: tuple[DossierLine, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """A dossier.

    Args:
        brand: what it is, for the masthead.
        title: of the sprint.
        audience: whose approval it is for.
        made: when it was made, in words.
        standfirst: what is asked for.
        verdict: how much is in evidence, in one sentence.
        figures: names and values.
        sections: in the order of the approver's interest.
        note: what it leaves out.
    """

    brand: str
    title: str
    audience: str
    made: str
    standfirst: str
    verdict: str
    figures: tuple[tuple[str, str], ...]
    sections: tuple[DossierSection, ...]
    note: str


def render_dossier_page(dossier: Dossier) -> bytes:
    """Return a dossier as one self-contained page."""
    style = f"{stylesheet()}\n{(TEMPLATES / 'dossier.css').read_text(encoding='utf-8')}"
    made = (
        environment()
        .get_template("dossier.html.j2")
        .render(
            dossier=dossier,
            policy=content_security_policy(style),
            style=Markup(style),  # noqa: S704 - our own files
        )
    )
    return made.encode()


def render_dossier_pdf(dossier: Dossier) -> bytes:
    """Return a dossier as a tagged PDF on A4."""
    data = {"dossier": asdict(dossier), "colours": LIGHT}
    return typeset(TEMPLATES / "dossier.typ", {"data": json.dumps(breakable(data))}, format="pdf")


def render_dossier_json(dossier: Dossier) -> bytes:
    """Return a dossier as JSON."""
    return (json.dumps(asdict(dossier), ensure_ascii=False, indent=2) + "\n").encode()


DOSSIER_FORMS: Final[dict[str, Callable[[Dossier], bytes]]] = {
    "pdf": render_dossier_pdf,
    "html": render_dossier_page,
    "json": render_dossier_json,
}


def render_dossier(dossier: Dossier, form: str) -> bytes:
    """Return a dossier in one of its forms.

    Raises:
        InputError: there is no such form.
    """
    if form not in DOSSIER_FORMS:
        known = ", ".join(DOSSIER_FORMS)
        raise InputError(say("dossier_come_choose", form=form, known=known), field="format")
    return DOSSIER_FORMS[form](dossier)


def file_name(title: str, sprint_id: int, about: str, form: str) -> str:
    """Return what a dossier's file is called.

    Args:
        title: of the sprint whose records it tells.
        sprint_id: the same sprint's.
        about: the audience, or the request that it was made for: one audience gets several.
        form: its ending.
    """
    return f"{slug(title)[:60] or 'sprint'}-{sprint_id}-{about.replace('_', '-')}.{form}"
