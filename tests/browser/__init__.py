"""The page as people meet it: real browsers at a real server, seen through roles and labels."""
