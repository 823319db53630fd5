"""The kinds of field that a story has; a fault of one names its event and field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar, Final, NoReturn, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from bot.domain.errors import InputError
from bot.domain.texts import say

LONGEST_TEXT: Final = 2_000
LONGEST_NAME: Final = 100
MOST_VOTES: Final = 10_000
LARGEST_NUMBER: Final = 10**15
_WORDS_FOR_TRUTH: Final = {"yes": True, "true": True, "no": False, "false": False}


def words(value: Any, *, longest: int) -> str:
    """Return words; control characters and doubled spaces are tidied away."""
    if isinstance(value, bool):
        raise ValueError(say("yaml_boolean"))
    if isinstance(value, int | float) and -LARGEST_NUMBER < value < LARGEST_NUMBER:
        value = str(value)
    tidy = " ".join(_printable(value).split()) if isinstance(value, str) else ""
    if not tidy:
        raise ValueError(say("needs_words", given=said(value)))
    if len(tidy) > longest:
        raise ValueError(say("characters_long_enough", tidy=len(tidy), longest=longest))
    return tidy


def _votes(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_VOTES:
        raise ValueError(say("must_whole_number", most_votes=MOST_VOTES, given=said(value)))
    return value


def _truth(value: Any) -> bool:
    word = value.strip().lower() if isinstance(value, str) else str(value).lower()
    if word not in _WORDS_FOR_TRUTH or not isinstance(value, str | bool):
        raise ValueError(say("must_yes", given=said(value)))
    return _WORDS_FOR_TRUTH[word]


def as_word(value: Any) -> Any:
    """Return the word for what YAML read as a truth value, anything else as it is."""
    return ("no", "yes")[value] if isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(partial(words, longest=LONGEST_TEXT))]
Name = Annotated[str, BeforeValidator(partial(words, longest=LONGEST_NAME))]
Votes = Annotated[int, BeforeValidator(_votes)]
Truth = Annotated[bool, BeforeValidator(_truth)]
"""Yes or no, written as a boolean or as the word."""


def between(least: float | str, most: float | str) -> BeforeValidator:
    """Return the check of a finite number.

    Args:
        least: the smallest that is taken; a name stands for an earlier field or for what `read`
            was given.
        most: the largest, in the same way.
    """

    def check(value: Any, info: ValidationInfo) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(say("must_number", given=said(value)))
        known = {**(info.context or {}), **info.data}
        low, high = (
            known.get(bound, value) if isinstance(bound, str) else bound for bound in (least, most)
        )
        if not low <= value <= high:  # true for NaN too
            raise ValueError(say("must_between", least=low, most=high, given=said(value)))
        return float(value)

    return BeforeValidator(check)


def rows(
    most: int, *, no_list: str = "not_a_list", too_many: str = "entries_read"
) -> BeforeValidator:
    """Return the check of a list's length; the codes name the sentences of its faults."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError(say(no_list))
        if len(value) > most:
            raise ValueError(say(too_many, count=len(value), most=most))
        return value

    return BeforeValidator(check)


class StoryModel(BaseModel):
    """One mapping of a story; null counts as left out, except in the fields of `nulls`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    nulls: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, values: Any) -> dict[str, Any]:
        if not isinstance(values, Mapping):
            raise ValueError(say("not_a_mapping", given=said(values)))
        for key in values:
            if key not in cls.model_fields:
                fault = say("unknown_key", allowed=", ".join(cls.model_fields))
                context = {"fault": fault, "key": said(key).strip('"')}
                raise PydanticCustomError("unknown_key", "{fault}", context)
        needed = [name for name, each in cls.model_fields.items() if each.is_required()]
        given = {key: value for key, value in values.items() if value is not None}
        kept = {name: values[name] for name in cls.nulls if name in values}
        return {key: None for key in needed if key not in cls.nulls} | kept | given


P = TypeVar("P", bound=StoryModel)


@dataclass(frozen=True, slots=True)
class FieldLocation:
    """Where in a story a field stands, for the message.

    Args:
        file: the story's file name.
        where: "event 3 (hour 5, resolve replica-access)" or a section's name; empty at the top.
    """

    file: str
    where: str = ""

    def within(self, path: Sequence[str | int]) -> FieldLocation:
        """Return the place of what stands under `path`, lists counted from one."""
        inner = ""
        for part in path:
            inner += f" {part + 1}" if isinstance(part, int) else f", {part}"
        where = (self.where + inner.replace("findings ", "finding ")).removeprefix(", ")
        return FieldLocation(self.file, where)

    def refuse(self, field: str, fault: str) -> NoReturn:
        """Raise what `refusal` returns."""
        raise self.refusal(field, fault)

    def refusal(self, field: str, fault: str) -> InputError:
        """Return the one sentence that names file, event and field."""
        place = ", ".join(part for part in (self.file, self.where) if part)
        named = f', field "{field}"' if field else ""
        return InputError(f"{place}{named}: {fault}", field=field or None)


def read(model: type[P], values: Any, place: FieldLocation, **known: float) -> P:
    """Return a mapping of a story, checked.

    Args:
        model: what it must be.
        values: the mapping as YAML gave it.
        place: where it stands.
        known: bounds that `between` may name.

    Raises:
        InputError: the first field at fault, an unknown key before all others.
    """
    try:
        return model.model_validate(values, context=known)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        first = next(filter(_is_key, faults), faults[0])
        raise _refusal(place, first) from None


def _is_key(fault: ErrorDetails) -> bool:
    return fault["type"] == "unknown_key" or fault["loc"][-1:] == ("[key]",)


_SENTENCES: Final = {"enum": "must", "dict_type": "not_a_mapping", "missing": "needs_words"}


def _refusal(place: FieldLocation, fault: ErrorDetails) -> InputError:
    """Return what pydantic found at fault, in the words of stories."""
    path, context = list(fault["loc"]), fault.get("ctx", {})
    message = fault["msg"].removeprefix("Value error, ")
    choices = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
    if path[-1:] == ["[key]"]:
        path[-2:] = [str(path[-2])]
        message = say("unknown_key", allowed=choices)
    elif code := _SENTENCES.get(fault["type"]):
        given = None if fault["type"] == "missing" else fault["input"]
        message = say(code, given=said(given), kind=choices)
    path += [context["key"]] if "key" in context else []
    field = path.pop() if path and isinstance(path[-1], str) else ""
    return place.within(path).refusal(str(field), message)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() or letter.isspace() else " " for letter in text)


def said(value: Any) -> str:
    """Return a value as a message may show it: short and on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, int) and abs(value) >= LARGEST_NUMBER:
        return say("number_too_large")
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple | set):
        return "a list"
    shown = " ".join(_printable(str(value)[:60]).split())
    return f'"{shown}"' if isinstance(value, str) else shown
