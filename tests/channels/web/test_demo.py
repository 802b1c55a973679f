"""A customer's journey through the demo operator's web hall."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from prober.channels.base import RunContext
from prober.channels.web.actions import Click, Fill, NotSee, Open
from prober.channels.web.driver import WebDriver
from prober.demo.customers import Customers
from prober.demo.faults import Faults
from prober.demo.http import HttpDoor
from prober.demo.web.hall import Hall
from prober.judge.values import capture
from prober.loading.fields import expectation
from prober.model.run import Seen
from prober.model.value import Capture, ValueType
from tests.channels.web.conftest import Customer

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]

BALANCE = Capture("web_balance", ValueType.MONEY)


@pytest_asyncio.fixture(loop_scope="session")
async def web_hall(tmp_path: Path) -> AsyncIterator[str]:
    customers, faults = Customers(tmp_path / "customers.sqlite"), Faults()
    hall = Hall(customers, fault=lambda: faults.active("web"), counters=Counter(), text=lambda *_: None)
    door = HttpDoor("127.0.0.1", 0, hall.app())
    yield f"http://127.0.0.1:{await door.start()}"
    await door.close()
    customers.close()


async def test_the_balance_is_read_after_logging_in(
    web_hall: str, web_driver: WebDriver, web_run: Callable[[], RunContext]
) -> None:
    """Login, balance, order, undo, logout: every page by what it says, and the balance as money."""
    run = web_run()
    customer = Customer(run, await web_driver.open(run))
    steps = [
        await customer.do(Open(f"{web_hall}/login", ready=expectation("登录网上营业厅"))),
        await customer.do(Fill({"手机号": "13800000001", "服务密码": "246801"})),
        await customer.do(Click("登录")),
        balance := await customer.see("我的余额", captures=(BALANCE,)),
        await customer.do(Click("了解详情")),
        await customer.do(Click("立即办理")),
        await customer.do(Click("确认订购")),
        await customer.see("/已.*订购|订购成功/"),
        await customer.do(Click("退出")),
        await customer.see("登录网上营业厅"),
        await customer.do(NotSee(expectation("我的余额"))),
    ]
    await customer.session.close()
    assert [(step.seen, step.actual) for step in steps] == [(Seen.EXPECTED, "")] * len(steps)
    assert balance.text == "我的余额：86.50元"
    assert capture(BALANCE, balance.text).value == 8650
    assert balance.took_s is not None
    assert 0 < balance.took_s < 5


async def test_a_wrong_password_leaves_the_customer_before_the_door(
    web_hall: str, web_driver: WebDriver, web_run: Callable[[], RunContext]
) -> None:
    """What is shown instead of the balance is in the failure."""
    run = web_run()
    customer = Customer(run, await web_driver.open(run))
    await customer.do(Open(f"{web_hall}/login"))
    await customer.do(Fill({"手机号": "13800000001", "服务密码": "999999"}))
    await customer.do(Click("登录"))
    seen = await customer.see("我的余额", within=1.5)
    await customer.session.close()
    assert seen.seen in {Seen.NOTHING, Seen.HTTP_ERROR}
    assert "密码" in seen.actual
