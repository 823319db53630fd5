"""A folder of languages is refused with the file and the text at fault, before a bot starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.errors import InputError
from bot.settings import load
from bot.texts import languages
from bot.translations import faults, require_whole
from tests import pseudo

FAULTS = {
    "a broken file": ("common.yaml", "title: [a\n", "line 2: this can't be read as YAML"),
    "an unknown file": ("comon.yaml", "title: a\n", "no file of texts has this path"),
    "an unknown key": ("common.yaml", "titel: a\n", "no text `titel`; did you mean `title`?"),
    "a list for a text": ("common.yaml", "title: [1]\n", "title must be a text"),
    "a list for a file": ("common.yaml", "- a\n", "the file must be keys with texts"),
    "half a placeholder": ("audit.yaml", "cut: '{{ team'\n", "cut can't be filled in"),
    "an unknown filter": ("audit.yaml", "cut: '{{ team | loud }}'\n", "No filter named 'loud'"),
    "an unknown fact": (
        "audit.yaml",
        "cut: '{{ tema }}'\n",
        "the unknown fact 'tema'; known are seq, team.",
    ),
    "an unknown fact of a file beside the code": (
        "bot/fix_lint/texts.yaml",
        "too_vague_say: 'Zu vage: {listd}'\n",
        "the unknown fact 'listd'; known are listed.",
    ),
    "a fact where there is none": (
        "bot/fix_lint/texts.yaml",
        "item_clear: '{who}'\n",
        "'who'; none are known.",
    ),
    "an unknown fact of the playbook": (
        "bot/playbook/standard/hours.yaml",
        "hours: [{words: '{{ our }}'}]\n",
        "items, and 49 in English",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "de").mkdir()
    return tmp_path


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named_with_its_file(folder: Path, case: str) -> None:
    name, text, said = FAULTS[case]
    file = folder / "de" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    with pytest.raises(InputError) as refused:
        require_whole(folder)
    assert refused.value.message.startswith(str(file))
    assert said in "\n".join(faults(folder))


def test_a_translation_of_a_few_texts_is_whole(folder: Path) -> None:
    (folder / "de" / "audit.yaml").write_text("cut: '{{ seq }} fehlt bei {{ team }}.'\n", "utf-8")
    (folder / "de" / "NOTES.md").write_text("Who translates what.\n", "utf-8")
    assert faults(folder) == []


@pytest.mark.smoke
def test_a_translation_of_everything_is_whole(folder: Path) -> None:
    pseudo.write(folder)
    assert faults(folder) == []


def test_a_folder_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUR48_LANGUAGE__FOLDER", "/no/languages")
    languages.cache_clear()
    with pytest.raises(InputError, match="/no/languages is not a folder"):
        load()
    assert languages() == ("en",)
