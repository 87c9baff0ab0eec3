"""Reaching people and being reached: calls, threads, who may be told what, and how they are reached safely."""
