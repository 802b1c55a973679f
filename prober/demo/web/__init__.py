"""The demo operator's web hall (网上营业厅)."""
