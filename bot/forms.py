"""Forms as dataclasses whose fields carry their rules; each fault is said under its block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

from pydantic import AfterValidator, TypeAdapter, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails

from bot.domain.errors import FormError
from bot.messages.catalog import say_plain

_Form = TypeVar("_Form", bound=type)
_Value = TypeVar("_Value")
_ADAPTERS: Final[dict[type, TypeAdapter[Any]]] = {}


def with_rules(form: _Form) -> _Form:
    """Put the rules of a form's fields together, as the module loads and not at the first press."""
    _ADAPTERS[form] = TypeAdapter(form)
    return form


def refuse(fault: Callable[[Any, ValidationInfo], str | None]) -> AfterValidator:
    """Return the rule of a field.

    It holds in `check_form` alone: a form that is only filled in is checked for its types.

    Args:
        fault: gives the sentence about a value that cannot be taken, else None; `info.context`
            is what `check_form` was given, `info.data` the fields before this one.
    """

    def check(value: Any, info: ValidationInfo) -> Any:
        if info.context is not None and (sentence := fault(value, info)):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


def rule(text: str, is_kept: Callable[[Any, ValidationInfo], bool]) -> AfterValidator:
    """Return the rule of a field that has one sentence.

    Args:
        text: key of the sentence about a value that cannot be taken.
        is_kept: whether it can.
    """
    return refuse(lambda value, info: None if is_kept(value, info) else say_plain(text))


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What can be taken of a field that is checked by itself, as in a form of one field.

    Args:
        block: its name.
        fault: key of the sentence about a value that cannot be taken.
        is_kept: whether a value can; where nothing is said, anything but None.
    """

    block: str
    fault: str
    is_kept: Callable[[Any], bool] = lambda _value: True

    def checked(self, value: _Value | None, **facts: object) -> _Value:
        """Return the value.

        Args:
            value: of the field; None where it is empty or means nothing.
            facts: what the sentence says.

        Raises:
            FormError: it cannot be taken.
        """
        if value is None or not self.is_kept(value):
            raise FormError({self.block: say_plain(self.fault, **facts)})
        return value


def has_length(least: int, most: int | None = None) -> Callable[[str], bool]:
    """Return whether a text has so many characters, or no more where `most` is given."""
    return lambda words: least <= len(words) and (most is None or len(words) <= most)


def field_name(fault: ErrorDetails) -> str:
    """Return the name of the field at fault, which is that of its block."""
    return str(fault["loc"][0])


def check_form(
    form: _Value, context: object, block_of: Callable[[ErrorDetails], str] = field_name
) -> _Value:
    """Return a form as it is stored, with every field checked.

    Args:
        form: an object of a dataclass that is `with_rules`.
        context: what its rules look into, such as the unit of work; not None.
        block_of: gives the name of the block that a fault belongs to.

    Raises:
        FormError: fields that cannot be taken, each under its block's name with its sentence.
    """
    given: Any = form
    try:
        checked: _Value = _ADAPTERS[form.__class__].validate_python(asdict(given), context=context)
    except ValidationError as wrong:
        raise FormError(
            {block_of(each): each["msg"].removeprefix("Value error, ") for each in wrong.errors()}
        ) from None
    return checked
