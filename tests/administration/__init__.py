"""What those do who run a server, over a real port."""
