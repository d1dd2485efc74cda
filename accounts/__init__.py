"""Users, sign-in and sign-up, the account page and API tokens."""
