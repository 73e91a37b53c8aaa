from __future__ import annotations

import re

from tests.deploy.compose_file import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def copied() -> list[str]:
    """Return what the image takes from the repository."""
    lines = re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE)
    names = [name for line in lines for name in line.split()]
    assert names
    return names


def test_the_base_is_the_python_the_project_runs_on():
    assert re.findall(r"^FROM (.+)$", DOCKERFILE, re.MULTILINE) == ["python:3.11-slim"]


def test_packages_are_installed_by_hash():
    installs = re.findall(r"pip install (.+)$", DOCKERFILE, re.MULTILINE)
    assert len(installs) == 2
    assert "--require-hashes --requirement requirements.lock" in installs[0]
    assert "--no-deps" in installs[1]


def test_the_image_runs_as_a_user_without_rights():
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)[-1] == "crm"
    assert "--uid 10001" in DOCKERFILE


def test_no_secret_is_baked_in():
    assert not re.search(r"^(ARG|ENV).*(KEY|SECRET|PASSWORD|TOKEN)", DOCKERFILE, re.MULTILINE)


def test_only_what_the_image_needs_reaches_the_builder():
    assert IGNORED[1] == "*"
    allowed = {line[1:] for line in IGNORED if line.startswith("!")}
    assert allowed == set(copied())
    for name in copied():
        assert (ROOT / name).exists(), name
