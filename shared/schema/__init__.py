"""Tables and the views that define every rate; `python -m shared.schema apply` brings a database up to them."""
