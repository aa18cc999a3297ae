"""Sending files for people and bodies without a system: tables with Vietnamese headings become events."""
