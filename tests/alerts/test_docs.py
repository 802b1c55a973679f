"""docs/alerts.md holds: its examples load, its addresses are understood, every key is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prober.alerts.base import BACK_OFF_S
from prober.alerts.languages import LANGUAGES
from prober.alerts.routes import APART, FOLD, GATHER
from prober.alerts.sending import understood
from prober.loading.config import load_config
from prober.loading.config_alerts import TICKET_WORDS, ways
from prober.loading.config_service import AlertSettings, TicketSettings

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
LINES = "lines:\n  - {name: demo-1, msisdn: 13800000001}\n"


def test_the_examples_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both together are a workspace's settings."""
    for name in ("DINGTALK_SECRET", "DINGTALK_TOKEN", "JIRA_TOKEN", "ZENTAO_TOKEN"):
        monkeypatch.setenv(name, "0123456789abcdef")
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "config.yaml").write_text(LINES + "".join(blocks), encoding="utf-8")
    settings = load_config(tmp_path / "config.yaml", {}, understood)
    assert [way.name for way in ways(settings.alerts)] == ["chat", "oncall", "head-of-voice"]
    assert [system.name for system in settings.tickets] == ["jira", "zentao", "generic"]


def test_every_address_is_understood() -> None:
    """Those of the table, with something in the place of what people fill in."""
    table = PAGE[PAGE.index("## Addresses") : PAGE.index("**In a closed network**")]
    found = re.findall(r"`((?:dingtalk|wecombot|feishu|slack|mailtos?|jsons?)://[^`]+)`", table)
    assert len(found) >= 8
    fill = {"T0000/B0000/XXXX": "TAAAAAAAA/BBBBBBBBB/cccccccccccccccccccccccc", "host:port": "127.0.0.1:9000"}
    for address in found:
        url = address
        for name, value in fill.items():
            url = url.replace(name, value)
        assert understood(url) or url == "jsons://", address


@pytest.mark.parametrize("model", [AlertSettings, TicketSettings])
def test_every_key_is_told(model: type[AlertSettings | TicketSettings]) -> None:
    """In a table of the page."""
    for name in model.model_fields:
        assert re.search(rf"^\| .*`{name}`", PAGE, re.MULTILINE), name


def test_times_and_words_are_those_of_the_code() -> None:
    """What the page says of waits, and the words a template knows, and the keywords of a chat."""
    assert (FOLD.total_seconds(), GATHER.total_seconds(), APART.total_seconds()) == (5, 60, 600)
    assert BACK_OFF_S == (5, 15, 60, 300)
    assert all(f"`{word}`" in PAGE for word in TICKET_WORDS)
    zh = LANGUAGES["zh"]
    titles = (zh.failure, zh.robot, zh.closed, zh.over, zh.several, zh.test_title, *zh.marks.values())
    assert all(any(word in title for word in ("故障", "恢复", "测试")) for title in titles)
