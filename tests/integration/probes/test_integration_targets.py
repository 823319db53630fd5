"""GraphQL, gRPC, SOAP, SFTP, pages and tables against real servers, good ones and faulty ones.

Half of the faults (`UNSEEN_…`) were written before the code ran on them and not tuned on.
"""

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.domain.errors import InputError
from probes.settings import TargetSettings
from tests.integration.probes.faulty import (
    AS_JSON,
    SCORES,
    codes,
    http_server,
    probe,
    write_certificate,
)

SCHEMA = """
type Query { health: String }
enum Plan { BASIC GOLD }
input ScoreInput { customer: ID! score: Float! plan: Plan! tags: [String!]! note: String }
type Receipt { id: ID! accepted: Boolean }
type Mutation {
  submitScore(input: ScoreInput!, dry: Boolean): Receipt
  failing(id: ID!): Receipt
}
"""


@pytest.fixture
def graphql_base():
    graphql = pytest.importorskip("graphql", reason="an optional extra")
    import json

    schema = graphql.build_schema(SCHEMA)

    class Root:
        def submitScore(self, _info, input, dry=None):  # noqa: A002, N802 - names of the schema
            assert isinstance(input["score"], float)
            return {"id": "1", "accepted": True}

        def failing(self, _info, id):  # noqa: A002 - a name of the schema
            raise RuntimeError("no model")

    def answer(_method, path, headers, body):
        if path == "/closed" and headers.get("Authorization") != "Bearer t0ken":
            return 401, AS_JSON, {}
        asked = json.loads(body)
        if path == "/private" and "__schema" in asked["query"]:
            return 200, AS_JSON, {"errors": [{"message": "introspection is off"}]}
        given = asked.get("variables")
        done = graphql.graphql_sync(schema, asked["query"], Root(), variable_values=given)
        return 200, AS_JSON, done.formatted

    with http_server(answer) as base:
        yield base


@pytest.mark.parametrize(
    ("given", "expected", "scenario"),
    [
        ({"operation": "submitScore"}, {"schema_read", "query_built", "call_accepted"}, "easy"),
        ({"operation": "failing"}, {"query_built", "says_no"}, "impossible"),
        ({"operation": "absent"}, {"field_absent"}, "impossible"),
        ({}, {"operation_not_named", "call_accepted"}, "easy"),
        ({"query": "mutation { submitScore }"}, {"query_not_in_schema"}, "impossible"),
        ({"path": "/private"}, {"introspection_off"}, "easy"),
        ({"path": "/closed"}, {"credentials_refused"}, "process"),
        (
            {"path": "/closed", "token": "${GQL_TOKEN}", "operation": "submitScore"},
            {"query_built", "call_accepted", "credentials_asked"},
            "easy",
        ),
    ],
)
def test_graphql(tmp_path, graphql_base, monkeypatch, given, expected, scenario):
    monkeypatch.setenv("GQL_TOKEN", "t0ken")
    given = dict(given)
    url = graphql_base + given.pop("path", "/graphql")
    result = probe(tmp_path, url=url, kind="graphql", latency_budget_ms=3000, **given)
    if "query_not_in_schema" in expected:  # a server may answer 400, or 200 with errors
        expected = {"query_not_in_schema", "says_no"}
    assert expected <= codes(result), codes(result)
    assert result.scenario == scenario


@pytest.fixture(scope="module")
def grpc_certificate(tmp_path_factory):
    return write_certificate(tmp_path_factory.mktemp("grpc"), 300)


@pytest.fixture(scope="module")
def grpc_place(grpc_certificate):  # noqa: C901 - one server with five methods
    grpc = pytest.importorskip("grpc", reason="an optional extra")
    reflection = pytest.importorskip(
        "grpc_reflection.v1alpha.reflection", reason="an optional extra"
    )
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="shop.proto", package="shop", syntax="proto3")
    ask = file.message_type.add(name="Ask")
    for number, (name, kind, label) in enumerate(
        [("customer", 9, 1), ("score", 1, 1), ("ids", 3, 3), ("sure", 8, 1)], 1
    ):
        ask.field.add(name=name, number=number, type=kind, label=label)
    file.message_type.add(name="Receipt").field.add(name="id", number=1, type=9, label=1)
    service = file.service.add(name="Pricing")
    for name, streams in (
        ("Score", False),
        ("Guarded", False),
        ("Breaks", False),
        ("Flow", True),
        ("Picky", False),
    ):
        service.method.add(
            name=name, input_type=".shop.Ask", output_type=".shop.Receipt", server_streaming=streams
        )
    pool = descriptor_pool.Default()
    with contextlib.suppress(TypeError):  # it is there when this process opened the place before
        pool.AddSerializedFile(file.SerializeToString())
    messages = {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"shop.{name}"))
        for name in ("Ask", "Receipt")
    }

    def handle(name):
        def answer(request, context):
            sent = dict(context.invocation_metadata())
            if name == "Guarded" and sent.get("authorization") != "Bearer t0ken":
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you")
            if name == "Breaks":
                context.abort(grpc.StatusCode.INTERNAL, "oops")
            if name == "Picky":
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "not like this")
            assert (request.score, list(request.ids)) == (0.5, [1])
            return messages["Receipt"](id="1")

        return grpc.unary_unary_rpc_method_handler(
            answer, messages["Ask"].FromString, lambda message: message.SerializeToString()
        )

    places, servers = {}, []
    pem = grpc_certificate.read_bytes()
    secure = grpc.ssl_server_credentials([(pem, pem)])
    for shows in (True, False, "tls"):
        server = grpc.server(ThreadPoolExecutor(2))
        handlers = {name: handle(name) for name in ("Score", "Guarded", "Breaks", "Picky")}
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("shop.Pricing", handlers),)
        )
        if shows:
            reflection.enable_server_reflection(["shop.Pricing", reflection.SERVICE_NAME], server)
        if shows == "tls":
            places[shows] = f"grpcs://127.0.0.1:{server.add_secure_port('127.0.0.1:0', secure)}"
        else:
            places[shows] = f"grpc://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        servers.append(server)
    yield places
    for server in servers:
        server.stop(0)


@pytest.mark.parametrize(
    ("method", "shows", "more", "expected", "scenario"),
    [
        (
            "shop.Pricing/Score",
            True,
            {},
            {"reflection_read", "query_built", "call_accepted"},
            "easy",
        ),
        ("shop.Pricing/Guarded", True, {"token": "${GRPC_TOKEN}"}, {"credentials_asked"}, "easy"),
        ("shop.Pricing/Guarded", True, {}, {"credentials_refused"}, "process"),
        ("shop.Pricing/Breaks", True, {}, {"server_fails"}, "impossible"),
        ("shop.Pricing/Nothing", True, {}, {"field_absent"}, "impossible"),
        ("shop.Pricing/Flow", True, {}, {"method_streams"}, "impossible"),
        ("shop.Pricing/Picky", True, {}, {"body_refused"}, "impossible"),
        (
            "shop.Pricing/Score",
            True,
            {"body": {"prize": 4}},
            {"body_not_as_described"},
            "process",
        ),
        ("shop.Pricing/Score", False, {}, {"reflection_off"}, "process"),
    ],
)
def test_grpc(tmp_path, grpc_place, monkeypatch, method, shows, more, expected, scenario):
    monkeypatch.setenv("GRPC_TOKEN", "t0ken")
    result = probe(
        tmp_path, url=grpc_place[shows], operation=method, latency_budget_ms=3000, **more
    )
    assert expected <= codes(result), [(f.code, f.sentence) for f in result.findings]
    assert result.scenario == scenario


@pytest.mark.parametrize(
    ("trusts", "expected"), [(True, {"tls_valid", "call_accepted"}), (False, {"tls_untrusted"})]
)
def test_grpc_over_tls(tmp_path, grpc_place, grpc_certificate, trusts, expected):
    more = {"ca_file": str(grpc_certificate)} if trusts else {}
    result = probe(
        tmp_path,
        url=grpc_place["tls"],
        operation="shop.Pricing/Score",
        latency_budget_ms=3000,
        **more,
    )
    assert expected <= codes(result), [(f.code, f.sentence) for f in result.findings]
    assert ("call_accepted" in codes(result)) == trusts


def test_grpc_meets_the_guard(tmp_path, grpc_place):
    place = grpc_place[True]
    result = probe(tmp_path, url=place, operation="shop.Pricing/Score", allow_internal=False)
    assert "refused_address" in codes(result)
    assert "call_accepted" not in codes(result)


WSDL = """<?xml version="1.0"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"
 xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:tns="urn:shop" targetNamespace="urn:shop">
<types><xsd:schema targetNamespace="urn:shop" elementFormDefault="qualified">
<xsd:element name="Score"><xsd:complexType><xsd:sequence>
<xsd:element name="customer" type="xsd:string"/><xsd:element name="score" type="xsd:decimal"/>
<xsd:element name="rank" type="xsd:int"/><xsd:element name="at" type="xsd:dateTime"/>
<xsd:element name="note" type="xsd:string" minOccurs="0"/></xsd:sequence></xsd:complexType>
</xsd:element><xsd:element name="ScoreResponse"><xsd:complexType><xsd:sequence>
<xsd:element name="id" type="xsd:int"/></xsd:sequence></xsd:complexType></xsd:element>
</xsd:schema></types>
<message name="In"><part name="body" element="tns:Score"/></message>
<message name="Out"><part name="body" element="tns:ScoreResponse"/></message>
<portType name="Port">
<operation name="Score"><input message="tns:In"/><output message="tns:Out"/></operation>
</portType>
<binding name="Binding" type="tns:Port"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="Score"><soap:operation soapAction="urn:Score"/>
<input><soap:body use="literal"/></input>
<output><soap:body use="literal"/></output></operation></binding>
<service name="Shop">
<port name="Port" binding="tns:Binding"><soap:address location="{base}{path}"/></port>
</service>
</definitions>"""
ENVELOPE = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'
FAULT = "<s:Fault><faultcode>{}</faultcode><faultstring>no</faultstring></s:Fault>"
XML = {"Content-Type": "text/xml"}
SOAP = {
    "/good": (
        200,
        XML,
        ENVELOPE.format('<ScoreResponse xmlns="urn:shop"><id>7</id></ScoreResponse>'),
    ),
    "/fault": (500, XML, ENVELOPE.format(FAULT.format("s:Server"))),
    "/ours": (500, XML, ENVELOPE.format(FAULT.format("s:Client"))),
    "/quiet-fault": (200, XML, ENVELOPE.format(FAULT.format("s:Server"))),
    "/html": (200, {"Content-Type": "text/html"}, "<html><input type='password'></html>"),
    "/closed": (401, XML, ""),
    "/torn": (200, XML, "<s:Envelope"),
    "/away": (302, {"Location": "http://169.254.169.254/"}, ""),
}


@pytest.fixture
def soap_base():
    pytest.importorskip("zeep", reason="an optional extra")
    place = [""]

    def answer(method, path, _headers, body):
        if path.startswith("/nowsdl"):
            return 200, {"Content-Type": "text/html"}, b"<html>Sign in <input type=password></html>"
        if path.startswith("/entities"):
            return 200, XML, b'<!DOCTYPE d [<!ENTITY a "b">]><definitions>&a;</definitions>'
        if method == "GET":
            return 200, XML, WSDL.format(base=place[0], path=path.removesuffix("?wsdl")).encode()
        assert b"customer" in body
        assert b"note" not in body
        status, headers, text = SOAP[path]
        return status, headers, text.encode()

    with http_server(answer) as base:
        place[0] = base
        yield base


@pytest.mark.parametrize(
    ("path", "expected", "scenario"),
    [
        ("/good", {"wsdl_read", "query_built", "call_accepted"}, "easy"),
        ("/fault", {"server_fails"}, "impossible"),
        ("/html", {"login_page"}, "process"),
        ("/closed", {"credentials_refused"}, "process"),
        # unseen
        ("/ours", {"body_refused"}, "impossible"),
        ("/quiet-fault", {"server_fails"}, "impossible"),
        ("/torn", {"answer_not_soap"}, "impossible"),
        ("/away", {"redirected"}, "process"),
        ("/nowsdl", {"login_page"}, "process"),
        ("/entities", {"wsdl_unreadable"}, "process"),
    ],
)
def test_soap(tmp_path, soap_base, path, expected, scenario):
    result = probe(tmp_path, url=f"{soap_base}{path}?wsdl", latency_budget_ms=3000)
    assert expected <= codes(result), [(f.code, f.sentence) for f in result.findings]
    assert result.scenario == scenario


@contextlib.contextmanager
def sftp_server(root, **rules):  # noqa: C901 - one server with four rules
    asyncssh = pytest.importorskip("asyncssh", reason="an optional extra")
    rules = {"read_only": False, "no_rename": False, "no_delete": False} | rules

    class Server(asyncssh.SSHServer):
        def begin_auth(self, _username):
            return True

        def password_auth_supported(self):
            return True

        def validate_password(self, username, password):
            return (username, password) == ("drop", "s3cret")

    class Files(asyncssh.SFTPServer):
        def __init__(self, chan):
            super().__init__(chan, chroot=str(root))

        def open(self, path, flags, attrs):
            if rules["read_only"]:
                raise asyncssh.SFTPPermissionDenied("read only")
            return super().open(path, flags, attrs)

        def rename(self, old, new):
            if rules["no_rename"]:
                raise asyncssh.SFTPPermissionDenied("no rename")
            super().rename(old, new)

        def remove(self, path):
            if rules["no_delete"]:
                raise asyncssh.SFTPPermissionDenied("no delete")
            super().remove(path)

    loop = asyncio.new_event_loop()
    key = asyncssh.generate_private_key("ssh-ed25519")

    async def start():
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Server, server_host_keys=[key], sftp_factory=Files
        )

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield server.get_port(), key.export_public_key().decode().strip()
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


@pytest.mark.parametrize(
    ("rules", "password", "folder", "expected", "scenario"),
    [
        ({}, "s3cret", "in", {"call_accepted", "fast_enough"}, "easy"),
        ({"read_only": True}, "s3cret", "in", {"write_refused"}, "process"),
        ({"no_rename": True}, "s3cret", "in", {"call_accepted", "rename_refused"}, "process"),
        # unseen
        ({"no_delete": True}, "s3cret", "in", {"call_accepted", "drop_not_deleted"}, "easy"),
        ({}, "wrong", "in", {"credentials_refused"}, "process"),
        ({}, "s3cret", "nowhere", {"operation_absent"}, "impossible"),
    ],
)
def test_sftp(tmp_path, monkeypatch, rules, password, folder, expected, scenario):
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    monkeypatch.setenv("DROP_PASSWORD", password)
    with sftp_server(root, **rules) as (port, key):
        known = tmp_path / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {key}\n")
        result = probe(
            tmp_path,
            url=f"sftp://drop:${{DROP_PASSWORD}}@127.0.0.1:{port}/{folder}",
            known_hosts=known,
            latency_budget_ms=5000,
            calls=2,
        )
    assert expected <= codes(result), [(f.code, f.sentence) for f in result.findings]
    assert result.scenario == scenario
    if not rules.get("no_delete"):
        assert list((root / "in").iterdir()) == []


def test_sftp_with_another_host_key_is_not_spoken_to(tmp_path, monkeypatch):
    monkeypatch.setenv("DROP_PASSWORD", "s3cret")
    with sftp_server(tmp_path) as (port, _), sftp_server(tmp_path) as (_, other):
        known = tmp_path / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {other}\n")
        url = f"sftp://drop:${{DROP_PASSWORD}}@127.0.0.1:{port}/"
        differs = probe(tmp_path, url=url, known_hosts=known)
        unchecked = probe(tmp_path, url=url, calls=1)
    assert "host_key_differs" in codes(differs)
    assert "host_key_unchecked" in codes(unchecked)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": "ftp://x/y"}, "starts with one of http://"),
        ({"url": "redis://x"}, "needs `queue`"),
        ({"url": "postgresql://x/y"}, "needs `table`"),
        ({"url": "grpc://x:1"}, "needs `operation`"),
        ({"url": "https://x", "kind": "page"}, "needs `widget`"),
        ({"url": "https://x", "queue": "q"}, "`queue` is for"),
        ({"url": "kafka://x", "queue": "q", "kind": "http"}, "can't start with kafka"),
    ],
)
def test_a_section_that_fits_no_kind_is_refused_by_name(given, words):
    with pytest.raises(ValueError, match=words):
        TargetSettings.model_validate(given)


@pytest.mark.smoke
def test_targets_are_reached_from_the_confined_process_as_well(tmp_path, graphql_base, grpc_place):
    url = f"sqlite:///{tmp_path}/crm.db"
    with sa.create_engine(url).begin() as connection:
        connection.execute(sa.text(SCORES))
    given = (
        {"url": url, "table": "scores"},
        {"url": graphql_base, "kind": "graphql", "operation": "submitScore"},
        {"url": grpc_place[True], "operation": "shop.Pricing/Score"},
    )
    for target in given:
        result = probe(tmp_path, in_child=True, latency_budget_ms=9000, calls=2, **target)
        assert codes(result) & {"batch_taken", "call_accepted"}, result.findings
        assert result.scenario == "easy"


def test_a_missing_library_is_one_sentence_that_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("probes.integration.protocols.find_spec", lambda _name: None)
    with pytest.raises(InputError, match=r"pip install 'hour48\[kafka\]'"):
        probe(tmp_path, url="kafka://127.0.0.1:1", queue="scores")
