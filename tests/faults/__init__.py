"""What happens when things go wrong: crashes, cut connections, stalls, shutdowns under load."""
