"""Customers who lately do what they never did: found against their own history, with reasons."""
