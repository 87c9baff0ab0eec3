"""The way out: nothing behind the wall can be reached through the hub, however the address is dressed, and nothing can hold it up."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from baton.outgoing import Allowed, Outgoing, OutgoingFailedError, OutgoingRefusedError
from baton.settings import BadSettingError, Settings

HERE = Allowed.of("keys.example, 127.0.0.1")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def at_home(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


@contextmanager
def answering(*answers: bytes, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A server that gives each connection the next answer and keeps what it was asked; one with "hang" in it is never ended."""
    heard: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for answer in answers:
                try:
                    taken, _ = listening.accept()
                    with context.wrap_socket(taken, server_side=True) if context else taken as connection:
                        heard.append(connection.recv(65536))
                        connection.sendall(answer)
                        if b"hang" in answer:
                            done.wait(5)
                except OSError:
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1], heard
        finally:
            done.set()
            listening.close()
            thread.join(5)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of keys.example that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "keys.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("keys.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


INSIDE = [
    "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.9", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "::7f00:1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_inside_is_reached_by_name_or_number(address: str) -> None:
    with pytest.raises(OutgoingRefusedError, match="not on the open internet"):
        Outgoing(resolve=lambda host, port: [address]).get("https://innocent.example/jwks")
    literal = f"[{address}]" if ":" in address else address
    with pytest.raises(OutgoingRefusedError, match="not on the open internet"):
        Outgoing(resolve=lambda host, port: pytest.fail("a number is not looked up")).get(f"https://{literal}/")


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "localhost."])
def test_odd_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises((OutgoingRefusedError, OutgoingFailedError), match="not on the open internet|not found"):
        Outgoing().get(f"https://{host}/")


def test_one_inside_address_among_public_ones_spoils_the_name() -> None:
    with pytest.raises(OutgoingRefusedError):
        Outgoing(resolve=lambda host, port: ["93.184.215.14", "10.0.0.1"]).get("https://mixed.example/")


@pytest.mark.parametrize(
    "url",
    [
        "http://keys.other/", "ftp://keys.other/", "file:///etc/passwd", "gopher://keys.other/", "https://", "https:///x", "keys.other", "",
        "https://user:secret@keys.other/", "https://keys.other:22/", "https://keys.other:99999/", "https://[::1/", "https://a\u2100b/",
    ],
)  # fmt: skip
def test_other_schemes_ports_and_shapes_are_refused(url: str) -> None:
    with pytest.raises((OutgoingRefusedError, OutgoingFailedError)):
        Outgoing(resolve=lambda host, port: ["127.0.0.1"]).get(url)


def test_a_name_is_looked_up_once_and_the_connection_goes_to_what_was_found(server_tls: ssl.SSLContext, certificate: Path) -> None:
    asked: list[str] = []

    def once(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else pytest.fail("looked up again: the name may say something else by now")

    with answering(OK, context=server_tls) as (port, heard):
        trusting = ssl.create_default_context(cafile=certificate)
        answer = Outgoing(HERE, resolve=once, tls=trusting).get(f"https://keys.example:{port}/jwks?x=1", {"Accept": "application/json"})
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"{}", "application/json")
    assert asked == ["keys.example"]
    assert heard[0].startswith(b"GET /jwks?x=1 HTTP/1.1\r\n") and b"Host: keys.example" in heard[0]


def test_who_cannot_prove_its_name_is_refused(server_tls: ssl.SSLContext, certificate: Path) -> None:
    with answering(OK, OK, context=server_tls) as (port, heard):
        with pytest.raises(OutgoingRefusedError, match="prove"):
            Outgoing(HERE, resolve=at_home).get(f"https://keys.example:{port}/")
        trusting = ssl.create_default_context(cafile=certificate)
        with pytest.raises(OutgoingRefusedError, match="prove"):
            Outgoing(Allowed.of("other.example"), resolve=at_home, tls=trusting).get(f"https://other.example:{port}/")
    assert not any(heard)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    away = f"HTTP/1.1 {status} Elsewhere\r\nLocation: http://127.0.0.1:1/latest/meta-data\r\nContent-Length: 0\r\n\r\n".encode()
    with answering(away) as (port, heard):
        with pytest.raises(OutgoingRefusedError, match="redirect"):
            Outgoing(HERE).get(f"http://127.0.0.1:{port}/")
    assert len(heard) == 1


@pytest.mark.parametrize("length", ["Content-Length: 5000\r\n", ""])
def test_too_much_is_refused(length: str) -> None:
    with answering(f"HTTP/1.1 200 OK\r\n{length}\r\n".encode() + b"x" * 5000) as (port, _):
        with pytest.raises(OutgoingRefusedError, match="more than 1000 bytes"):
            Outgoing(HERE, most=1000).get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nX-hang: ", b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nhang"], ids=["in its headers", "in its body"]
)
def test_who_does_not_come_to_an_end_is_cut_off(answer: bytes) -> None:
    with answering(answer) as (port, _):
        with pytest.raises(OutgoingFailedError, match="took too long|cannot be asked|broke off"):
            Outgoing(HERE, seconds=0.3).get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nshort"])
def test_a_broken_answer_is_no_answer(answer: bytes) -> None:
    with answering(answer) as (port, _):
        with pytest.raises(OutgoingFailedError):
            Outgoing(HERE).get(f"http://127.0.0.1:{port}/")


def test_a_line_break_in_an_address_or_header_sends_nothing() -> None:
    with answering(OK) as (port, heard):
        for url, headers in ((f"http://127.0.0.1:{port}/a b", {}), (f"http://127.0.0.1:{port}/", {"X": "1\r\nHost: other"})):
            with pytest.raises((OutgoingRefusedError, OutgoingFailedError)):
                Outgoing(HERE).get(url, headers)
    assert b"other" not in b"".join(heard)


@pytest.mark.parametrize("attempt", [lambda out: out.get("https://keys.other/p?name=Rosa"), lambda out: out.check("http://h.other/Rosa")])
def test_a_refusal_does_not_repeat_the_path(attempt: Callable[[Outgoing], object]) -> None:
    with pytest.raises(OutgoingRefusedError) as refused:
        attempt(Outgoing(resolve=at_home))
    assert "Rosa" not in str(refused.value)


def test_what_is_allowed_is_a_setting() -> None:
    assert Settings.read({"BATON_OUTGOING": "idp.internal, 10.0.0.0/8"}).outgoing.allowed == Allowed.of("10.0.0.0/8,IDP.internal")
    with pytest.raises(BadSettingError, match="BATON_OUTGOING"):
        Settings.read({"BATON_OUTGOING": "http://idp.internal/"})
    allowed = Outgoing(Allowed.of("10.0.0.0/8"), resolve=lambda host, port: ["10.1.1.1"])
    allowed.check("https://idp.internal/keys")
    with pytest.raises(OutgoingRefusedError):
        allowed.check("http://idp.internal/keys")
