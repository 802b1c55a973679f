"""The report shows every kind of run, whatever was in it, in one file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

from prober.model.run import Evidence, Failure, Outcome, Run
from prober.model.value import Captured, ValueType
from prober.reports.files import Files
from prober.reports.html import render

VOID = {"meta", "img", "input", "br"}

Read = Callable[[Evidence], bytes]
Kept = Callable[..., Evidence]
Approve = Callable[[str, str], None]


class Outline(HTMLParser):
    """Checks that tags are closed in order; gathers ids, links and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    def values(self, name: str) -> list[str]:
        """Return the values of the attribute *name*."""
        return [value for _, attribute, value in self.attributes if attribute == name]


def test_a_failed_run_looks_as_it_was_approved(
    unequal: Run, read: Read, approve: Approve, shortened: Callable[[str], str]
) -> None:
    """The page of one failed run stays as it is, tag by tag."""
    approve("unequal.html", shortened(render([unequal], title="余额查询：上线前检查", read=read)))


def test_runs_of_every_kind_read_as_they_were_approved(runs: list[Run], read: Read, approve: Approve) -> None:
    """The words of a page of runs of every kind stay as they are."""
    texts = (text.strip() for text in Outline(render(runs, title="余额查询：上线前检查", read=read)).texts)
    approve("all.txt", "\n".join(filter(None, texts)) + "\n")


def test_a_report_needs_no_other_file(runs: list[Run], read: Read) -> None:
    """Whatever the page refers to is in the page: links point at its own ids, pictures and sound are data."""
    outline = Outline(render(runs, title="t", read=read))
    ids = outline.values("id")
    assert len(ids) == len(set(ids))
    assert {href.removeprefix("#") for href in outline.values("href")} <= set(ids)
    assert all(source.startswith("data:") for source in outline.values("src"))
    assert {"audio", "img"} <= {tag for tag, name, _ in outline.attributes if name == "src"}


def test_hostile_text_stays_text(passed: Run, files: dict[str, bytes], kept: Kept, read: Read) -> None:
    """Markup in names, failures, captures, facts and evidence is shown, never obeyed."""
    evil = '</p><script>alert("x")</script><img src=x onerror=alert(1)> ${a} {{ 7 * 7 }} \' "'
    sms = f"SMS\n2026-11-21T04:00:09.100Z  <- {evil}  [{evil}]\n   {evil}\n".encode()
    contents = {**files, "r/sms.txt": sms, evil: f"<b>{evil}".encode()}
    step = replace(
        passed.steps[3],
        name=evil,
        channel=evil,
        verb=evil,
        outcome=Outcome.FAILED,
        failure=Failure(evil, evil, evil),
        captures=(Captured(evil, ValueType.TEXT, evil, evil),),
        facts={evil: evil},
        timings={evil: 1.0},
    )
    run = replace(passed, id="run", title=evil, scenario=evil, line=evil, item=evil, steps=(step,))
    run = replace(run, evidence=(kept("transcript", "r/sms.txt"), kept(evil, evil)))
    page = render([run, replace(run, id="2")], title=evil, read=lambda one: contents[one.path])
    outline = Outline(page)
    assert page.count("<script>") == 1
    assert not [name for _, name, _ in outline.attributes if name.startswith("on")]
    assert "{{ 7 * 7 }}" in "".join(outline.texts)


def test_missing_and_changed_evidence_is_shown_as_that(passed: Run, kept: Kept, read: Read) -> None:
    """A file that is gone, or no longer what it was, is said to be so beside its name."""
    changed = replace(kept("ladder", "r/ladder.txt"), sha256="0" * 64)
    page = render([replace(passed, evidence=(kept("recording", "r/gone.wav"), changed))], title="t", read=read)
    assert "文件缺失 · missing (No such file or directory)" in page
    assert "changed since it was kept" in page
    assert "<audio" not in page


def test_odd_evidence_is_no_failure_of_the_report(passed: Run, kept: Kept) -> None:
    """Empty and broken recordings, ladders and transcripts are named, and the page is whole."""
    evidence = [kept(kind, f"{kind}.bin") for kind in ("recording", "ladder", "transcript", "page", "log", "trace")]
    for content in (b"", b"\0\xff" * 50, b"RIFF\x24\0\0\0WAVEfmt ", "随便写的一段话".encode()):
        page = render([replace(passed, evidence=tuple(evidence))], title="t", read=lambda _, it=content: it)
        Outline(page)
        assert all(f"{one.kind}.bin" in page for one in evidence)


def test_what_is_too_large_is_named_and_left_out(kept: Kept, read: Read) -> None:
    """A report takes in no more than it has room for; smaller files still come in."""
    files = Files(read, room_bytes=2000)
    assert files.open(kept("recording", "r/call.wav")).problem.endswith("too large to be embedded")
    assert files.open(kept("ladder", "r/ladder.txt")).content is not None


def test_an_interrupted_run_never_looks_passed(passed: Run, read: Read) -> None:
    """A run that did not come to its end is called that, though every step it got to was fine."""
    outline = Outline(render([replace(passed, interrupted=True)], title="t", read=read))
    assert "不算通过" in "".join(outline.texts)
    assert "interrupted" in " ".join(outline.values("class")).split()
    assert [value for tag, name, value in outline.attributes if (tag, name) == ("header", "class")] == [
        "top interrupted"
    ]


def test_text_that_utf_8_cannot_write_is_replaced(passed: Run, read: Read) -> None:
    """Half a character in a page's text does not cost the report."""
    step = replace(passed.steps[0], facts={"title": "a\ud800b"})
    assert "a?b" in render([replace(passed, steps=(step,))], title="t", read=read).encode().decode()


def test_no_run_is_no_report_to_fear(read: Read) -> None:
    """An empty selection gives a page that says so."""
    assert "没有运行 No runs" in render([], title="t", read=read)


def test_a_run_under_way_can_be_shown(passed: Run, read: Read) -> None:
    """A run without an end yet is shown as far as it got."""
    page = render([replace(passed, ended_at=None, outcome=None, steps=passed.steps[:2])], title="t", read=read)
    assert "Under way" in page
