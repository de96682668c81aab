"""The report as one page and as LaTeX tables: complete, escaped, without anything from outside."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from imbalance_kit.fairness import group_report


class Page(HTMLParser):
    """Tags, attributes and text of a page whose tags must all be closed."""

    EMPTY = ("meta", "line", "circle")

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = [], set(), []
        self.open, self.classes = [], set()
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.classes |= {value for name, value in attrs if name == "class"}
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture
def report():
    sex = np.repeat(["<script>alert(1)</script>", "b&c", "few"], [100, 100, 3])
    y = np.tile([0, 1, 1], 68)[:203]
    decided = np.where(np.arange(203) % 7 == 0, 1 - y, y)
    return group_report(y, decided, sensitive_features={"100%_s<x>": sex}, random_state=0)


def test_page_stands_alone_and_escapes(report, tmp_path):
    path = tmp_path / "report.html"
    text = report.to_html(path, title="Loans & <credit>")
    assert path.read_text(encoding="utf-8") == text == report.to_html(title="Loans & <credit>")
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "x", "credit"} & set(page.tags)
    assert not {"src", "href", "onload", "style"} & page.attributes
    assert not re.search(r"https?:|url\(|@import", text)
    shown = " ".join(page.texts)
    for part in ("Loans & <credit>", "<script>alert(1)</script>", "b&c", *report.notes):
        assert part in shown
    assert "203 rows; positive class 1; intervals at 0.95" in shown


def test_page_has_every_rate_and_marks_small_groups(report):
    text = report.to_html()
    pages = [Page(row) for row in re.findall(r"<tr[^>]*>.*?</tr>", text, flags=re.DOTALL)]
    row_of = {tuple(page.texts[:2]): page for page in pages}
    for group, rate, value, small in zip(
        *(report.rates[name] for name in ("group", "rate", "value", "small")), strict=True
    ):
        row = row_of[group, rate]
        assert (f"{value:.3f}" if np.isfinite(value) else "\N{EN DASH}") in row.texts
        assert ("small" in row.classes) == small
    assert text.count('<tr class="small">') == sum(report.rates["small"])
    assert text.count("<svg") == np.isfinite(report.rates["low"]).sum()


@pytest.mark.parametrize("of", ["wide", "differences", "gaps", "rates"])
def test_latex_tables_are_whole_and_escaped(report, of):
    lines = report.to_latex(of).splitlines()
    frame = report.to_frame(of)
    body = lines[lines.index(r"\midrule") + 1 : lines.index(r"\bottomrule")]
    assert len(body) == len(frame)
    n_columns = len(re.findall("[lr]", lines[0].removeprefix(r"\begin{tabular}")))
    for line in body:
        assert len(re.findall(r"(?<!\\)&", line)) == n_columns - 1
        assert not re.search(r"(?<!\\)[%_#$]", line)
    # a rate of 0 whose name begins with p is no p-value
    assert of == "differences" or "< 0.001" not in "".join(body)


def test_an_unknown_table_or_gap_is_explained(report):
    with pytest.raises(ValueError, match=r"of must be one of \['rates', 'differences', 'wide'"):
        report.to_latex("all")
    with pytest.raises(ValueError, match="There is no gap 'speed'"):
        report.gap("speed")
    with pytest.raises(ValueError, match=r"The report has no \['auroc'\] by"):
        report.gap("worst_group_auroc")
