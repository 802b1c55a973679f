"""What the service number answers."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from prober.demo.customers import Customers, yuan

ITEM = "5GLL30"
CONFIRM_WITHIN_S = 300.0
HELP = "尊敬的客户，您可以发送以下指令：CXYE查询余额，CXZD查询账单，KT5G办理5G流量包，QX5G退订5G流量包。"


def normal(text: str) -> str:
    """Return a command as it was meant: full-width letters, small letters and spaces make no difference."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


@dataclass(frozen=True)
class _Question:
    """What a Y would do, until *until_s*."""

    orders: bool
    until_s: float


def _local_time() -> datetime:
    return datetime.now(UTC).astimezone()


class Conversation:
    """Answers each customer's commands, and remembers what they were asked to confirm."""

    def __init__(
        self,
        customers: Customers,
        *,
        now: Callable[[], datetime] = _local_time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._customers = customers
        self._now = now
        self._monotonic = monotonic
        self._questions: dict[str, _Question] = {}

    def answer(self, msisdn: str, text: str) -> str:
        """Return the reply to a customer's message."""
        match normal(text):
            case "CXYE":
                return self._balance(msisdn)
            case "CXZD":
                return self._bills(msisdn)
            case "KT5G":
                return self._ask(msisdn, orders=True)
            case "QX5G":
                return self._ask(msisdn, orders=False)
            case "Y":
                return self._confirmed(msisdn)
            case _:
                return HELP

    def forget(self) -> None:
        """Forget what everyone was asked."""
        self._questions.clear()

    def _balance(self, msisdn: str) -> str:
        now = self._now()
        asked = f"{now.month}月{now.day}日{now.hour}时{now.minute}分"
        return f"尊敬的客户，截至{asked}，您的账户余额为{yuan(self._customers.balance(msisdn))}元。"

    def _bills(self, msisdn: str) -> str:
        last, *earlier = self._customers.bills(msisdn)
        before = "".join(f"{_month(bill.month)}合计{yuan(bill.total_fen)}元；" for bill in earlier)
        return (
            f"尊敬的客户，您{_month(last.month)}的账单如下：套餐费{yuan(last.plan_fen)}元，语音通信费{yuan(last.voice_fen)}元，"
            f"上网流量费{yuan(last.traffic_fen)}元，短信费{yuan(last.messages_fen)}元，合计{yuan(last.total_fen)}元。"
            f"此前账单：{before}以上费用均已从账户余额中扣除，不含当月尚未出账的费用。"
            "查询余额请发送CXYE，办理5G流量包请发送KT5G，更多服务请登录网上营业厅或拨打10086。"
        )

    def _ask(self, msisdn: str, *, orders: bool) -> str:
        package = self._customers.package(ITEM)
        if (package in self._customers.active(msisdn)) is orders:
            has = "已开通" if orders else "尚未开通"
            return f"尊敬的客户，您{has}{package.name}，无需重复操作。"
        self._questions[msisdn] = _Question(orders, self._monotonic() + CONFIRM_WITHIN_S)
        if orders:
            return f"尊敬的客户，您正在办理{package.name}，月费{yuan(package.price_fen)}元。请在5分钟内回复Y确认办理。"
        return f"尊敬的客户，您正在退订{package.name}。请在5分钟内回复Y确认退订。"

    def _confirmed(self, msisdn: str) -> str:
        question = self._questions.pop(msisdn, None)
        if question is None or question.until_s < self._monotonic():
            return "尊敬的客户，您没有待确认的业务。" + HELP.removeprefix("尊敬的客户，")
        package = self._customers.package(ITEM)
        if question.orders:
            self._customers.order(msisdn, ITEM)
            return (
                f"尊敬的客户，您已成功办理{package.name}，月费{yuan(package.price_fen)}元，立即生效。退订请发送QX5G。"
            )
        self._customers.cancel(msisdn, ITEM)
        return f"尊敬的客户，您已成功退订{package.name}。"


def _month(month: str) -> str:
    year, number = month.split("-")
    return f"{year}年{int(number)}月"
