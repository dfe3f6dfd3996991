"""What the tests share: a real server, its clients, its people and their browsers."""
