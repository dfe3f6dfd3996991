"""Who may what: every route and command, for everybody, in rooms of every kind."""
