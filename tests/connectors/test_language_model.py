"""A server on this machine speaks OpenAI's chat protocol: what is asked, retried and refused."""

from __future__ import annotations

import pytest

from crm_tasks.connectors.language_model import AnswerRefused, Chat, ChatServer
from crm_tasks.connectors.patience import Patience
from crm_tasks.errors import SourceUnavailable
from tests.connectors.chats import chat_server

HASTY = Patience(attempts=3, first_wait_s=0.001, longest_wait_s=0.002)


def ask(url, token=None):
    with Chat(ChatServer(url, "small-model", token, 5.0, HASTY)) as chat:
        return chat.ask("Sort this.", '{"message": "坏了"}')


def test_the_question_is_of_the_protocol_and_carries_the_key():
    with chat_server(["defect"]) as (url, asked):
        assert ask(url, "sesame") == "defect"
    (question,) = asked
    assert question["path"] == "/v1/chat/completions"
    assert question["key"] == "Bearer sesame"
    assert (question["model"], question["temperature"]) == ("small-model", 0)
    assert question["messages"] == [
        {"role": "system", "content": "Sort this."},
        {"role": "user", "content": '{"message": "坏了"}'},
    ]


def test_a_busy_server_is_asked_again():
    with chat_server([(429, {}), (503, {}), "refund"]) as (url, asked):
        assert ask(url) == "refund"
    assert len(asked) == 3
    assert asked[0]["key"] is None


@pytest.mark.parametrize("code", [429, 500])
def test_one_that_stays_busy_is_told_after_the_last_attempt(code):
    with chat_server([(code, {})]) as (url, asked), pytest.raises(SourceUnavailable) as told:
        ask(url)
    assert len(asked) == 3
    assert str(told.value) == f"language model: not now, {code}"


def test_nobody_there_is_told():
    with chat_server(["x"]) as (url, _):
        pass
    with pytest.raises(SourceUnavailable, match="ConnectError"):
        ask(url)


@pytest.mark.parametrize(
    ("answer", "said"),
    [((401, {"error": "secret 坏了"}), "refused with 401"), ((302, {}), "refused with 302"),
     ((200, {"choices": []}), "not of the chat protocol"), ((200, ["x"]), "not of the chat"),
     (None, "not of the chat protocol")],
)  # fmt: skip
def test_what_is_no_answer_is_not_asked_again_and_nothing_of_it_is_quoted(answer, said):
    with chat_server([answer]) as (url, asked), pytest.raises(AnswerRefused, match=said) as told:
        ask(url)
    assert len(asked) == 1
    assert "坏了" not in str(told.value)
