"""The wrong merges everybody knows: each pair of people here stays two customers.

The records are compared under one fixed model of a usual company (``tests.identity.people.MODEL``),
so that every case can be judged by hand.
"""

from __future__ import annotations

from crm_tasks.identity.params import IdentityParams
from crm_tasks.profiles.model import Identity
from tests.identity.people import inputs_of, persons_of

CITY = {"city": "Leeds"}
HOME = {"address": "12 High Street, Flat 4", **CITY}
ANNE = {"full_name": "Anne Weatherby", "birth_date": "1980-02-03"}
MARK = {"full_name": "Mark Weatherby", "birth_date": "1978-11-23"}


def test_one_person_in_three_systems_is_one_customer(scratch):
    found = persons_of(
        scratch,
        [
            {"key": "crm:1", **ANNE, "email": "anne@mail.example", "phone": "07400 123456", **HOME},
            {"key": "shop:1", "full_name": "Weatherby, Anne", "email": "ANNE@mail.example", **CITY},
            {"key": "till:1", **ANNE, "phone": "+44 7400 123456", "address": "12 High St Flat 4"},
        ],
    )
    assert found == [{"crm:1", "shop:1", "till:1"}]


def test_the_same_person_in_chinese_and_in_pinyin_is_one_customer(scratch):
    found = persons_of(
        scratch,
        [
            {"key": "crm:1", "full_name": "張曉明", "birth_date": "1980-02-03", "city": "上海"},
            {
                "key": "shop:1",
                "full_name": "Zhang Xiaoming",
                "birth_date": "1980/2/3",
                "city": "上海",
            },
            {
                "key": "till:1",
                "full_name": "张晓明",
                "birth_date": "1980年2月3日",
                "city": "上海市",
            },
        ],
    )
    assert found == [{"crm:1", "shop:1", "till:1"}]


def test_two_people_of_one_household_stay_apart(scratch):
    phone = {"phone": "07400 123456", "email": "weatherbys@mail.example"}
    found = persons_of(
        scratch,
        [
            {"key": "crm:1", **ANNE, **HOME, **phone},
            {"key": "crm:2", **MARK, **HOME, **phone},
            {"key": "shop:1", "full_name": "Anne Weatherby", **HOME, **phone},
            {"key": "shop:2", "full_name": "Mark Weatherby", **HOME, **phone},
        ],
    )
    assert found == [{"crm:1", "shop:1"}, {"crm:2", "shop:2"}]


def test_colleagues_who_share_the_companys_mailbox_stay_apart(scratch):
    people = ["Anne Weatherby", "Mark Oldcastle", "Joan Prendergast", "Carl Winterbottom"]
    for mailbox in ("info@corp.example", "frontdesk@corp.example"):
        rows = [
            {"key": f"crm:{n}", "full_name": name, "email": mailbox, **CITY}
            for n, name in enumerate(people)
        ]
        assert len(persons_of(scratch, rows)) == len(people)


def test_namesakes_stay_apart(scratch):
    found = persons_of(
        scratch,
        [
            {"key": "crm:1", "full_name": "王伟", "birth_date": "1980-02-03", "city": "上海",
             "phone": "13800138000", "address": "人民路1号"},
            {"key": "shop:1", "full_name": "王伟", "birth_date": "1991-07-15", "city": "上海",
             "phone": "13900139000", "address": "中山路200号"},
        ],
    )  # fmt: skip
    assert found == [{"crm:1"}, {"shop:1"}]


def test_namesakes_without_birth_dates_wait_for_a_person_or_stay_apart(scratch):
    rows = [
        {"key": f"crm:{n}", "full_name": "王伟", "city": "上海", "phone": phone}
        for n, phone in enumerate(("13800138000", "13911927364", "18677345120"))
    ]
    assert len(persons_of(scratch, rows)) == 3


def test_who_got_a_recycled_phone_number_is_not_its_former_owner(scratch):
    phone = {"phone": "07400 123456"}
    found = persons_of(
        scratch,
        [
            {"key": "crm:1", **ANNE, **phone, "city": "Leeds"},
            {"key": "crm:2", "full_name": "Joan Prendergast", "birth_date": "1991-07-15", **phone,
             "city": "Bristol"},
            {"key": "shop:1", "full_name": "Joan Prendergast", **phone, "city": "Bristol"},
        ],
    )  # fmt: skip
    assert found == [{"crm:1"}, {"crm:2", "shop:1"}]


def test_father_and_son_of_one_name_and_home_stay_apart(scratch):
    father = {"full_name": "Mark Weatherby", "birth_date": "1955-11-23", **HOME}
    son = {"full_name": "Mark Weatherby", "birth_date": "1984-05-30", **HOME}
    found = persons_of(
        scratch,
        [
            {"key": "crm:1", **father, "email": "mark55@mail.example"},
            {"key": "crm:2", **son, "email": "mw84@mail.example"},
            {"key": "shop:1", **father, "email": "mark55@mail.example"},
            {"key": "shop:2", "full_name": "Mark Weatherby", **HOME, "email": "mw84@mail.example"},
            # No birth date and no address of its own: nobody can say whose record this is.
            {"key": "till:1", "full_name": "Mark Weatherby", **HOME},
        ],
    )
    assert found == [{"crm:1", "shop:1"}, {"crm:2", "shop:2"}, {"till:1"}]


def test_two_government_or_loyalty_ids_never_share_a_customer(scratch):
    for kind in ("government_id", "loyalty_id"):
        same = {**ANNE, **HOME, "email": "anne@mail.example", "phone": "07400 123456"}
        found = persons_of(
            scratch,
            [
                {"key": "crm:1", **same, kind: "AB-1"},
                {"key": "shop:1", **same},
                {"key": "till:1", **same, kind: "AB-2"},
            ],
        )
        # Nobody can say whose the record without such a number is.
        assert found == [{"crm:1"}, {"shop:1"}, {"till:1"}]


def test_one_government_id_makes_one_customer(scratch):
    found = persons_of(
        scratch,
        [
            {"key": "crm:1", "full_name": "Anne Weatherby", "government_id": "ab 1"},
            {"key": "shop:1", "full_name": "Anne Oldcastle", "government_id": "AB-1"},
        ],
    )
    assert found == [{"crm:1", "shop:1"}]


def test_a_shared_key_does_not_outweigh_another_name_and_another_birth_date(scratch):
    found = persons_of(
        scratch,
        [
            {"key": "crm:1", **ANNE, "loyalty_id": "7"},
            {"key": "shop:1", "full_name": "Joan Prendergast", "birth_date": "1991-07-15",
             "loyalty_id": "7"},
        ],
    )  # fmt: skip
    assert found == [{"crm:1"}, {"shop:1"}]


def test_three_platforms_handles_make_one_customer_with_three_identifiers(scratch):
    found = persons_of(
        scratch,
        [
            {"key": "crm:1", **ANNE, "wechat": "anne_w", "weibo": "weatherby", "handle": "u77",
             "handle_platform": "forum"},
            {"key": "chat:1", "display_name": "小鱼", "wechat": "Anne_W"},
            {"key": "blog:1", "display_name": "sunny", "weibo": "weatherby"},
            {"key": "forum:u77", "display_name": "lucky_star"},
        ],
    )  # fmt: skip
    assert found == [{"blog:1", "chat:1", "crm:1", "forum:u77"}]


def test_equal_display_names_make_nobody_one_person(scratch):
    for name in ("sunny", "小鱼", "Lucky Star"):
        rows = [{"key": f"social:{n}", "display_name": name, **CITY} for n in range(4)]
        assert len(persons_of(scratch, rows)) == len(rows)


def test_a_son_without_birth_date_does_not_tie_his_father_to_another(scratch):
    """One pair too many would make a chain; the order of the records does not matter."""
    rows = [
        {"key": "crm:1", "full_name": "Mark Weatherby", "birth_date": "1955-11-23", **HOME},
        {"key": "shop:1", "full_name": "Mark Weatherby", **HOME},
        {"key": "crm:2", "full_name": "Mark Weatherby", "birth_date": "1984-05-30", **HOME},
    ]
    for order in (rows, rows[::-1], [rows[1], rows[0], rows[2]]):
        assert all(not {"crm:1", "crm:2"} <= group for group in persons_of(scratch, order))


def test_the_shipped_thresholds_are_those_of_a_profile_that_names_none():
    told, shipped = Identity(), IdentityParams()
    assert (told.auto_threshold, told.review_threshold) == (0.8, 0.5)
    assert told.auto_threshold == shipped.auto_threshold
    assert told.review_threshold == shipped.review_threshold
    assert shipped.auto_threshold in shipped.interval_thresholds


def test_an_empty_company_has_nobody(scratch):
    assert inputs_of([{"key": "crm:1"}]).records.num_rows == 1
    assert persons_of(scratch, [{"key": "crm:1"}]) == [{"crm:1"}]


def test_numbered_mailboxes_and_phones_in_a_row_are_not_one_person(scratch):
    """Nothing is shared here; the model is learned from these records alone."""
    rows = [
        {"key": f"shop:{n}", "email": f"person{n}@shop.example", "phone": f"07400 {123_000 + n}"}
        for n in range(40)
    ]
    found = persons_of(scratch, rows, model=None)
    assert sorted(found, key=min) == sorted(({row["key"]} for row in rows), key=min)
