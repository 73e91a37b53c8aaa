"""A profile with a generator counts its sources from the generated folder."""

from __future__ import annotations

import pytest

from crm_tasks.connectors.generated import lies_in_answer_key, sources_base
from crm_tasks.errors import ProfileError
from crm_tasks.planted import sources
from crm_tasks.profiles import load_profile, profile_path


def test_without_a_generator_sources_count_from_the_profile(tmp_path) -> None:
    profile = load_profile("completejourney")
    assert sources_base(profile, tmp_path, tmp_path / "generated") == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_with_a_generator_the_files_are_made_below_the_home(tmp_path, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(sources, "write_sources", lambda _, company: asked.append(company))
    base = sources_base(load_profile("planted"), tmp_path / "here", tmp_path / "sources")
    assert base.parent == tmp_path / "sources" / "planted"
    assert [(company.size, company.seed) for company in asked] == [("S", 20250101)]


def test_made_data_must_be_called_synthetic(tmp_path) -> None:
    text = profile_path("planted").read_text(encoding="utf-8")
    path = tmp_path / "own.yml"
    for word in ("is_synthetic", "uses_demo_key"):
        text = text.replace(f"{word}: true", f"{word}: false")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError, match="is_synthetic"):
        load_profile(str(path))


def test_a_key_s_mark_counts_for_everything_below_it(tmp_path) -> None:
    below = tmp_path / "key" / "deep"
    below.mkdir(parents=True)
    assert not lies_in_answer_key(below / "a.csv")
    (tmp_path / "key" / "ANSWER_KEY").touch()
    assert lies_in_answer_key(below / "a.csv")
