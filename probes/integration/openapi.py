"""An OpenAPI document (2.0, 3.0, 3.1): the operation we call, its body, and what it may answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

from probes.integration.example import Examples
from probes.integration.texts import say

_DOCUMENT: Final = "urn:hour48:openapi"
_JSON: Final = re.compile(r"^(application/json|.*\+json|\*/\*)", re.I)
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"


class NoBody(Exception):  # noqa: N818 - a document that cannot be followed, no fault of ours
    """No body could be built that the document itself accepts; says where it fails."""


@dataclass(frozen=True)
class Operation:
    """One operation of a document.

    Args:
        document: the whole of it.
        raw: the operation's object.
        shared: parameters that the path states for all its operations.
    """

    document: Mapping[str, Any]
    raw: Mapping[str, Any]
    shared: list[Any] = field(default_factory=list)

    @property
    def is_swagger(self) -> bool:
        """Whether the document is of version 2.0."""
        return str(self.document.get("swagger", "")).startswith("2")

    @cached_property
    def _examples(self) -> Examples:
        return Examples(self.resolve)

    def resolve(self, pointer: str) -> Any:
        """Return what a reference inside the document points to; nothing for one outside."""
        if not pointer.startswith("#"):
            return None
        found: Any = self.document
        for part in pointer.lstrip("#").strip("/").split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list):
                found = found[int(name)] if name.isdigit() and int(name) < len(found) else None
            else:
                found = found.get(name) if isinstance(found, Mapping) else None
        return found

    def _whole(self, part: Any) -> Mapping[str, Any]:
        for _ in range(8):
            if not isinstance(part, Mapping) or "$ref" not in part:
                break
            part = self.resolve(str(part["$ref"]))
        return part if isinstance(part, Mapping) else {}

    def _content(self, holder: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for kind, media in (holder.get("content") or {}).items():
            if isinstance(media, Mapping):
                yield str(kind).split(";")[0].strip(), media

    def request(self) -> tuple[str, Mapping[str, Any]] | None:
        """Return the media type and description of the body we would send, or nothing."""
        if self.is_swagger:
            body = next((one for one in self.parameters() if one.get("in") == "body"), None)
            return ("application/json", body) if body else None
        offered = list(self._content(self._whole(self.raw.get("requestBody"))))
        asjson = [one for one in offered if _JSON.match(one[0])]
        forms = [one for kind in (FORM, MULTIPART) for one in offered if one[0] == kind]
        return next(iter([*asjson, *forms]), None)

    def parameters(self) -> list[Mapping[str, Any]]:
        """Return the operation's parameters, its own before those of its path."""
        own = [self._whole(one) for one in self.raw.get("parameters") or []]
        names = {(one.get("name"), one.get("in")) for one in own}
        above = [self._whole(one) for one in self.shared]
        return [*own, *(one for one in above if (one.get("name"), one.get("in")) not in names)]

    def body(self) -> Any:
        """Return a body that the document allows.

        Raises:
            NoBody: none could be built; the message says where.
        """
        request = self.request()
        if request is None:
            raise NoBody(say("json_body_missing"))
        media = request[1]
        made = self._stated(media)
        if made is None:
            made = self._examples.of(media.get("schema") or {})
        wrong = self.wrong_body(made)
        if wrong:
            raise NoBody(wrong)
        return made

    def _stated(self, media: Mapping[str, Any]) -> Any:
        """Return the first example of a media type that its own schema accepts."""
        stated = [media["example"]] if "example" in media else []
        for one in (media.get("examples") or {}).values() if not self.is_swagger else ():
            stated.append(self._whole(one).get("value"))
        schema = media.get("schema")
        return next(
            (
                one
                for one in stated
                if one is not None and not (schema and self._wrong(one, schema))
            ),
            None,
        )

    def wrong_body(self, body: Any) -> str:
        """Return where a body breaks the description, empty when it does not."""
        request = self.request()
        schema = request[1].get("schema") if request else None
        return self._wrong(body, schema, writing=True) if schema else ""

    def values(self, place: str) -> dict[str, str]:
        """Return example values of the required parameters of a place, `query` or `header`."""
        found = {}
        for one in self.parameters():
            if one.get("in") == place and one.get("required") is True:
                schema = one if self.is_swagger else one.get("schema") or {}
                value = one.get("example", self._examples.of(schema))
                found[str(one.get("name"))] = _as_text(value)
        return found

    def wrong_answer(
        self, status: int, kind: str, document: Any, *, is_empty: bool
    ) -> tuple[str, str]:
        """Compare an answer with what is described for its status.

        Args:
            status: of the answer.
            kind: its media type, without parameters.
            document: the body as JSON; None when it is none.
            is_empty: whether there was no body.

        Returns:
            A code (`status`, `media`, `empty` or `schema`; empty when all is well) and where.
        """
        described = self._response(status)
        if described is None:
            return "status", str(status)
        schema = described.get("schema") if self.is_swagger else None
        offered = dict(self._content(described))
        if not self.is_swagger:
            matching = [media for name, media in offered.items() if _same_media(name, kind)]
            if offered and not is_empty and not matching:
                return "media", kind or "none"
            schema = (matching or [next(iter(offered.values()), {})])[0].get("schema")
        if is_empty:
            return ("empty", "") if schema else ("", "")
        wrong = self._wrong(document, schema) if schema and _JSON.match(kind or "*/*") else ""
        return ("schema", wrong) if wrong else ("", "")

    def _response(self, status: int) -> Mapping[str, Any] | None:
        responses = {
            str(key).upper(): one for key, one in (self.raw.get("responses") or {}).items()
        }
        for key in (str(status), f"{status // 100}XX", "DEFAULT"):
            if key in responses:
                return self._whole(responses[key])
        return None if responses else {}

    def _wrong(self, value: Any, schema: Any, *, writing: bool = False) -> str:
        """Return the first place at which a value breaks a schema; never the value itself."""
        from jsonschema.exceptions import SchemaError
        from referencing.exceptions import Unresolvable

        try:
            errors = sorted(
                self._validator(schema, writing=writing).iter_errors(value), key=_how_deep
            )
        except (Unresolvable, SchemaError, RecursionError, TypeError, ValueError, KeyError) as bad:
            return say("schema_cannot_followed", cause=type(bad).__name__)
        return _where(errors[0]) if errors else ""

    def _validator(self, schema: Any, *, writing: bool) -> Any:
        import openapi_schema_validator as known
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT4, DRAFT202012

        modern = str(self.document.get("openapi", "")).startswith(("3.1", "3.2"))
        old = known.OAS30WriteValidator if writing else known.OAS30ReadValidator
        draft = DRAFT202012 if modern else DRAFT4
        resource: Any = Resource(contents=_anchored(self.document), specification=draft)
        registry: Any = Registry().with_resource(_DOCUMENT, resource)
        kind = known.OAS31Validator if modern else old
        return kind(_anchored(schema), registry=registry, format_checker=kind.FORMAT_CHECKER)


def find_operation(
    document: Mapping[str, Any], url: str, method: str, operation: str | None
) -> Operation | None:
    """Return the operation a target calls: by its id where one is configured, else by its path.

    Args:
        document: the OpenAPI document.
        url: the target's.
        method: the target's, in lower case.
        operation: the configured operationId.
    """
    called = urlsplit(url).path.rstrip("/")
    best: tuple[int, Operation] | None = None
    for path, verbs in (document.get("paths") or {}).items():
        raw = verbs.get(method) if isinstance(verbs, Mapping) else None
        if not isinstance(raw, Mapping):
            continue
        found = Operation(document, raw, list(verbs.get("parameters") or []))
        if operation:
            if raw.get("operationId") == operation:
                return found
        elif _is_path(str(path), called) and (best is None or len(str(path)) > best[0]):
            best = (len(str(path)), found)
    return best[1] if best else None


def _is_path(template: str, called: str) -> bool:
    parts = re.split(r"\{[^}/]*\}", template.rstrip("/"))
    if not template.rstrip("/"):
        return called == ""
    form = "[^/]+".join(map(re.escape, parts))
    return re.search(f"{form}$", called) is not None


def _anchored(schema: Any) -> Any:
    """Point local references at the document that is registered."""
    if isinstance(schema, Mapping):
        return {
            str(key): f"{_DOCUMENT}{value}"
            if key == "$ref" and isinstance(value, str) and value.startswith("#")
            else _anchored(value)
            for key, value in schema.items()
        }
    return [_anchored(one) for one in schema] if isinstance(schema, list) else schema


def _how_deep(error: Any) -> tuple[int, str]:
    return len(error.absolute_path), str(error.validator)


def _where(error: Any) -> str:
    """Return the place and the rule of a schema's error, without the value that broke it."""
    place = "/".join(str(one) for one in error.absolute_path) or say("the_top")
    if error.validator == "required":
        given = error.instance if isinstance(error.instance, Mapping) else {}
        absent = [name for name in error.validator_value if name not in given]
        return say("missing", place=place, map="”, “".join(map(str, absent[:3])))
    if error.validator == "additionalProperties":
        return say("fields_described", place=place)
    rule = json.dumps(error.validator_value, ensure_ascii=False, default=str)[:60]
    return say("breaks_rule", place=place, rule=f"{error.validator} {rule}")


def _same_media(described: str, kind: str) -> bool:
    if described == "*/*" or described.lower() == kind.lower():
        return True
    return described.endswith("/*") and kind.startswith(described[:-1])


def _as_text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
