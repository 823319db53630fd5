"""The report as one self-contained page: no scripts, no outside files, safe for any title."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from markupsafe import Markup

from bot.playbook.model import Playbook
from bot.report.content import SHOWN_FIXES, ReportContent
from bot.report.palette import DARK, LIGHT, css_variables
from bot.report.pictures import TEMPLATES, environment, picture_rules, pictures
from bot.texts import language


@dataclass(frozen=True, slots=True)
class Across:
    """What all sprints of a workspace say together, at the end of a sprint's page.

    Args:
        title: its heading.
        svg: a picture, drawn by us.
        lines: the same in words.
    """

    title: str
    svg: str
    lines: tuple[str, ...]


def render_page(content: ReportContent, playbook: Playbook, across: Across | None = None) -> str:
    """Return `content` as a page, with what all sprints say together where that is given."""
    pages = environment()
    return pages.get_template("report.html.j2").render(
        content=content,
        language=language(),
        shown_fixes=SHOWN_FIXES,
        paths=playbook.paths,
        policy=content_security_policy(),
        across=across,
        across_picture=Markup(across.svg) if across else None,  # noqa: S704 - escaped where drawn
        style=Markup(stylesheet()),  # noqa: S704 - our own file
        **pictures(content),
    )


@cache
def stylesheet() -> str:
    """Return the page's style: the colours, light and dark, and the rules."""
    rules = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    light, dark = css_variables(LIGHT), css_variables(DARK)
    screen = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
    return f":root {{ {light} }}\n{screen}\n{rules}\n{picture_rules()}"


@cache
def content_security_policy(style: str | None = None) -> str:
    """Return a page's own policy: its one style and nothing else, not even a script.

    Args:
        style: the page's whole style; the report's own when left out.
    """
    text = stylesheet() if style is None else style
    digest = b64encode(sha256(text.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
