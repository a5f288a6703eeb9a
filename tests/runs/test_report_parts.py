"""Reports from parts, by hand."""

from __future__ import annotations

from ecosystem_runs.report_parts import Heading, Image, Table, as_html, markdown, table_of, write_report

PARTS = [
    Heading("Found"),
    "Some *text* with `code`.",
    Table(("a", "b"), [("1 | 2", "<3>")]),
    Heading("More"),
    Image("one.png", "A picture."),
]


def test_markdown():
    assert markdown(PARTS) == (
        "# Found\n\nSome *text* with `code`.\n\n| a | b |\n| --- | --- |\n| 1 \\| 2 | <3> |\n\n"
        "## More\n\n![A picture.](one.png)\n\nA picture.\n"
    )


def test_html():
    page = as_html(PARTS)
    assert "<title>Found</title>" in page
    assert "<h1>Found</h1>\n<p>Some <em>text</em> with <code>code</code>.</p>\n" in page
    assert "<tr>\n<td>1 | 2</td>\n<td>&lt;3&gt;</td>\n</tr>" in page
    assert '<h2>More</h2>\n<p><img src="one.png" alt="A picture."></p>\n<p>A picture.</p>' in page.replace(
        " />", ">"
    )


def test_a_column_is_its_heading_and_what_makes_its_cells():
    table = table_of([1, 2], {"number": str, "square": lambda n: f"{n * n}"})
    assert table == Table(("number", "square"), [["1", "1"], ["2", "4"]])


def test_both_files_are_written(tmp_path):
    paths = write_report(PARTS, tmp_path, "found")
    assert [path.name for path in paths] == ["found.md", "found.html"]
    assert [path.read_text() for path in paths] == [markdown(PARTS), as_html(PARTS)]
    assert sorted(tmp_path.iterdir()) == sorted(paths)  # no scratch file is left
