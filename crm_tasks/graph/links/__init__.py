"""Ties to come and customers alike: predicted from the paths between two customers, and judged."""
