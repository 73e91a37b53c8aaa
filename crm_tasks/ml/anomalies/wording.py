"""An unusual figure in words an account manager understands, in English and Chinese."""

from __future__ import annotations

from math import isnan

_NAMES = {
    "n_orders": ("{} orders in {days} days", "近 {days} 天下单 {} 次", "{:.0f}"),
    "price_per_item": ("{} per item at full price", "每件原价 {}", "{:,.2f}"),
    "items_per_order": ("{} items per order", "平均每单 {} 件", "{:.1f}"),
    "return_share": ("{} of the amount sent back", "退货金额占 {}", "{:.0%}"),
    "discount_share": ("{} of the price was discount", "折扣占原价 {}", "{:.0%}"),
}
_USUAL = {True: ("usual for this customer", "该客户平常为"), False: ("usual", "一般为")}
_SILENT = ("no order in {days} days that would tell", "近 {days} 天没有可比的订单")


def told_of(
    name: str, late: float, usual: float, window_days: int, *, is_own: bool
) -> tuple[str, str]:
    """Return what happened lately and what is usual.

    Examples
    --------
    >>> told_of("n_orders", 9.0, 2.04, 56, is_own=True)[0]
    '9 orders in 56 days; usual for this customer: 2.0'
    >>> told_of("return_share", 0.5, 0.02, 56, is_own=False)[1]
    '退货金额占 50% / 一般为 2%'
    """
    english, chinese, form = _NAMES[name]
    if isnan(late):
        return _SILENT[0].format(days=window_days), _SILENT[1].format(days=window_days)
    shown = form.format(late)
    expected = f"{usual:.1f}" if name == "n_orders" else form.format(usual)
    if isnan(usual):
        expected = "-"
    one, other = _USUAL[is_own]
    return (
        f"{english.format(shown, days=window_days)}; {one}: {expected}",
        f"{chinese.format(shown, days=window_days)} / {other} {expected}",
    )
