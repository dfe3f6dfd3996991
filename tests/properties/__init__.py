"""Random commands and random input, compared with a model or with what the API says of itself."""
