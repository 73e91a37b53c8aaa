"""The version of the code follows the files a model is made of, and nothing else."""

from __future__ import annotations

from crm_tasks.ml.code import code_version


def test_packages_differ_and_stay_what_they_are() -> None:
    assert code_version("value") == code_version("value")
    assert code_version("value") != code_version("forecasting")
