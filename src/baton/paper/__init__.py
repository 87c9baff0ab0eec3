"""Papers: what is printed or handed over, as PDF. Words come from whoever asks; here they are only set, the same way for every paper."""

from baton.paper.typeset import Block, Calendar, Day, Facts, Heading, Notice, Paper, Rows, Text, pdf

__all__ = ["Block", "Calendar", "Day", "Facts", "Heading", "Notice", "Paper", "Rows", "Text", "pdf"]
