from __future__ import annotations

from crm_tasks import errors
from crm_tasks.errors import CrmError, SourceUnavailable, WarehouseBusy, listed, nearest


def test_every_error_has_the_same_root_so_that_one_except_catches_all() -> None:
    own = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, Exception)]
    assert len(own) > 5
    assert [error for error in own if not issubclass(error, CrmError)] == []


def test_only_what_mends_itself_is_worth_a_retry() -> None:
    own = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, CrmError)]
    assert {e for e in own if e.is_retryable} == {SourceUnavailable, WarehouseBusy}


def test_a_long_list_is_sorted_and_cut_at_ten() -> None:
    assert listed(f"t{i:02}" for i in reversed(range(13))) == (
        "t00, t01, t02, t03, t04, t05, t06, t07, t08, t09 and 3 more"
    )
    assert listed([]) == ""


def test_the_nearest_name_is_offered_only_where_one_is_near() -> None:
    assert nearest("as_off", ["as_of", "home"]) == "; did you mean 'as_of'?"
    assert nearest("zzz", ["as_of", "home"]) == ""
