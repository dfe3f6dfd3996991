"""Parlour's tests: through the doors first (HTTP, WebSocket, browser), units for pure parts."""
