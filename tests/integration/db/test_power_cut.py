"""What was acknowledged survives a power cut: whatever was not synced to the disk is lost here.

A small library that is loaded before SQLite notes how long each file was when it was last synced.
The cut leaves of each file what was synced, as a disk does that has written nothing else.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.db.audit_verify import snapshot, verify
from bot.db.engine import open_engine
from tests.databases import migrated_database

pytestmark = pytest.mark.skipif(
    not (shutil.which("cc") and sys.platform == "linux"), reason="needs a C compiler on Linux"
)

SYNCS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void note(int fd) {
    char link[64], path[4096], line[4200];
    struct stat now;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || fstat(fd, &now)) return;
    path[length] = 0;
    int log = open(getenv("SYNC_LOG"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    int written = snprintf(line, sizeof line, "%lld %s\n", (long long)now.st_size, path);
    if (write(log, line, written) != written) abort();
    close(log);
}

int fsync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    int code = real(fd);
    if (!code) note(fd);
    return code;
}

int fdatasync(int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    int code = real(fd);
    if (!code) note(fd);
    return code;
}
"""
WRITER = """
    import sys
    from bot.clock import CompressedClock
    from bot.db.engine import open_engine
    from bot.playbook.loader import load_playbook
    from bot.unit_of_work import Runtime
    from sqlalchemy import event
    from tests.runtimes import HOUR_0, TEAM

    engine = open_engine(sys.argv[1])
    if sys.argv[2] != "as it is":
        @event.listens_for(engine, "connect")
        def relax(connection, _entry):
            connection.execute("PRAGMA synchronous=NORMAL")
    runtime = Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    for number in range(100_000):
        with runtime.uow(TEAM) as uow:
            uow.audit(None, "U1", "logged", "blocker", number)
            item = uow.upsert(f"m{number}", "channel:C1", {"text": "x", "blocks": []})
            item.in_doubt = True
        print(number, flush=True)
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    place = tmp_path_factory.mktemp("syncs")
    (place / "syncs.c").write_text(SYNCS)
    made = place / "syncs.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(made), str(place / "syncs.c"), "-ldl"]
    subprocess.run(command, check=True)
    return made


def write_until_the_cut(library, url, log, synchronous, commits):
    """Write in another process, and stop it in the middle; return the last acknowledged number."""
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), url, synchronous],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "LD_PRELOAD": str(library), "SYNC_LOG": str(log)},
    )
    acknowledged = -1
    for line in writer.stdout:
        acknowledged = int(line)
        if acknowledged >= commits:
            break
    writer.send_signal(signal.SIGKILL)
    acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
    writer.wait()
    return acknowledged


def cut_power(file, log):
    """Leave of the database and its log what was synced, and of the rest torn bytes."""
    synced = {}
    for line in log.read_text().splitlines() if log.exists() else ():
        size, _, path = line.partition(" ")
        synced[path] = int(size)
    wal = Path(f"{file}-wal")
    kept = synced.get(str(wal), 0)
    rest = wal.read_bytes()[kept:]
    with wal.open("r+b") as opened:
        opened.truncate(kept)
        opened.seek(kept)
        opened.write(rest[: len(rest) // 3] + b"\xa5" * 100)
    Path(f"{file}-shm").unlink(missing_ok=True)


def found_after(url):
    engine = open_engine(url)
    with engine.connect() as connection:
        whole = connection.execute(text("PRAGMA integrity_check")).scalar()
        numbers = set(connection.execute(text("SELECT subject_id FROM audit")).scalars())
        doubts = connection.execute(text("SELECT count(*) FROM outbox WHERE in_doubt")).scalar()
        connection.rollback()
    with snapshot(engine) as connection:
        finding = verify(connection, "T1").finding
    engine.dispose()
    return whole, numbers, doubts, finding


@pytest.mark.parametrize("commits", [3, pytest.param(400, marks=pytest.mark.slow)])
def test_what_was_acknowledged_survives_a_power_cut(library, tmp_path, commits):
    url, log = migrated_database("sqlite", tmp_path), tmp_path / "syncs.log"
    last = write_until_the_cut(library, url, log, "as it is", commits)
    cut_power(Path(url.removeprefix("sqlite:///")), log)
    whole, numbers, doubts, finding = found_after(url)
    assert whole == "ok"
    assert numbers >= set(range(last + 1))
    assert doubts >= last + 1
    assert finding is None


def test_the_cut_does_lose_what_was_not_synced(library, tmp_path):
    """Without this the test above could not fail."""
    url, log = migrated_database("sqlite", tmp_path), tmp_path / "syncs.log"
    last = write_until_the_cut(library, url, log, "relaxed", 20)
    cut_power(Path(url.removeprefix("sqlite:///")), log)
    whole, numbers, _doubts, _finding = found_after(url)
    assert whole == "ok"
    assert not numbers >= set(range(last + 1))
