"""Every HTTP request the hub makes goes out here: to public addresses only, to the one that was looked up, without redirects, bounded.

Addresses come from people and from other systems (a client's keys, a notice's endpoint), so each could be meant to reach what stands behind
our own wall. A name is looked up once, every address it has must be public (or allowed by setting), and the connection goes to that very
address: what the name says a moment later does not matter.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

SECONDS = 10.0  # for everything: looking up, connecting, sending, reading
MOST_BYTES = 1_000_000  # of an answer
AGENT = "Baton"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Iterable[str]]
_CARRIES_IPV4 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"), ipaddress.ip_network("::/96"))


class OutgoingRefusedError(Exception):
    """The request was not made, or its answer not taken; the message says why, without the address's path or query."""


class OutgoingFailedError(Exception):
    """The other side could not be reached or did not answer in time; asking again later may help."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: any status but a redirect."""

    status: int
    headers: Mapping[str, str]  # by lower-case name
    body: bytes


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be reached although it is not public: host names (also over plain http, on any port), and networks of addresses."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, text: str) -> Allowed:
        """From a setting: names, addresses and networks, comma separated. Raises ValueError."""
        hosts, networks = set(), []
        for part in filter(None, (part.strip().lower() for part in text.split(","))):
            try:
                networks.append(ipaddress.ip_network(part, strict=False))
            except ValueError:
                if not part.replace("-", "").replace(".", "").isalnum() or "/" in part:
                    raise ValueError(f"{part!r} is neither a host name nor an address nor a network") from None
                hosts.add(part)
        return cls(frozenset(hosts), tuple(networks))

    def reaches(self, address: Address) -> bool:
        """Whether an address may be reached: public, or allowed."""
        return any(address in network for network in self.networks if network.version == address.version) or is_public(address)


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, whatever costume it comes in (IPv4 inside IPv6, translation prefixes)."""
    if isinstance(address, ipaddress.IPv6Address):
        if inner := address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1]):
            return is_public(inner)
        if any(address in network for network in _CARRIES_IPV4):
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)) and address in _CARRIES_IPV4[0]
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system's resolver gives them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The way out. One is enough for a process; it keeps no connections."""

    allowed: Allowed = field(default_factory=Allowed)
    seconds: float = SECONDS
    most: int = MOST_BYTES
    resolve: Resolve = look_up
    tls: ssl.SSLContext | None = None

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET. Raises OutgoingRefusedError and OutgoingFailedError."""
        return self.send("GET", url, None, headers)

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """POST. Raises OutgoingRefusedError and OutgoingFailedError."""
        return self.send("POST", url, body, headers)

    def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request. Raises OutgoingRefusedError and OutgoingFailedError."""
        deadline = time.monotonic() + self.seconds
        parts, host, port = self._target(url)
        address = self._address(host, port)
        connection = self._connection(parts.scheme, host, port, address)
        connection.timeout = max(0.1, deadline - time.monotonic())
        watch = threading.Timer(connection.timeout, _cut, [connection])  # a socket's own limit starts anew with every byte that drips in
        watch.daemon = True
        watch.start()
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, path, body, {"User-Agent": AGENT, "Accept-Encoding": "identity", **(headers or {})})
            answer = self._read(connection.getresponse(), host)
            if time.monotonic() >= deadline:  # cut off by us, it may look like an end
                raise TimeoutError
            return answer
        except ssl.SSLCertVerificationError as error:
            raise OutgoingRefusedError(f"{host} does not prove who it is: {error.verify_message}.") from error
        except (OSError, http.client.HTTPException, AttributeError) as error:  # AttributeError: cut between two steps of http.client
            late = time.monotonic() >= deadline
            raise OutgoingFailedError(f"{host} {'took too long' if late else f'cannot be asked ({type(error).__name__})'}.") from error
        except ValueError as error:
            raise OutgoingRefusedError("The address or a header holds characters that have no place there.") from error
        finally:
            watch.cancel()
            connection.close()

    def check(self, url: str) -> None:
        """Whether a request to this address would be made at all: for the form in which somebody enters it. Raises OutgoingRefusedError."""
        _, host, port = self._target(url)
        self._address(host, port)

    def _target(self, url: str) -> tuple[SplitResult, str, int]:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").rstrip(".").encode("idna").decode().lower()
            port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
        except (ValueError, UnicodeError) as error:
            raise OutgoingRefusedError("This is no address.") from error
        if parts.scheme not in ("https", "http") or not host:
            raise OutgoingRefusedError("An address starts with https:// and names a host.")
        if parts.username is not None or parts.password is not None:
            raise OutgoingRefusedError("An address has no user name or password in it.")
        if not self._trusted(host):
            if parts.scheme != "https":
                raise OutgoingRefusedError("An address starts with https://.")
            if port != 443:
                raise OutgoingRefusedError(f"{host} may be asked on port 443 only.")
        return parts, host, port

    def _trusted(self, host: str) -> bool:
        """Whether the setting allows this host whatever its scheme, port and address."""
        if not _is_address(host):
            return host in self.allowed.hosts
        return any(ipaddress.ip_address(host) in network for network in self.allowed.networks)

    def _address(self, host: str, port: int) -> str:
        """The one address to connect to: every one the name has must be allowed, so that none can hide behind another."""
        try:
            found = [host] if _is_address(host) else list(self.resolve(host, port))
            addresses = [ipaddress.ip_address(each.partition("%")[0]) for each in found]
        except (OSError, UnicodeError, ValueError) as error:
            raise OutgoingFailedError(f"{host} was not found.") from error
        if not addresses:
            raise OutgoingFailedError(f"{host} was not found.")
        if host not in self.allowed.hosts and not all(self.allowed.reaches(address) for address in addresses):
            raise OutgoingRefusedError(f"{host} is not on the open internet; BATON_OUTGOING can allow it.")
        return str(addresses[0])

    def _connection(self, scheme: str, host: str, port: int, address: str) -> http.client.HTTPConnection:
        if scheme == "http":
            return _Pinned(host, port, address)
        return _PinnedTls(host, port, address, self.tls or ssl.create_default_context())

    def _read(self, response: http.client.HTTPResponse, host: str) -> Answer:
        if 300 <= response.status < 400 and response.status != 304:
            raise OutgoingRefusedError(f"{host} answers with a redirect; redirects are not followed.")
        body = response.read(self.most + 1)
        if len(body) > self.most:
            raise OutgoingRefusedError(f"{host} answers with more than {self.most} bytes.")
        if response.length:
            raise OutgoingFailedError(f"{host} broke off in the midst of its answer.")
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, under the name it was looked up by."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port)
        self.address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)


class _PinnedTls(_Pinned):
    """The same, encrypted; the certificate must be that name's."""

    default_port = http.client.HTTPS_PORT

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext) -> None:
        super().__init__(host, port, address)
        self.context = context

    def connect(self) -> None:
        super().connect()
        self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)


def _cut(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
