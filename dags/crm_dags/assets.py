"""The served tables that downstream teams may schedule on: one Airflow asset each."""

from __future__ import annotations

from airflow.sdk import Asset

CUSTOMER_360 = Asset("crm.serve.customer_360")
STRATEGY_ACTIONS = Asset("crm.serve.strategy_actions")
GRAPH_EDGES = Asset("crm.serve.graph_edges")
ML_SEGMENTS = Asset("crm.serve.ml_segments")

SERVED = (CUSTOMER_360, STRATEGY_ACTIONS, GRAPH_EDGES, ML_SEGMENTS)
