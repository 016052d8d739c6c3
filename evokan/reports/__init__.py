"""A run on one page: what it is made from as plain values, and the page."""

from evokan.reports.content import gather
from evokan.reports.html import page, write_report

__all__ = ["gather", "page", "write_report"]
