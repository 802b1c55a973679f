"""The pages of the web hall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from prober.demo.customers import Customers, Login, Package, national, yuan
from prober.demo.faults import Fault
from prober.demo.web.codes import Codes
from prober.demo.web.faults import LOGIN, STYLE, FaultyPages, Held
from prober.demo.web.visits import Visit, Visits

COOKIE = "visit"
BY_TEXT = "/login/sms"
NEW_ITEM = "5GLL30"
WRONG_BY_FEN = 1000
_HERE = Path(__file__).parent
_REFUSED = {
    Login.WRONG: "手机号或服务密码不正确，请重新输入。",
    Login.LOCKED: "服务密码连续输错5次，账号已锁定，请拨打客服热线10086。",
}
_EXPIRED = "登录已超时，请重新登录。"
_DEEDS = {"order": ("订购", Customers.order), "cancel": ("退订", Customers.cancel)}

_Page = Callable[[Request, Visit], Awaitable[Response]]


class Hall:
    """What a customer can see and do on the web."""

    def __init__(
        self,
        customers: Customers,
        *,
        fault: Callable[[], Fault | None],
        counters: Counter[str],
        text: Callable[[str, str], None],
    ) -> None:
        """Show *customers* their pages; *text* sends one of them a message."""
        self._customers = customers
        self._text = text
        self._codes = Codes()
        self._fault = fault
        self._counters = counters
        self._held = Held()
        self._visits = Visits()
        self._templates = Jinja2Templates(_HERE / "templates")
        self._templates.env.filters.update(yuan=yuan, month=_month)
        self._style = (_HERE / "hall.css").read_text(encoding="utf-8")

    def app(self) -> Starlette:
        """Return the HTTP application of the hall."""
        return Starlette(
            routes=[
                Route(LOGIN, self._login_page),
                Route(LOGIN, self._login, methods=["POST"]),
                Route(BY_TEXT, self._login_by_text_page),
                Route(BY_TEXT, self._login_by_text, methods=["POST"]),
                Route(f"{BY_TEXT}/code", self._send_code, methods=["POST"]),
                Route("/logout", self._logout),
                Route(STYLE, self._stylesheet),
                Route("/", self._inside(self._home)),
                Route("/home", self._inside(self._home)),
                Route("/bills", self._inside(self._bills)),
                Route("/packages", self._inside(self._packages)),
                Route("/packages/{code}/{deed}", self._inside(self._ask)),
                Route("/packages/{code}/{deed}", self._inside(self._do), methods=["POST"]),
                Route("/item/{code}", self._inside(self._item)),
            ],
            middleware=[Middleware(FaultyPages, fault=self._fault, broken=self._broken, held=self._held)],
            exception_handlers={404: self._not_found},
        )

    def watch(self, door: str, _before: Fault | None, _now: Fault | None) -> None:
        """Hold no page back for a fault that is off. A watcher of `Faults`."""
        if door == "web":
            self.let_go()

    def let_go(self) -> None:
        """Answer at once what the fault `slow` holds back."""
        self._held.let_go()

    def _has(self, name: str) -> bool:
        fault = self._fault()
        return fault is not None and fault.name == name

    def _inside(self, page: _Page) -> Callable[[Request], Awaitable[Response]]:
        """Send who is not logged in to the login page."""

        async def endpoint(request: Request) -> Response:
            token = request.cookies.get(COOKIE, "")
            visit = self._visits.of(token)
            if visit is None:
                return _go(LOGIN)
            if self._has("expired-session"):
                self._visits.end(token)
                return _go(f"{LOGIN}?expired=1")
            return await page(request, visit)

        return endpoint

    def _show(self, request: Request, template: str, visit: Visit | None = None, **context: Any) -> Response:
        self._counters["pages"] += 1
        context["msisdn"] = visit and visit.msisdn
        context["notice"] = visit.take_notice() if visit else ""
        context["has_fault"] = self._has
        status = int(context.pop("status_code", 200))
        response = self._templates.TemplateResponse(request, template, context, status_code=status)
        response.headers["Cache-Control"] = "no-store"  # going back must not show an old balance
        return response

    async def _login_page(self, request: Request) -> Response:
        refused = _EXPIRED if "expired" in request.query_params else ""
        return self._show(request, "login.html", refused=refused)

    async def _login(self, request: Request) -> Response:
        form = await request.form()
        msisdn = await _number(request)
        came_of_it = self._customers.login(msisdn, str(form.get("password", "")))
        if came_of_it is not Login.OK:
            self._counters["refused_logins"] += 1
            return self._show(request, "login.html", refused=_REFUSED[came_of_it], typed=msisdn)
        return self._let_in(msisdn)

    async def _login_by_text_page(self, request: Request) -> Response:
        return self._show(request, "login_sms.html")

    async def _send_code(self, request: Request) -> Response:
        msisdn = await _number(request)
        if self._customers.find(msisdn) is None:
            return self._show(request, "login_sms.html", refused="该号码不是本网用户，请重新输入。", typed=msisdn)
        self._text(msisdn, f"【示例通信】您的登录验证码为{self._codes.draw(msisdn)}，5分钟内有效，请勿告诉他人。")
        return self._show(request, "login_sms.html", sent=True, typed=msisdn)

    async def _login_by_text(self, request: Request) -> Response:
        form, msisdn = await request.form(), await _number(request)
        if not self._codes.take(msisdn, str(form.get("code", "")).strip()):
            self._counters["refused_logins"] += 1
            return self._show(
                request, "login_sms.html", refused="验证码不正确或已失效，请重新输入。", sent=True, typed=msisdn
            )
        return self._let_in(msisdn)

    def _let_in(self, msisdn: str) -> Response:
        self._counters["logins"] += 1
        response = _go("/home")
        response.set_cookie(COOKIE, self._visits.begin(msisdn), httponly=True, samesite="lax")
        return response

    async def _logout(self, request: Request) -> Response:
        self._visits.end(request.cookies.get(COOKIE, ""))
        response = _go(LOGIN)
        response.delete_cookie(COOKIE)
        return response

    async def _stylesheet(self, _request: Request) -> Response:
        return Response(self._style, media_type="text/css")

    async def _home(self, request: Request, visit: Visit) -> Response:
        balance_fen = self._customers.balance(visit.msisdn)
        if self._has("wrong-balance"):
            balance_fen += WRONG_BY_FEN
        return self._show(
            request,
            "home.html",
            visit,
            customer=self._customers.find(visit.msisdn),
            balance_fen=balance_fen,
            bill=self._customers.bills(visit.msisdn)[0],
            active=self._customers.active(visit.msisdn),
            new_item=self._customers.package(NEW_ITEM),
        )

    async def _bills(self, request: Request, visit: Visit) -> Response:
        return self._show(request, "bills.html", visit, bills=self._customers.bills(visit.msisdn))

    async def _packages(self, request: Request, visit: Visit) -> Response:
        packages, active = self._customers.packages(), self._customers.active(visit.msisdn)
        return self._show(request, "packages.html", visit, packages=packages, active=active)

    async def _item(self, request: Request, visit: Visit) -> Response:
        package = self._package(request)
        has, price_fen = package in self._customers.active(visit.msisdn), package.price_fen
        if self._has("wrong-text") and package.code == NEW_ITEM:
            price_fen += WRONG_BY_FEN
        return self._show(request, "item.html", visit, package=package, price_fen=price_fen, has=has)

    async def _ask(self, request: Request, visit: Visit) -> Response:
        word, _ = _deed(request)
        return self._show(request, "confirm.html", visit, package=self._package(request), word=word)

    async def _do(self, request: Request, visit: Visit) -> Response:
        package, (word, do) = self._package(request), _deed(request)
        if do(self._customers, visit.msisdn, package.code):
            visit.notice = f"您已成功{word}{package.name}。"
        else:
            visit.notice = f"您{'已开通' if word == '订购' else '尚未开通'}{package.name}，无需重复操作。"
        return _go("/packages")

    async def _not_found(self, request: Request, _exception: Exception) -> Response:
        return self._show(request, "not_found.html", status_code=404)

    def _broken(self, request: Request) -> Response:
        return self._show(request, "broken.html", status_code=500)

    def _package(self, request: Request) -> Package:
        try:
            return self._customers.package(request.path_params["code"])
        except LookupError:
            raise HTTPException(404) from None


async def _number(request: Request) -> str:
    form = await request.form()
    return national(str(form.get("msisdn", "")).strip())


def _deed(request: Request) -> tuple[str, Callable[[Customers, str, str], bool]]:
    try:
        return _DEEDS[request.path_params["deed"]]
    except KeyError:
        raise HTTPException(404) from None


def _go(path: str) -> Response:
    return RedirectResponse(path, status_code=303)


def _month(month: str) -> str:
    year, number = month.split("-")
    return f"{year}年{int(number)}月"
