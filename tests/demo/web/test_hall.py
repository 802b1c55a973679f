"""The web hall before a real HTTP client."""

from __future__ import annotations

import re

import pytest

PAGES = ["/", "/home", "/bills", "/packages", "/item/5GLL30", "/packages/5GLL30/order"]


async def test_a_customer_sees_their_balance(hall_customer) -> None:
    """The balance stands with its label in one paragraph."""
    page = await hall_customer.get("/home")
    assert "<p>我的余额：<strong>86.50元</strong></p>" in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_the_balance_can_be_made_wrong(hall_customer, demo_faults) -> None:
    """With the fault on it is 10.00 yuan more, and right again without."""
    demo_faults.change({"web": "wrong-balance"})
    assert "96.50元" in (await hall_customer.get("/home")).text
    demo_faults.clear()
    assert "86.50元" in (await hall_customer.get("/home")).text


@pytest.mark.parametrize("path", PAGES)
async def test_a_stranger_is_asked_to_log_in(hall_client, path) -> None:
    """Every page but the login leads there."""
    page = await hall_client.get(path)
    assert page.url.path == "/login"
    assert '<label for="msisdn">手机号</label>' in page.text
    assert '<label for="password">服务密码</label>' in page.text


async def test_five_wrong_passwords_lock_the_account(hall_client, demo_customers) -> None:
    """After the fifth wrong one the right one does not help; a reset does."""
    for tries in range(1, 6):
        page = await _login(hall_client, "999999")
        assert ("锁定，请拨打" in page.text) is (tries == 5)
    assert "锁定，请拨打" in (await _login(hall_client, "246801")).text
    demo_customers.reset()
    assert (await _login(hall_client, "246801")).url.path == "/home"


async def test_a_right_password_forgives_the_wrong_ones(hall_client) -> None:
    """Only wrong ones in a row count."""
    for password in ["999999"] * 4 + ["246801"] + ["999999"] * 4 + ["246801"]:
        page = await _login(hall_client, password)
    assert page.url.path == "/home"


async def test_what_was_typed_is_shown_as_text(hall_client) -> None:
    """A number with markup in it comes back escaped."""
    page = await _login(hall_client, "x", msisdn='"><script>')
    assert "手机号或服务密码不正确" in page.text
    assert "<script>" not in page.text


async def test_logging_out_ends_the_visit(hall_customer) -> None:
    """After 退出 the home page asks for the password again, also with the old cookie."""
    cookie = hall_customer.cookies["visit"]
    await hall_customer.get("/logout")
    page = await hall_customer.get("/home", headers={"Cookie": f"visit={cookie}"})
    assert page.url.path == "/login"


async def test_a_package_is_ordered_and_cancelled(hall_customer, demo_customers) -> None:
    """Both ways lead over a page that asks; only its button does it."""
    asked = await hall_customer.get("/packages/5GLL30/order")
    assert ">确认订购</button>" in asked.text
    assert ">取消</a>" in asked.text
    assert not demo_customers.active("13800000001")

    ordered = await hall_customer.post("/packages/5GLL30/order")
    assert ordered.url.path == "/packages"
    assert '<p class="notice" role="status">您已成功订购5G 流量包。</p>' in ordered.text
    assert "已订购" in ordered.text
    assert [package.code for package in demo_customers.active("13800000001")] == ["5GLL30"]
    assert "notice" not in (await hall_customer.get("/packages")).text

    assert "无需重复操作" in (await hall_customer.post("/packages/5GLL30/order")).text
    assert ">确认退订</button>" in (await hall_customer.get("/packages/5GLL30/cancel")).text
    cancelled = await hall_customer.post("/packages/5GLL30/cancel")
    assert "您已成功退订5G 流量包。" in cancelled.text
    assert "已订购" not in cancelled.text
    assert not demo_customers.active("13800000001")


async def test_the_item_has_a_page(hall_customer) -> None:
    """The new item's page names its price, and offers it until the customer has it."""
    page = await hall_customer.get("/item/5GLL30")
    assert "30.00元/月" in page.text
    assert ">立即办理</button>" in page.text
    await hall_customer.post("/packages/5GLL30/order")
    page = await hall_customer.get("/item/5GLL30")
    assert "立即办理" not in page.text
    assert ">退订</button>" in page.text


async def test_the_bills_are_a_table(hall_customer, demo_customers) -> None:
    """Three months, the newest first, and its sum above them."""
    page = await hall_customer.get("/bills")
    total_fen = demo_customers.bills("13800000001")[0].total_fen
    assert f"账单合计：<strong>{total_fen // 100}.{total_fen % 100:02d}元</strong>" in page.text
    months = re.findall(r'<th scope="row">(\d+)年(\d+)月</th>', page.text)
    assert len(months) == 3
    assert sorted(months, key=lambda m: (int(m[0]), int(m[1])), reverse=True) == months


@pytest.mark.parametrize("path", ["/nowhere", "/item/NONE", "/packages/NONE/order", "/packages/5GLL30/burn"])
async def test_what_does_not_exist_is_404(hall_customer, path) -> None:
    """A page that is none says so, in the hall's own style."""
    page = await hall_customer.get(path)
    assert page.status_code == 404
    assert "页面不存在" in page.text


@pytest.mark.parametrize("path", [*PAGES, "/login", "/nowhere", "/hall.css"])
async def test_nothing_is_loaded_from_elsewhere(hall_customer, path) -> None:
    """Closed networks: no page refers to another host, and every page says that it is Chinese."""
    page = await hall_customer.get(path)
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//|url\((?!['"]?data:)|@import""", page.text)
    assert path.endswith(".css") or '<html lang="zh-CN">' in page.text


async def _login(client, password, msisdn="13800000001"):
    return await client.post("/login", data={"msisdn": msisdn, "password": password})


async def test_a_code_by_text_stands_for_the_password(hall_client, hall_texts) -> None:
    """Once; a wrong one does not, and strangers get none."""
    sent = await hall_client.post("/login/sms/code", data={"msisdn": "13800000001"})
    ((msisdn, text),) = hall_texts
    code = text.partition("验证码为")[2][:6]
    assert (msisdn, code.isdigit(), "138****0001" in sent.text, code in sent.text) == ("13800000001", True, True, False)
    entry = {"msisdn": "13800000001", "code": code}
    wrong = await hall_client.post("/login/sms", data=entry | {"code": "x"})
    assert "验证码不正确或已失效" in wrong.text
    assert (await hall_client.post("/login/sms", data=entry)).url.path == "/home"
    assert (await hall_client.post("/login/sms", data=entry)).url.path == "/login/sms"
    assert "不是本网用户" in (await hall_client.post("/login/sms/code", data={"msisdn": "13900000000"})).text
    assert len(hall_texts) == 1
