"""The canonical entities: what any company's sources are mapped onto.

Landing keeps every source column as text; a profile maps source columns onto the fields below; the
view ``landing.landing_<entity>`` shows the mapped text of all sources, and ``stg_<entity>`` casts
it once, with a reason code for each row that does not fit.
"""

from __future__ import annotations

from crm_tasks.contracts.entity import Entity, Field, Kind, token
from crm_tasks.contracts.entity import text as _text
from crm_tasks.contracts.entity_relations import RELATIONS
from crm_tasks.contracts.entity_voices import VOICES

__all__ = ["ENTITIES", "METADATA", "METADATA_MEANINGS", "Entity", "Field", "Kind"]

#: Reason of a staging row that core does not read because it deletes what it is about.
DELETED = "DELETED"

#: Columns every landing view carries besides the entity's own fields, all but the numbers as text.
METADATA = {
    "source_system": "VARCHAR",
    "batch_id": "VARCHAR",
    "landing_sequence": "BIGINT",
    "source_file_sha256": "VARCHAR",
    "record_no": "BIGINT",
    "landed_at": "TIMESTAMP",
    "known_at_rule": "VARCHAR",
    "known_at_lag_days": "INTEGER",
    "is_deletion": "BOOLEAN",
}
METADATA_MEANINGS = {
    "source_system": "Source system the record comes from",
    "batch_id": "Landed batch the record stands in",
    "landing_sequence": "Place of the batch in the landing order, from 1",
    "source_file_sha256": "Digest of the file the record was read from",
    "record_no": "Place of the record in its file, from 1; below 1: a key a full table lacks",
    "landed_at": "When the batch was first landed",
    "known_at_rule": "event or landing: when a fact of this source counts as known",
    "known_at_lag_days": "Days between a fact and its being known, where the rule is event",
    "is_deletion": "Whether it says that the source deleted what it is about",
}

#: What identifies a customer: the lake has tokens of it, the vault the values, and records are
#: linked by it. A profile maps such a field to the ``<column>_token`` of an identifying column.
IDENTIFYING = (
    token("full_name_token", "Full name in one column"),
    token("given_name_token", "Given name"),
    token("family_name_token", "Family name"),
    token("display_name_token", "Name the customer chose to show, a nickname perhaps"),
    token("email_token", "E-mail address"),
    token("phone_token", "Phone number"),
    token("address_token", "Street address, without city and postal code"),
    token("birth_date_token", "Date of birth"),
    token("government_id_token", "Number of a passport, identity card or tax register"),
    token("loyalty_id_token", "Number of a loyalty card"),
    token("handle_token", "Identifier on the platform named by handle_platform"),
    token("wechat_token", "Identifier on WeChat"),
    token("weibo_token", "Identifier on Weibo"),
    token("x_token", "Identifier on X"),
    token("facebook_token", "Identifier on Facebook"),
)

CUSTOMERS = Entity(
    name="customers",
    grain="One row per customer record of a source",
    key=("customer_source_id",),
    fields=(
        _text("customer_source_id", "Identifier of the customer in the source", is_required=True),
        _text("customer_type", "individual or organization"),
        Field("registered_at", "timestamp", "When the source created it", is_event_time=True),
        _text("age_band", "Age band as the source gives it (audit column, never a feature)"),
        _text("income_band", "Income band as the source gives it (audit column, never a feature)"),
        _text("home_ownership", "Home ownership as the source gives it"),
        _text("marital_status", "Marital status as the source gives it (audit column)"),
        _text("household_size", "Number of people in the household, as text (5+)"),
        _text("household_composition", "Adults and children in words"),
        _text("kids_count", "Number of children, as text (3+)"),
        Field("is_loyalty_member", "boolean", "Whether the customer belongs to the loyalty scheme"),
        *IDENTIFYING,
        _text("gender", "Gender as the source gives it (audit column, never a feature)"),
        Field("birth_year", "integer", "Year of birth, where the source knows no more"),
        _text("city", "City"),
        _text("region", "State, province or county"),
        _text("postal_code", "Postal code"),
        _text("country_code", "Country, ISO 3166 alpha-2"),
        _text("language_code", "Language the customer prefers"),
        _text("company_name", "Employer in the source's words"),
        _text("acquisition_channel", "How the customer was won"),
        _text("handle_platform", "Platform of the handle: a name, or a source whose keys it holds"),
    ),
)

PRODUCTS = Entity(
    name="products",
    grain="One row per product of a source",
    key=("product_source_id",),
    fields=(
        _text("product_source_id", "Identifier of the product in the source", is_required=True),
        _text("sku", "Stock keeping unit, where it differs from the identifier"),
        _text("name", "Name an analyst recognises"),
        _text("category_l1", "Department or main group"),
        _text("category_l2", "Category"),
        _text("category_l3", "Product type"),
        _text("brand", "Brand or brand class"),
        _text("manufacturer_id", "Identifier of the maker"),
        _text("package_size", "Package size as text"),
        Field("list_price", "decimal", "List price"),
        Field("is_countable", "boolean", "Whether quantities of it are numbers of items"),
        Field("currency_code", "currency", "Currency of the list price; empty: the company's"),
    ),
)

ORDERS = Entity(
    name="orders",
    grain="One row per order (basket, invoice) of a source",
    key=("order_source_id",),
    fields=(
        _text("order_source_id", "Identifier of the order in the source", is_required=True),
        _text("customer_source_id", "Customer who ordered; empty where the source has none"),
        Field("ordered_at", "timestamp", "When it was ordered", False, True, True),
        _text("status", "State of the order in the source's words"),
        _text("channel", "Sales channel"),
        _text("store_id", "Store, where there is one"),
        Field("currency_code", "own_currency", "Currency of its amounts; empty: the company's"),
        Field("sequence_no", "integer", "Running number, if orders are numbered as they come in"),
        Field("paid_at", "timestamp", "When it was paid"),
        Field("shipped_at", "timestamp", "When it left the house"),
        Field("promised_on", "date", "Day it was promised for"),
        Field("delivered_on", "date", "Day it arrived"),
    ),
)

ORDER_ITEMS = Entity(
    name="order_items",
    grain="One row per line of an order",
    key=("order_item_source_id",),
    fields=(
        _text("order_item_source_id", "Identifier of the line in the source", is_required=True),
        _text("order_source_id", "Order the line belongs to", is_required=True),
        _text("customer_source_id", "Customer who ordered; empty where the source has none"),
        _text("product_source_id", "Product sold", is_required=True),
        Field("ordered_at", "timestamp", "When it was ordered; empty: with its order", False, True),
        Field("quantity", "integer", "Quantity in the source's unit", is_required=True),
        Field("net_amount", "decimal", "What the seller received, after discounts", True),
        Field("retail_discount_amount", "decimal", "Loyalty or shelf discount granted"),
        Field("coupon_discount_amount", "decimal", "Discount by a maker's coupon"),
        Field("coupon_match_amount", "decimal", "Seller's match of a maker's coupon"),
        Field("currency_code", "own_currency", "Currency of its amounts; empty: the company's"),
    ),
)

CAMPAIGNS = Entity(
    name="campaigns",
    grain="One row per campaign of a source",
    key=("campaign_source_id",),
    fields=(
        _text("campaign_source_id", "Identifier of the campaign", is_required=True),
        _text("name", "Name of the campaign"),
        _text("campaign_type", "Type in the source's words"),
        Field("start_date", "date", "First day", True, True),
        Field("end_date", "date", "Last day"),
        Field("is_randomized", "boolean", "Whether targets were drawn at random"),
        _text("content_type", "What it says: promotion, entertainment, education"),
        _text("channel", "Channel it uses"),
        _text("design", "How targets were drawn: unit, cluster, cluster_saturation, none"),
        Field("unit_cost", "decimal4", "Cost of one touch", least=0),
    ),
)

CONTACTS = Entity(
    name="contacts",
    grain="One row per touch sent to a customer (campaign targeting)",
    key=("contact_source_id",),
    fields=(
        _text(
            "contact_source_id",
            "Identifier of the touch; our key in what gateways tell of messages of ours",
            is_required=True,
        ),
        _text("customer_source_id", "Customer who was contacted; empty for messages of ours"),
        _text("campaign_source_id", "Campaign it belonged to"),
        _text("channel", "Channel: email, sms, social, phone, mail"),
        Field("sent_at", "timestamp", "When it was sent", is_event_time=True),
        _text("content_type", "What it said: promotion, entertainment, education"),
        _text("outcome", "What came of it, in the source's words"),
        Field("cost", "decimal4", "What it cost", least=0),
        Field("delivered_at", "timestamp", "When it arrived"),
        Field("opened_at", "timestamp", "When it was opened"),
        Field("clicked_at", "timestamp", "When it was clicked"),
        Field("converted_at", "timestamp", "When the customer did what it asked for"),
        Field("opted_out_at", "timestamp", "When the customer refused more of its channel"),
    ),
)

REDEMPTIONS = Entity(
    name="redemptions",
    grain="One row per coupon redeemed by a customer",
    key=("redemption_source_id",),
    fields=(
        _text("redemption_source_id", "Identifier of the redemption", is_required=True),
        _text("customer_source_id", "Customer who redeemed", is_required=True),
        _text("campaign_source_id", "Campaign the coupon belonged to"),
        _text("coupon_source_id", "Coupon", is_required=True),
        Field("redeemed_at", "timestamp", "When it was redeemed", True, True),
    ),
)

COUPONS = Entity(
    name="coupons",
    grain="One row per coupon, product and campaign it is valid for",
    key=("coupon_source_id", "product_source_id", "campaign_source_id"),
    fields=(
        _text("coupon_source_id", "Coupon", is_required=True),
        _text("product_source_id", "Product the coupon is valid for", is_required=True),
        _text("campaign_source_id", "Campaign the coupon belongs to", is_required=True),
    ),
)

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        CUSTOMERS,
        PRODUCTS,
        ORDERS,
        ORDER_ITEMS,
        CAMPAIGNS,
        CONTACTS,
        REDEMPTIONS,
        COUPONS,
        *VOICES,
        *RELATIONS,
    )
}
