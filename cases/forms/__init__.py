"""The forms: a case with its parts in the admin, and what is proposed and reviewed."""
