from __future__ import annotations

import json
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import psutil
import pytest

from crm_dags import services
from crm_dags.services import AirflowStopped, is_healthy, run_module, running_services
from crm_dags.up import holding, refuse_taken_port
from crm_tasks.errors import SettingsError, WarehouseBusy
from crm_tasks.warehouse.home import Home

SERVER = ("http.server", "0", "--bind", "127.0.0.1")
ENVIRONMENT = {"PATH": os.environ["PATH"], "MARK": "test_services"}


def marked() -> list[psutil.Process]:
    """Return the living children that were started with our environment."""
    children = psutil.Process().children(recursive=True)
    living = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in living if child.environ().get("MARK") == "test_services"]


@pytest.fixture
def health():
    """Yield the address of a server that answers with the given health of each service."""
    answer: dict[str, dict] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", answer
        server.shutdown()
        thread.join()


def test_every_service_is_ended_with_the_block(tmp_path, monkeypatch):
    monkeypatch.setattr(services, "SERVICES", {"one": SERVER, "two": SERVER})
    with running_services(ENVIRONMENT, tmp_path) as running:
        running.check()
        assert len(marked()) == 2
    assert marked() == []


def test_services_are_ended_when_the_block_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(services, "SERVICES", {"one": SERVER})
    with pytest.raises(RuntimeError, match="planted"), running_services(ENVIRONMENT, tmp_path):
        raise RuntimeError("planted")
    assert marked() == []


def test_a_service_that_ends_is_named_with_the_end_of_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(services, "SERVICES", {"good": SERVER, "bad": ("no_such_module",)})
    with (
        running_services(ENVIRONMENT, tmp_path) as running,
        pytest.raises(AirflowStopped, match=r"(?s)bad ended by itself:.*no_such_module"),
    ):
        running.wait()


def test_a_preparation_that_fails_is_told(tmp_path):
    with pytest.raises(AirflowStopped, match=r"(?s)prepare failed:.*no_such_module"):
        run_module("prepare", ("no_such_module",), ENVIRONMENT, tmp_path)


def test_ready_means_that_every_service_is_healthy(health):
    url, answer = health
    assert not is_healthy("http://127.0.0.1:1")
    assert not is_healthy(url)
    answer.update({name: {"status": "healthy"} for name in services.HEALTH_OF})
    assert is_healthy(url)
    answer["triggerer"] = {"status": "unhealthy"}
    assert not is_healthy(url)


def test_a_taken_port_is_refused_with_the_way_out():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingsError, match="AIRFLOW__API__PORT=8090 make up"):
            refuse_taken_port(taken.getsockname()[1])
    refuse_taken_port(0)


def test_one_at_a_time_works_on_a_home(tmp_path):
    home = Home(tmp_path / "home")
    busy = pytest.raises(WarehouseBusy, match=f"process {os.getpid()}, make up")
    with holding(home), busy, holding(home):
        pass
    with holding(home):
        pass
