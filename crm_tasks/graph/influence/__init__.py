"""Dynamics on the graph: who activates whom, how far it goes, and where to start it."""
