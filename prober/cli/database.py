"""`prober db`: the store of results."""

from __future__ import annotations

import typer

from prober.cli import db, db_copies, db_keeping, orders

app = typer.Typer(help="Look into the store of results, and keep it.", no_args_is_help=True, rich_markup_mode=None)
app.command("verify")(db.verify_store)
app.command("stats")(db_keeping.stats)
app.command("prune")(db_keeping.prune)
app.command("backup")(db_copies.backup)
app.command("restore")(db_copies.restore)
app.command("upgrade")(db_copies.upgrade)
app.command("forget")(db_keeping.forget)
app.add_typer(orders.app, name="orders")
