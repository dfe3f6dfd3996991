"""A real S3-compatible store, SeaweedFS, with its keys."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from httpx2 import Client, TransportError

from tests.support.files import until
from tests.support.people import checked
from tests.support.ports import free_port
from tests.support.timing import scaled

WEED = Path(sys.executable).with_name("weed")
KEY, SECRET, BUCKET = "parlour-key", "parlour-secret", "chat-files"
IDENTITIES = {
    "identities": [
        {
            "name": "parlour",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin"],
        }
    ]
}
PARTS = ("master", "volume", "filer", "s3")


class Store:
    """SeaweedFS in a folder, on ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {part: free_port() for part in PARTS}
        self.inner = {part: free_port() for part in PARTS}
        (folder / "identities.json").write_text(json.dumps(IDENTITIES))
        self.command = [
            *(str(WEED), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
            *("-filer", "-s3", f"-s3.config={folder / 'identities.json'}"),
            *("-master.volumeSizeLimitMB=64", "-volume.max=20"),
            *(f"-{part}.port={port}" for part, port in self.ports.items()),
            *(f"-{part}.port.grpc={port}" for part, port in self.inner.items()),
            *("-s3.port.iceberg=0", "-s3.port.lance=0"),
        ]

    def start(self) -> "Store":
        """Start it; return when it takes files."""
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            until(self._answers, seconds=60)
        except AssertionError:
            self.stop()
            raise
        return self

    def _answers(self) -> bool:
        assert self.process.poll() is None, "it has ended"
        try:
            socket.create_connection(("127.0.0.1", self.ports["s3"]), 1).close()
            # A bucket is a folder for whoever comes by the other door.
            with self._client() as client:
                made = client.post(f"/buckets/{BUCKET}/")
                return made.is_success or client.get(f"/buckets/{BUCKET}/").is_success
        except (OSError, TransportError):
            return False

    def _client(self) -> Client:
        place = f"http://127.0.0.1:{self.ports['filer']}"
        # Or each reads the certificates of the whole world.
        return Client(base_url=place, trust_env=False, verify=False)

    def stop(self) -> None:
        """End it."""
        # It takes its time to end well, which nobody needs.
        self.process.kill()
        self.process.wait(scaled(10))
        for port in (*self.ports.values(), *self.inner.values()):
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                left.unlink()

    def listed(self) -> set[str]:
        """Return what is in the bucket."""
        headers = {"Accept": "application/json"}
        with self._client() as client:
            answer = client.get(f"/buckets/{BUCKET}/parlour/", headers=headers)
        if answer.status_code == 404:
            return set()
        entries = checked(answer)["Entries"] or []
        return {str(entry["FullPath"]).rpartition("/")[2] for entry in entries}

    def lose(self, key: str) -> None:
        """Take something out of the bucket."""
        with self._client() as client:
            assert client.delete(f"/buckets/{BUCKET}/parlour/{key}").status_code == 204

    def cut(self, key: str) -> None:
        """Let the last byte of something in the bucket be missing."""
        with self._client() as client:
            path = f"/buckets/{BUCKET}/parlour/{key}"
            whole = client.get(path).raise_for_status().content
            client.put(path, content=whole[:-1]).raise_for_status()
            assert len(client.get(path).content) == len(whole) - 1

    def settings(self, secret: str = SECRET, port: int = 0) -> dict[str, str]:
        """Return the settings of a server that keeps its files here."""
        endpoint = f"http://127.0.0.1:{port or self.ports['s3']}"
        return {
            "PARLOUR_S3_BUCKET": BUCKET, "PARLOUR_S3_ENDPOINT": endpoint,
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": secret,
        }  # fmt: skip
