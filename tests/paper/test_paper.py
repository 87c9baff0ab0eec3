"""Papers are set as they are said: every word is there, nothing given acts, and a screen reader finds its way."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader

from baton.paper import Facts, Heading, Notice, Paper, Rows, Text, pdf


def words(made: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages).split())


def test_every_block_is_on_the_paper() -> None:
    made = pdf(
        Paper(
            "Quién vio su expediente",
            [
                Heading("Part one"),
                Text("A paragraph.\nA second line."),
                Notice("Mind this.", title="Important"),
                Facts([("Name", "Rosa Delgado"), ("Born", "3 March 1955")]),
                Rows(["When", "Who"], [["today", "Carla"], ["yesterday", "Sam"]], widths=[1, 2], marked=frozenset({1})),
                Text("Small print.", small=True),
            ],
            language="es",
            subtitle="For Rosa",
            footer="Kept by the clinic",
            made="Made today",
        )
    )
    said = words(made)
    for expected in (
        "Quién vio",
        "For Rosa",
        "Made today",
        "Part one",
        "A second line.",
        "Important",
        "Rosa Delgado",
        "Carla",
        "Small print",
        "Kept by the clinic",
    ):
        assert expected in said, said
    root = PdfReader(BytesIO(made)).trailer["/Root"]
    assert root["/Lang"] == "es" and root["/MarkInfo"]["/Marked"], "tagged, in its language"
    assert PdfReader(BytesIO(made)).metadata.title == "Quién vio su expediente"  # type: ignore[union-attr]


def test_what_is_given_is_text_and_never_acts() -> None:
    nasty = '#read("/etc/passwd") *bold* $x$ #{ panic("no") } \\ "quoted" `raw` <label> @ref https://example.org // not a comment'
    made = pdf(Paper(nasty, [Heading(nasty), Text(nasty), Notice(nasty, nasty), Facts([(nasty, nasty)]), Rows([nasty], [[nasty]])]))
    said = words(made)
    assert said.count("#read(") == 9 and "*bold*" in said and "root:" not in said


def test_a_long_table_goes_over_pages_and_keeps_its_head() -> None:
    reader = PdfReader(BytesIO(pdf(Paper("Long", [Rows(["Number"], [[f"row {number}"] for number in range(150)])], footer="foot"))))
    assert len(reader.pages) > 2
    for number, page in enumerate(reader.pages, 1):
        said = page.extract_text()
        assert "Number" in said and "foot" in said and f"{number} / {len(reader.pages)}" in said


def test_an_empty_paper_is_one_too() -> None:
    assert pdf(Paper("Nothing", [])).startswith(b"%PDF")
