"""The command writes where it is told and nowhere that holds something."""

from __future__ import annotations

from crm_tasks.planted import __main__ as command


def test_sources_and_key_go_to_folders_of_their_own(tmp_path, monkeypatch) -> None:
    made = []
    monkeypatch.setattr(command, "write_sources", lambda _, company: made.append(company))
    monkeypatch.setattr(command, "write_key", lambda _, company: made.append(company))
    told = ["--size", "M", "--seed", "5", "--sources", str(tmp_path / "s"), "--key", str(tmp_path)]
    assert command.main(told) == 0
    assert [(company.size, company.seed) for company in made] == [("M", 5)] * 2


def test_a_folder_that_holds_something_is_refused(tmp_path, capsys) -> None:
    (tmp_path / "mine.txt").touch()
    assert command.main(["--sources", str(tmp_path)]) == 1
    assert "empty folder" in capsys.readouterr().err
