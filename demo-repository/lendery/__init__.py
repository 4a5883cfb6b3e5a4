"""Lendery: what a neighbourhood lends out, to whom, and until when."""

__all__ = ["bookings", "items", "notices", "periods", "pricing", "registry", "tables"]
