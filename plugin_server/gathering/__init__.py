"""Gathering consent: from files, a sign-up page, a keyword, an API; and keeping the list of numbers clean."""
