"""Contracts of the pattern tables: what is bought together, and what is bought after what."""

from __future__ import annotations

from crm_tasks.contracts.table import Column, Table, as_of_date_column

ASSOCIATION_RULES = Table(
    schema="ml",
    name="association_rules",
    grain="One row per rule: baskets with the antecedent hold the consequent oftener than others",
    key=("antecedent", "consequent"),
    columns=(
        Column("antecedent", "VARCHAR", "product_ids in order, joined by ' + '", False),
        Column("consequent", "VARCHAR", "product_id", False),
        Column("antecedent_label", "VARCHAR", "What these products are called", False),
        Column("consequent_label", "VARCHAR", "What it is called", False),
        Column("n_items", "INTEGER", "Products on both sides", False, "products"),
        Column("support", "DOUBLE", "Baskets that hold both sides", False, "share"),
        Column("confidence", "DOUBLE", "Of those with the antecedent, with both", False, "share"),
        Column("lift", "DOUBLE", "confidence / share of baskets with the consequent", False),
        Column("leverage", "DOUBLE", "support - what chance would give", False, "share"),
        Column("conviction", "DOUBLE", "How much oftener chance would break it; NULL: never"),
        Column(
            "improvement",
            "DOUBLE",
            "confidence - that of the best rule whose antecedent lacks an item",
            False,
            "share",
        ),
        Column("q_value", "DOUBLE", "Fisher's exact test, Benjamini-Hochberg", False, "share"),
        Column("n_baskets", "BIGINT", "Baskets that hold both sides", False, "baskets"),
        Column("valid_from", "DATE", "As-of date since which it has been found every time", False),
        as_of_date_column(),
    ),
)

SEQUENCE_RULES = Table(
    schema="ml",
    name="sequence_rules",
    grain="One row per rule: orders that end the prefix are followed by the next item oftener",
    key=("prefix", "next_item"),
    columns=(
        Column("prefix", "VARCHAR", "Product bought first; several in turn joined by ' > '", False),
        Column("next_item", "VARCHAR", "Product bought in one of the next orders", False),
        Column("prefix_label", "VARCHAR", "What these are called", False),
        Column("next_item_label", "VARCHAR", "What it is called", False),
        Column("n_items", "INTEGER", "Products on both sides", False, "products"),
        Column("support", "DOUBLE", "Orders that end the prefix and are followed", False, "share"),
        Column("confidence", "DOUBLE", "Of the orders that end it, followed", False, "share"),
        Column("lift", "DOUBLE", "confidence / share of orders followed by next_item", False),
        Column(
            "lift_within_customer",
            "DOUBLE",
            "How often it happened / how often it would, were each customer's own rates all; of a "
            "longer prefix: the rates of the customer's orders with its last product",
            False,
        ),
        Column(
            "improvement",
            "DOUBLE",
            "confidence - that of its last product alone; of one product: of any order",
            False,
            "share",
        ),
        Column("median_gap_days", "DOUBLE", "Days between, the median", False, "days"),
        Column(
            "q_value",
            "DOUBLE",
            "Mantel-Haenszel, Benjamini-Hochberg",
            False,
            "share",
        ),
        Column("n_orders", "BIGINT", "Orders with prefix that are followed", False, "orders"),
        Column("valid_from", "DATE", "As-of date since which it has been found every time", False),
        as_of_date_column(),
    ),
)

PATTERN_COUNTS = Table(
    schema="ml",
    name="pattern_counts",
    grain="One row per kind of rule and number of products in it: what was counted and left out",
    key=("rule_kind", "n_items"),
    columns=(
        Column("rule_kind", "VARCHAR", "association or sequence", False),
        Column("n_items", "INTEGER", "Products in a set or rule", False, "products"),
        Column("n_baskets", "BIGINT", "Baskets, or orders followed by another", False),
        Column("n_baskets_dropped", "BIGINT", "Baskets left out as too large", False, "baskets"),
        Column("n_products", "BIGINT", "Products frequent enough to be counted", False, "products"),
        Column("n_baskets_at_least", "BIGINT", "From how many baskets on a set is counted", False),
        Column("n_sets", "BIGINT", "Sets found; sequences: rules put to the test", False),
        Column("n_tests", "DOUBLE", "Rules the frequent products could form", False),
        Column("n_rules", "BIGINT", "Rules published", False, "rules"),
        as_of_date_column(),
    ),
)

TABLES = (ASSOCIATION_RULES, SEQUENCE_RULES, PATTERN_COUNTS)
