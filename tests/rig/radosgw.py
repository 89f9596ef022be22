# tests/rig/radosgw.py: Ceph's gateway for S3, STS and IAM, which verifies signatures: one node, in memory.
import http.client
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest
import uuid

from rig import servers, site

CONFIGURATION = """
[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
osd_crush_chooseleaf_type = 0
public_network = 127.0.0.0/8
ms_bind_port_min = {low}
ms_bind_port_max = {high}
keyring = {folder}/keyring
run_dir = {folder}
log_file = {folder}/$name.log
admin_socket = {folder}/$name.asok
[mon.a]
mon_data = {folder}/mon.a
[osd]
osd_data = {folder}/osd.$id
osd_objectstore = memstore
memstore_device_bytes = 1073741824
osd_fast_shutdown = true
[client.rgw]
rgw_data = {folder}/rgw
rgw_frontends = beast endpoint=127.0.0.1:{port}
rgw_s3_auth_use_sts = true
rgw_sts_key = abcdefghijklmnop
rgw_thread_pool_size = 16
"""
TOOLS = ("ceph", "ceph-authtool", "monmaptool", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin")
ACCESS_KEY, SECRET_KEY = "AKALICE", "SKALICE/with+odd=characters0123456789abc"


class Radosgw:
    """A running gateway on `port` of 127.0.0.1 with one user; stop() ends what was started, by the pid files."""

    def __init__(self, folder):
        for tool in TOOLS:
            servers.require(tool)
        self.folder = pathlib.Path(folder)
        self.port = servers.free_port()
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def run(self, *arguments):
        environment = site.clean_environment(self.folder, {"CEPH_CONF": self.folder / "ceph.conf",
                                                           "LD_LIBRARY_PATH": None})
        outcome = site.run(arguments, env=environment, cwd=self.folder, timeout=60)
        if outcome.status:
            raise OSError(f"{arguments[0]} ended with {outcome.status}: {outcome.stderr}")
        return outcome.stdout

    def key(self, *arguments):
        self.run("ceph-authtool", "keyring", "--gen-key", *arguments)

    def start(self):
        fsid, osd = uuid.uuid4(), uuid.uuid4()
        v1, v2 = servers.free_port(), servers.free_port()
        low = servers.free_port() - 100
        for name in ("mon.a", "osd.0", "rgw"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "ceph.conf").write_text(CONFIGURATION.format(
            fsid=fsid, v1=v1, v2=v2, low=low, high=low + 100, folder=self.folder, port=self.port))
        self.run("ceph-authtool", "--create-keyring", "keyring")
        self.key("-n", "mon.", "--cap", "mon", "allow *")
        for name in ("client.admin", "client.rgw"):
            self.key("-n", name, "--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *")
        self.key("-n", "osd.0", "--cap", "mon", "allow profile osd", "--cap", "osd", "allow *", "--cap", "mgr",
                 "allow profile osd")
        self.run("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]", "--fsid", fsid,
                 "monmap")
        self.run("ceph-mon", "-i", "a", "--mkfs", "--monmap", "monmap", "--keyring", "keyring")
        self.run("ceph-mon", "-i", "a", "--pid-file", self.folder / "mon.pid")
        self.run("ceph", "osd", "new", osd, "0")
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self.run("ceph-osd", "-i", "0", "--pid-file", self.folder / "osd.pid")
        self.run("radosgw", "-n", "client.rgw", "--pid-file", self.folder / "rgw.pid")
        self.wait()
        self.run("radosgw-admin", "-n", "client.rgw", "user", "create", "--uid=alice", "--display-name=Alice",
                 f"--access-key={ACCESS_KEY}", f"--secret-key={SECRET_KEY}")
        self.run("radosgw-admin", "-n", "client.rgw", "caps", "add", "--uid=alice", "--caps=roles=*;user-policy=*")

    def wait(self):
        end = time.monotonic() + 40
        while time.monotonic() < end:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise OSError("radosgw does not answer: " + self.log_end())

    def log_end(self):
        log = self.folder / "client.rgw.log"
        return log.read_text("utf-8", "replace")[-1500:] if log.exists() else "it wrote no log"

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        """Asks all of them to end, then waits. The store is memory, so it needs no time to close."""
        pids = []
        for name in ("rgw", "osd", "mon"):
            try:
                pids.append(int((self.folder / f"{name}.pid").read_text()))
            except (OSError, ValueError):
                continue
        for pid in pids:
            kill(pid, signal.SIGTERM)
        end = time.monotonic() + 10
        for pid in pids:
            while alive(pid) and time.monotonic() < end:
                time.sleep(0.05)
            if alive(pid):
                kill(pid, signal.SIGKILL)


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def alive(pid):
    """Whether it runs; one that has ended and is not yet collected does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
