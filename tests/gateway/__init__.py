"""Tests of parlour/gateway.py: the WebSocket door."""
