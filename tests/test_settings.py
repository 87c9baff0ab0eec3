"""Settings: each row read, checked and documented."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from baton.settings import BadSettingError, Settings

PRODUCTION = {
    "BATON_ENV": "production",
    "BATON_SECRET_KEY": "9f8e2c41b7d0653a8c1e4f7092ab5d6c3e8f1a2b",
    "BATON_HTTPS": "1",
    "BATON_HOSTS": "hub.example.org",
}


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"BATON_ENV": "prod"}, "BATON_ENV"),
        ({"BATON_DAY_COST": "2.5k"}, "BATON_DAY_COST"),
        ({"BATON_ENV": "production", "BATON_SECRET_KEY": "x" * 40, "BATON_CLOCK": "2026-07-02T14:10:00-04:00"}, "BATON_CLOCK"),
        ({"BATON_ENV": "production"}, "BATON_SECRET_KEY"),
        ({"BATON_ENV": "production", "BATON_SECRET_KEY": "short"}, "BATON_SECRET_KEY"),
        ({**PRODUCTION, "BATON_SECRET_KEY": "k" * 40}, "BATON_SECRET_KEY can be guessed"),
        ({**PRODUCTION, "BATON_SECRET_KEY": "django-insecure-f8a7c0d1e2b3946576879808a9b0"}, "BATON_SECRET_KEY can be guessed"),
        ({**PRODUCTION, "BATON_SECRET_KEY": "change-me-7c0d1e2b3946576879808a9b0cd1e2f"}, "BATON_SECRET_KEY can be guessed"),
        ({**PRODUCTION, "BATON_HTTPS": ""}, "BATON_HTTPS"),
        ({**PRODUCTION, "BATON_HTTPS": "0"}, "BATON_HTTPS"),
        ({**PRODUCTION, "BATON_HOSTS": ""}, "BATON_HOSTS"),
        ({**PRODUCTION, "BATON_HOSTS": "*"}, "BATON_HOSTS"),
        ({**PRODUCTION, "BATON_BACKUP_SECRET": PRODUCTION["BATON_SECRET_KEY"]}, "BATON_BACKUP_SECRET"),
        ({"BATON_BACKUP_SECRET": "short"}, "BATON_BACKUP_SECRET"),
        ({"BATON_SECRET_KEY_FILE": "/nowhere/key"}, "BATON_SECRET_KEY_FILE"),
        ({"BATON_SECRET_KEY_FILE": "/dev/null", "BATON_SECRET_KEY": "x"}, "BATON_SECRET_KEY_FILE"),
        ({"BATON_LANGUAGE": "fr"}, "BATON_LANGUAGE"),
        ({"BATON_TIME_ZONE": "Mars/Olympus"}, "BATON_TIME_ZONE"),
        ({"BATON_TIME_ZONE": "../etc"}, "BATON_TIME_ZONE"),
        ({"BATON_CLOCK": "yesterday"}, "BATON_CLOCK"),
        ({"BATON_CLOCK": "2026-07-02T14:10:00"}, "BATON_CLOCK"),
    ],
)
def test_what_cannot_work_is_refused_by_name(environ: dict[str, str], named: str) -> None:
    with pytest.raises(BadSettingError, match=named):
        Settings.read(environ)


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.read({}) == Settings()


def test_the_clock_starts_where_it_is_told_and_runs_from_there() -> None:
    started = datetime(2026, 11, 23, 12, tzinfo=UTC)
    offset = Settings.read({"BATON_CLOCK": "2026-07-02T14:10:00-04:00"}).clock_offset(started)
    assert started + timedelta(hours=1) + offset == datetime(2026, 7, 2, 19, 10, tzinfo=UTC)


def test_processes_of_one_hub_share_one_clock() -> None:
    first = Settings.read({"BATON_CLOCK": "2026-07-02T14:10:00-04:00", "BATON_CLOCK_STARTED": "2026-11-23T12:00:00+00:00"})
    second = Settings.read(first.environ())
    assert second.clock_offset(datetime(2026, 11, 24, tzinfo=UTC)) == first.clock_offset(datetime(2026, 11, 23, tzinfo=UTC))


def test_the_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    settings = Settings.read({"BATON_DATA": str(tmp_path)})
    assert settings.key() == settings.key() and len(settings.key()) == 64
    assert (tmp_path / "secrets" / "key").stat().st_mode & 0o777 == 0o600


def test_every_setting_is_documented() -> None:
    page = Path("docs/settings.md").read_text()
    for row in fields(Settings):
        assert row.metadata["sentence"].endswith("."), row.name
        assert f"`{row.metadata['env']}`" in page, f"docs/settings.md says nothing of {row.metadata['env']}"


def test_production_starts_with_what_it_needs() -> None:
    assert Settings.read(PRODUCTION).production


def test_a_secret_can_be_handed_over_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("the key in a file\n")
    assert Settings.read({"BATON_SECRET_KEY_FILE": str(tmp_path / "key")}).key() == b"the key in a file"
    assert Settings.read({"BATON_SMTP_URL_FILE": str(tmp_path / "key")}).smtp_url == "the key in a file"
