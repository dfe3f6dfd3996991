"""The page in WebKit, Safari's engine."""
