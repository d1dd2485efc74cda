from django.contrib.auth.models import AbstractUser

def filter_users_by_email(
    email: str, is_active: bool | None = None, prefer_verified: bool = False
) -> list[AbstractUser]: ...
