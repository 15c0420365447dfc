"""Who signs in: accounts and administrators, and how django-allauth treats them."""
