"""The journey of balance.yaml, written in Python."""

from prober import scenario


@scenario(item="balance-query", title="余额查询：三个渠道一致（Python）")
async def balance_is_the_same_everywhere(ivr, web, sms, same):
    await ivr.dial("10086", within="10s")
    await ivr.hear("welcome", within="4s", warn="2s")
    await ivr.press("1")
    await ivr.hear("balance", capture={"ivr_balance": "money"})
    await ivr.hang_up()

    await web.open("/login")
    await web.fill({"手机号": "${line.msisdn}", "服务密码": "${secret.service_password}"})
    await web.click("登录")
    await web.see("我的余额", capture={"web_balance": "money"})

    await sms.send(to="10086", text="CXYE")
    await sms.receive(r"/余额为(?P<sms_balance>[\d.,]+元)/", within="30s")

    await same(["ivr_balance", "web_balance", "sms_balance"], as_="money")
