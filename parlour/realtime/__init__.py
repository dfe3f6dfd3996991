"""Who listens here and how frames travel; knows rooms and bytes, not chat."""
