"""How far it goes: nodes beside one another, and what grows with rooms, members and history."""
