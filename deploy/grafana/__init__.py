"""Grafana's wallboards as code: dashboards, data sources, playlist, and how an existing Grafana gets them."""
