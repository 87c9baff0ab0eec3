"""`baton client`: apps registered, listed, given another secret and removed, in one process each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, KeySet

from baton.cli import main
from baton.store.postgres import Database


@pytest.fixture
def baton(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Runs a command on a database of its own; gives the exit code, what it said and what it complained of."""
    from contextlib import contextmanager

    from baton import app

    @contextmanager
    def opened(settings, **_):  # type: ignore[no-untyped-def]
        store = app.build_store(settings, database)
        try:
            yield app.Hub(settings, database, store)
        finally:
            store.close()

    monkeypatch.setattr(app, "opened", opened)

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main([*arguments, "--data", str(tmp_path)])
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_an_app_from_first_to_last(baton) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = baton("client", "add", "--name", "Growth", "--redirect", "https://g.example/back", "--scope", "launch patient/*.rs")
    (public,) = out.split()
    assert code == 0
    _, out, _ = baton(
        "client", "add", "--name", "Server", "--confidential", "--redirect", "https://s.example/b", "--scope", "openid user/*.rs"
    )
    confidential, secret = out.split()
    _, out, _ = baton("client", "secret", confidential)
    assert out.strip() not in ("", secret)
    _, out, _ = baton("client", "list")
    assert out.splitlines() == [f"{public}\tpublic\tGrowth\tlaunch patient/*.rs", f"{confidential}\tconfidential\tServer\topenid user/*.rs"]
    assert baton("client", "remove", public)[0] == 0
    code, _, complaint = baton("client", "remove", public)
    assert code == 1 and "no such app" in complaint
    assert public not in baton("client", "list")[1]


def test_a_backend_with_its_keys_in_a_file(baton, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    keys = tmp_path / "jwks.json"
    keys.write_text(json.dumps(KeySet([ECKey.generate_key("P-384", {"kid": "one"})]).as_dict(private=False)))
    ask = ("client", "add", "--name", "Feed", "--backend", "--scope", "system/*.rs", "--jwks", str(keys))
    code, _, complaint = baton(*ask)
    assert code == 1 and "roles" in complaint
    assert baton(*ask, "--role", "coordinator", "--team", "Feeds")[2] == ""
    keys.write_text("no json")
    assert baton(*ask, "--role", "coordinator")[0] == 1


def test_the_hubs_own_keys_turn_over_and_nobody_else_reads_them(baton, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    first = baton("client", "keys")[1].split()
    assert first[1] == "RS256"
    assert baton("client", "keys", "--rotate", "ES256")[1].split()[1::2] == ["RS256", "ES256"]
    folder = tmp_path / "secrets" / "oauth"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
