"""The planning bench measures what it says, and agrees with exhaustive search."""

from __future__ import annotations

import pytest

from baton.bench import planning


def test_it_prints_times_and_finds_nothing_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    size = planning.Size("tiny", 6, 24, 14, 30.0)
    assert planning.measure(2, sizes=(size,), beside=2)
    printed = capsys.readouterr().out
    assert "0 faults" in printed
    assert "2 problems searched exhaustively, 0 differ" in printed
