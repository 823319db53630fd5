"""Texts in other languages: who reads which, what is missing, and what falls back to English."""

from __future__ import annotations

import re
from collections import Counter

import pandas as pd
import pytest
from jinja2 import Environment, meta

from bot import texts
from bot.domain.verdict import texts as verdict_texts
from bot.fix_lint import lint_fix
from bot.messages.catalog import TEXTS, plural, say, say_plain
from bot.playbook.loader import in_language, load_playbook
from bot.settings import LanguageSettings
from bot.texts import (
    FALLBACK,
    SOURCE_TREE,
    TRANSLATIONS,
    as_share,
    language,
    nearest,
    texts_beside,
    use_language,
)
from probes.governance.fairness import groups_of
from probes.pictures import GroupBar, group_differences
from tests import pseudo


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("languages")
    (found / "qq").mkdir()
    (found / "qq" / "common.yaml").write_text("nothing_to_retry: Raus.\n", "utf-8")
    with pseudo.installed(found):
        yield found


def test_a_text_is_said_in_the_language_that_is_spoken(folder):
    with use_language("qq"):
        assert (say("common.nothing_to_retry"), say_plain("common.nothing_to_retry")) == (
            "Raus.",
            "Raus.",
        )
    assert say("common.nothing_to_retry").startswith("That went out")


def test_what_a_language_lacks_is_said_in_english(folder):
    with use_language("qq"):
        assert say_plain("blocker.state_open") == "open"


def test_the_verdict_and_the_playbook_speak_too(folder):
    with use_language("xx"):
        assert not verdict_texts.template("not_deployed").isascii()
        assert not in_language(load_playbook(), language()).phases[0].title.isascii()
    assert in_language(load_playbook(), FALLBACK) is load_playbook()


def test_the_guide_for_translators_names_every_file_of_sentences():
    guide = (SOURCE_TREE / "docs" / "languages.md").read_text("utf-8")
    untold = []
    for path in pseudo.sources():
        file = path.relative_to(SOURCE_TREE)
        is_common = file.name in ("texts.yaml", "codes.yaml")
        ways = (file.name, file.parts[0]) if is_common else (f"{file.parent}/",)
        if f"`{file}`" not in guide and not all(
            f"`{way}`" in guide or f"`{way}*.yaml`" in guide for way in ways
        ):
            untold.append(str(file))
    assert not untold


def test_no_file_of_sentences_says_a_key_twice():
    twice = []
    for path in pseudo.sources():
        keys = re.findall(r"^\w+(?=:)", path.read_text("utf-8"), re.MULTILINE)
        twice += [f"{path.name}: {key}" for key, count in Counter(keys).items() if count > 1]
    assert not twice


def test_a_companys_own_playbook_is_in_its_own_language(folder, tmp_path):
    from bot.playbook.loader import copy_playbook

    copy_playbook(tmp_path / "own")
    own = load_playbook(tmp_path / "own")
    assert in_language(own, "xx") is own


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("qq-DE", "qq"), ("QQ", "qq"), ("qq_AT", "qq"), ("sv-SE", "en"), ("", "en"), (None, "en")],
)
def test_a_locale_leads_to_its_language_or_to_the_workspaces(folder, locale, expected):
    assert nearest(locale) == expected
    assert nearest("sv-SE", otherwise="qq") == "qq"


def test_a_language_that_is_not_there_is_refused_by_name(folder):
    with pytest.raises(ValueError, match="there are no texts in “tlh”; there are en, qq, xx"):
        LanguageSettings(workspaces={"T1": "tlh"})
    assert LanguageSettings(workspaces={"T1": "qq"}).of("T1") == "qq"
    assert LanguageSettings(workspaces={"T1": "qq"}).of("T2") == "en"


def lacking(into: str) -> list[str]:
    """Return the keys that a language says nothing for."""
    found = []
    for path in pseudo.sources():
        other = texts.translated(path, into)
        said = texts.read(other) if other else {}
        found += [
            f"{path.relative_to(SOURCE_TREE)}: {key}" for key in texts.read(path) if key not in said
        ]
    return found


def test_what_a_language_lacks_is_listed(folder):
    assert "bot/messages/texts/en/common.yaml: saved" not in lacking("qq")
    assert "bot/messages/texts/en/common.yaml: title" in lacking("qq")
    assert not lacking("xx")


@pytest.mark.parametrize("into", [each.name for each in TRANSLATIONS.iterdir()])
def test_a_shipped_language_lacks_nothing(into):
    assert into == FALLBACK or not lacking(into)


def test_a_translation_names_the_same_facts_as_english(folder):
    """A placeholder that a translator lost or invented is found before anybody reads the text."""
    environment = Environment(autoescape=False)
    environment.filters.update(dict.fromkeys(("plural", "hours", "age"), str))
    for file in TEXTS.glob("*.yaml"):
        for key, text in texts.read(file).items():
            facts = [
                meta.find_undeclared_variables(environment.parse(str(each)))
                for each in (text, texts.read(file, "xx")[key])
            ]
            assert facts[0] == facts[1], f"{file.stem}.{key}"


def test_pictures_groups_and_lists_speak_the_language_of_their_reader(folder, tmp_path):
    group = GroupBar("1", 0.1, 0.0, 0.2, 30, large_enough=False)
    ages = pd.Series([20, 30, 70, None] * 10, name="age")
    with use_language(pseudo.NAME):
        picture = group_differences(
            tmp_path, [group], column="2", metric="3", overall=0.1, name="groups"
        )
        said = [picture.alt, *groups_of(ages).unique(), lint_fix("ok").message]
    english = re.compile(r"\b(everybody|rows|few|under|more|missing|and|who|does)\b")
    assert not [words for words in said if english.search(words)]


def test_a_share_has_a_space_before_its_sign(tmp_path):
    (tmp_path / "texts.yaml").write_text(
        'half: "{share:.0%} of {rows:,} rows, a {tenth:.1%}"', "utf-8"
    )
    texts = texts_beside(str(tmp_path / "code.py"))
    said = texts.say("half", share=0.5, rows=1200, tenth=0.101)
    assert said == "50 % of 1,200 rows, a 10.1 %"
    assert as_share(0.5) == "50 %"


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "1 call"), (2.5, "2.5 calls"), (2447, "2,447 calls"), (1_234_567, "1,234,567 calls")],
)
def test_a_large_number_is_written_whole_with_its_thousands_apart(count, words):
    assert plural(count, "call") == words
