"""GraphQL: the schema by introspection, and a mutation or query that it allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import graphql

from probes.contract import Finding
from probes.integration import latency, prediction_call, reach
from probes.integration.calls import Caller, CallResult, Facts, as_json
from probes.integration.texts import CODES

_DEEPEST: Final = 4
_LONGEST: Final = 160
_PING: Final = "{ __typename }"
_VALUES: Final[Mapping[str, Any]] = {
    "Int": 1,
    "Float": 0.5,
    "String": "test",
    "Boolean": True,
    "ID": "1",
}


class Target(Caller):
    """A GraphQL endpoint; every call is a POST of its query."""

    _query = _PING
    _variables: Mapping[str, Any] = {}

    def call(self, **given: Any) -> CallResult:
        """Post the query; see `Caller.call` for what may be given."""
        payload = {"query": self._query, "variables": dict(self._variables)}
        if given.get("method") or given.get("url"):
            return super().call(**given)
        return super().call(**({"body": payload} | given))

    def ask(self, query: str, variables: Mapping[str, Any]) -> None:
        """Send this query from here on."""
        self._query, self._variables = query, variables

    def credentials(self) -> dict[str, str]:
        """Return the secret headers; GraphQL's own media type goes with them."""
        return {"Accept": "application/json", **super().credentials()}

    @property
    def has_credentials(self) -> bool:
        """Whether anything secret is configured."""
        return bool(self.target.token or self.target.headers)


def schema(caller: Target, name: str, facts: Facts) -> Iterator[Finding]:
    """Read the schema and check the configured query against it, or build one."""
    target = caller.target
    if target.query:
        caller.ask(target.query, target.variables or {})
    answer = caller.call(body={"query": graphql.get_introspection_query(descriptions=False)})
    document = as_json(answer)
    data = document.get("data") if isinstance(document, Mapping) else None
    if not answer.works or not isinstance(data, Mapping):
        if not answer.fault and answer.status not in {401, 403}:
            yield CODES.finding("introspection_off", {"status": answer.status}, name=name)
        return
    try:
        known = graphql.build_client_schema(data)
    except (TypeError, KeyError, graphql.GraphQLError):
        yield CODES.finding("schema_broken", name=name)
        return
    yield CODES.finding("schema_read", name=name, count=len(known.type_map))
    facts["graphql"] = {"types": len(known.type_map)}
    yield from _checked(caller, name, known)


def _checked(caller: Target, name: str, known: graphql.GraphQLSchema) -> Iterator[Finding]:
    target = caller.target
    if target.query:
        wrong = _wrong_query(known, target.query)
        if wrong:
            yield CODES.finding("query_not_in_schema", name=name, why=wrong)
        return
    if not target.operation:
        yield CODES.finding("operation_not_named", name=name)
        return
    field = next(
        (
            (root, fields[target.operation])
            for root, fields in _roots(known)
            if target.operation in fields
        ),
        None,
    )
    if field is None:
        yield CODES.finding("field_absent", name=name, field=target.operation)
        return
    query, variables = _built(*field, target.operation)
    caller.ask(query, {**variables, **(target.body or {})})
    yield CODES.finding("query_built", name=name, field=target.operation)


def _wrong_query(known: graphql.GraphQLSchema, query: str) -> str:
    try:
        errors = graphql.validate(known, graphql.parse(query))
    except graphql.GraphQLError as broken:
        errors = [broken]
    return errors[0].message.rstrip(".")[:_LONGEST] if errors else ""


def _roots(known: graphql.GraphQLSchema) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for word, root in (("mutation", known.mutation_type), ("query", known.query_type)):
        if root is not None:
            yield word, root.fields


def _built(root: str, field: Any, name: str) -> tuple[str, dict[str, Any]]:
    """Return a query with an example for each required argument."""
    needed = {key: one for key, one in field.args.items() if graphql.is_required_argument(one)}
    variables = {key: _example(one.type) for key, one in needed.items()}
    declared = ", ".join(f"${key}: {one.type}" for key, one in needed.items())
    given = ", ".join(f"{key}: ${key}" for key in needed)
    opening = f"{root} Hour48({declared})" if declared else f"{root} Hour48"
    call = f"{name}({given})" if given else name
    return f"{opening} {{ {call}{_selection(field.type)} }}", variables


def _selection(kind: Any) -> str:
    inner = graphql.get_named_type(kind)
    if not graphql.is_object_type(inner):
        return " { __typename }" if graphql.is_composite_type(inner) else ""
    leaves = [
        key
        for key, one in inner.fields.items()
        if graphql.is_leaf_type(graphql.get_named_type(one.type))
        and not any(map(graphql.is_required_argument, one.args.values()))
    ]
    return f" {{ {' '.join(leaves[:10]) or '__typename'} }}"


def _example(kind: Any, depth: int = 0) -> Any:
    inner = graphql.get_nullable_type(kind)
    if graphql.is_list_type(inner):
        return [_example(inner.of_type, depth + 1)]
    if graphql.is_enum_type(inner):
        return next(iter(inner.values))
    if graphql.is_input_object_type(inner):
        needed = {
            key: one for key, one in inner.fields.items() if graphql.is_required_input_field(one)
        }
        return (
            {key: _example(one.type, depth + 1) for key, one in needed.items()}
            if depth < _DEEPEST
            else {}
        )
    return _VALUES.get(str(inner), "test")


CHECKS: Final = (
    ("resolving_connecting", reach.reach),
    ("reading_schema", schema),
    ("sending_test_prediction", prediction_call.real_call),
    ("calling_without_credentials", prediction_call.authentication),
    ("asking_page", prediction_call.cors),
    ("timing_calls", latency.latency),
)
