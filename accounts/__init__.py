"""Who you are: the user, sign-in and sign-up, one's account page and its API tokens."""
