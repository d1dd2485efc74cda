"""Forms for the admin, and for proposing and reviewing."""
