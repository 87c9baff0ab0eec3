"""The demo town of Larkhaven: invented people with a month behind them, made by the project's own generator. Nobody in it is real."""

from __future__ import annotations

from baton.demo.bundles import bundles
from baton.demo.crowd import bench_town
from baton.demo.settling import PASSWORD, guests, settle
from baton.demo.town import Summary, populate, sign_ins

__all__ = ["PASSWORD", "Summary", "bench_town", "bundles", "guests", "populate", "settle", "sign_ins"]
