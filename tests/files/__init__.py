"""Files and images: sent, seen, changed and taken away."""
