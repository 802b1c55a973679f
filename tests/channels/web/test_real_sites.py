"""Scenarios against web applications that nobody here wrote, each from its own package, at work on loopback."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.conftest import Workspace

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]

PASSWORD = "246801"
"""The service password of line demo-1."""
DJANGO = """\
scenario: django-admin
title: Django 的管理后台：登录，增加一个用户，找到它，再删掉
steps:
  - web.open: {url}/admin/
  - web.fill: {{用户名: probe, 密码: "${{secret.service_password}}"}}
  - web.click: 登录
  - web.see: 欢迎，
  - web.click: {{element: "link:用户", in: "css:#content-main"}}
  - web.see: 1 用户
  - web.click: {{element: "link:增加 用户", in: "css:.object-tools"}}
  - web.fill: {{用户名: xiaoming, "css:#id_password1": Kd82-hall-x, "css:#id_password2": Kd82-hall-x}}
  - web.click: 保存
  - web.see: /成功添加了.*xiaoming/
  - web.open: {url}/admin/auth/user/
  - web.fill: {{"css:#searchbar": xiaoming}}
  - web.click: 搜索
  - web.see: /1 条结果|1 result/
  - web.not_see: probe@example.com
  - web.check: "css:input.action-select"
  - web.choose: {{动作: 删除所选的 用户}}
  - web.click: 执行
  - web.see: 请确认要删除
  - web.click: 是的，我确定
  - web.see: /成功删除/
  - web.errors: {{most: none, except: [/favicon.ico]}}
"""
DATASETTE = """\
scenario: datasette
title: Datasette：浏览、筛选、导出
steps:
  - web.open: {url}/
    ready: tariffs
  - web.click: tariffs
  - web.see: plans
  - web.click: {{element: "link:plans", in: "css:.db-table"}}
  - web.see: 3 rows
  - web.see: {{text: 5G畅享套餐, in: "css:table.rows-and-columns"}}
    capture: {{fee: money}}
  - web.click: 畅享
  - web.errors: none
"""


@contextmanager
def site(command: Sequence[str], listening: str) -> Iterator[str]:
    """Run a site while the context lasts, and yield its address, which it tells when it listens."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            told = []
            for line in process.stdout:
                told.append(line)
                if found := re.search(listening, line):
                    yield found[1]
                    return
            raise AssertionError(f"it ended: {''.join(told)}")
        finally:
            process.terminate()


def played(workspace: Workspace, text: str) -> None:
    """Play a scenario; every step passes."""
    code, (run,), shown = workspace.play(workspace.write("real.yaml", text))
    assert (code, run["outcome"]) == (0, "passed"), shown


def test_the_administration_of_django(workspace: Workspace, tmp_path: Path) -> None:
    """Forms, messages, lists, boxes, a choice, and a question before something is deleted."""
    command = [sys.executable, str(Path(__file__).parent / "sites/django_admin.py"), str(tmp_path), PASSWORD]
    with site(command, r"^(http://\S+)") as url:
        played(workspace, DJANGO.format(url=url))


def test_datasette(workspace: Workspace, tmp_path: Path) -> None:
    """Tables of a database: go into one, filter it, hand it over as a file."""
    database = tmp_path / "tariffs.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(
            "create table plans (code text primary key, name text, fee text);"
            "insert into plans values ('5GLL30', '5G流量包', '30.00元'), ('5GCX128', '5G畅享套餐', '128.00元'),"
            " ('YYTH', '语音套餐', '19.00元')"
        )
    command = [sys.executable, "-m", "datasette", "serve", str(database), "--host", "127.0.0.1", "--port", "0"]
    with site(command, r"running on (http://\S+)") as url:
        played(workspace, DATASETTE.format(url=url))
