"""The customers, packages and bills the demo operator begins with, and returns to on a reset."""

from __future__ import annotations

from datetime import date, timedelta

PACKAGES = (
    ("5GLL30", "5G 流量包", 3000, "每月 30GB 全国通用流量，达量后限速不断网，办理后立即生效，随时可退订。"),
    ("LL10", "流量加油包", 1000, "每月 5GB 全国通用流量，适合临时加量。"),
    ("YY20", "语音畅聊包", 2000, "每月 300 分钟全国通话时长，接听免费。"),
    ("DX05", "短信包", 500, "每月 100 条国内短信。"),
)

CUSTOMERS = (
    ("13800000001", "246801", 8650, "全球通", "北京"),
    ("13800000002", "246802", 10005, "动感地带", "上海"),
    ("13800000003", "246803", 120340, "全球通", "广东"),
    ("13800000004", "246804", 80, "神州行", "四川"),
    ("13800000005", "246805", 3000, "神州行", "浙江"),
    ("13800000006", "246806", 1234, "动感地带", "江苏"),
    ("13800000007", "246807", 1008600, "全球通", "湖北"),
    ("13800000008", "246808", 25010, "神州行", "陕西"),
)


def bills(today: date) -> list[tuple[str, str, int, int, int, int]]:
    """Return (msisdn, month, plan, voice, traffic, messages) in fen for the three whole months before *today*."""
    months = _months_before(today, 3)
    return [
        (customer[0], month, 5800, 320 + 45 * number + 110 * age, 1000 + 250 * age, 50 + 10 * number)
        for number, customer in enumerate(CUSTOMERS)
        for age, month in enumerate(months)
    ]


def _months_before(today: date, count: int) -> list[str]:
    months = []
    for _ in range(count):
        today = today.replace(day=1) - timedelta(days=1)
        months.append(f"{today:%Y-%m}")
    return months
