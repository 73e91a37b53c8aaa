"""Real database servers on this machine alone, started once for the tests that ask for them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket as sockets
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "not-a-secret-of-anybody"
STARTED_WITHIN_S = 60.0
MARIADB = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Server:
    """One server: the URL a profile would name, and connections that may write."""

    def __init__(self, kind: str, url: str, connect) -> None:
        self.kind, self.url, self.connect = kind, url, connect

    def run(self, *statements: str) -> None:
        """Run statements, each committed."""
        connection = self.connect()
        try:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            connection.commit()
        finally:
            connection.close()

    def rows(self, statement: str) -> list[tuple]:
        connection = self.connect()
        try:
            cursor = connection.cursor()
            cursor.execute(statement)
            return list(cursor.fetchall())
        finally:
            connection.close()


@contextmanager
def postgresql() -> Iterator[Server]:
    """Yield a PostgreSQL with an owner and a reader that has a password."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from pgserver import get_server

        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            socket = server.get_uri().partition("host=")[2]
            server.psql(f"create database shop; create role reader login password '{PASSWORD}';")
            url = f"postgresql://reader@/shop?host={socket}"

            _ask_the_reader_for_a_password(Path(socket), server)

            def connect():
                import psycopg

                return psycopg.connect(dbname="shop", user="postgres", host=socket)

            yield Server("postgresql", url, connect)
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """Yield a PostgreSQL that all tests share."""
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    """Yield a MariaDB that all tests share."""
    with mariadb() as server:
        yield server


def _ask_the_reader_for_a_password(socket: Path, server) -> None:
    rules = socket / "pg_hba.conf"
    rules.write_text("local shop reader scram-sha-256\n" + rules.read_text())
    server.psql("select pg_reload_conf();")


@contextmanager
def mariadb() -> Iterator[Server]:
    """Yield a MariaDB with an owner and a reader that has a password."""
    if MARIADB is None:
        pytest.skip("needs a MariaDB server: apt install mariadb-server")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        user = "mysql" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        data, socket = folder / "data", folder / "s"
        common = ["--no-defaults", f"--datadir={data}", f"--user={user}"]
        install = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal"]
        subprocess.run([*install, "--skip-test-db"], check=True, capture_output=True)
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        server = [MARIADB, *common, f"--socket={socket}", "--skip-networking", "--skip-log-bin"]
        server += [f"--pid-file={folder / 'pid'}", "--innodb-buffer-pool-size=32M"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(server, stdout=log, stderr=log)
        try:

            def connect(database: str | None = "shop"):
                import pymysql

                return pymysql.connect(unix_socket=str(socket), user="root", database=database)

            _wait(socket, process, folder / "log")
            Server("mysql", "", lambda: connect(None)).run(
                "create database shop character set utf8mb4",
                f"create user reader@localhost identified by '{PASSWORD}'",
                "grant select on shop.* to reader@localhost",
            )
            yield Server("mysql", f"mariadb://reader@localhost/shop?unix_socket={socket}", connect)
        finally:
            process.terminate()
            process.wait(30)


def _wait(socket: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        with sockets.socket(sockets.AF_UNIX) as probe:
            if probe.connect_ex(str(socket)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"no MariaDB: {log.read_text()[-800:]}")
