"""Accounts and administrators, and their configuration of django-allauth."""
