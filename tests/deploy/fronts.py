"""nginx and HAProxy with the files of `deploy/`, on free ports before a server of their own."""

import datetime as dt
import ipaddress
import os
import resource
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scripts.cluster import nginx_changes
from tests.deploy.reading import haproxy_for_nodes, nginx_for_nodes, text_of
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.server import Server
from tests.support.timing import scaled


class Front(Server, ABC):
    """A proxy before `behind`, in the tests' eyes a server with other addresses."""

    name = ""

    def __init__(self, home: Path, behind: Server) -> None:
        super().__init__(home)
        home.mkdir(mode=0o755)
        self.behind = behind
        self.plain_port, self.port = free_port(), free_port()
        self.certificate, self.key = certificate(home)

    @property
    def url(self) -> str:
        """Where it listens for https."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def websocket_url(self) -> str:
        """The same for WebSockets."""
        return f"wss://127.0.0.1:{self.port}"

    def logged(self) -> str:
        """All that it has written into its logs."""
        return self.process.output

    @abstractmethod
    def changes(self) -> Mapping[str, str]:
        """What cannot be as it stands in the file, and what stands there instead."""

    @abstractmethod
    def commands(self, path: Path) -> tuple[list[str], list[str]]:
        """What looks at the file, and what runs with it."""

    def text(self, file: str) -> str:
        """What there is for it in `deploy/`."""
        return text_of(file)

    def copy(self, file: str) -> Path:
        """The file of `deploy/` with other ports and paths. Nothing else is changed."""
        text = self.text(file)
        for old, new in self.changes().items():
            assert old in text, f"deploy/{file} no longer has {old!r}, which cannot stay here"
            text = text.replace(old, new)
        path = self.home / file
        path.write_text(text, "utf-8")
        return path

    @contextmanager
    def serving(self, file: str) -> Iterator[None]:
        """Let it look at its file, then run."""
        check, command = self.commands(self.copy(file))
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(check)}:\n{done.stdout}{done.stderr}"
        self.processes.append(Process(command, cwd=self.home, env=dict(os.environ)))
        try:
            self.until_it_listens()
            yield
        finally:
            self.process.signal(signal.SIGTERM)
            self.process.wait()

    def until_it_listens(self) -> None:
        """Wait for its port."""
        deadline = time.monotonic() + scaled(10)
        listening = f"127.0.0.1:{self.port}"
        while listening not in listeners():
            assert self.process.returncode is None, f"{self.name} ended:\n{self.process.output}"
            assert time.monotonic() < deadline, f"{self.name} does not listen"
            time.sleep(0.05)


class Nginx(Front):
    """Its logs are files; the folder of bodies on their way stays empty."""

    name = "nginx"

    def changes(self) -> Mapping[str, str]:
        """Ports, paths and no more handles than there are here."""
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        made = {
            "pid /run/nginx.pid;": f"pid {self.home}/nginx.pid;",
            "/var/log/nginx/": f"{self.home}/",
            "http {\n": f"http {{\n    client_body_temp_path {self.home}/bodies;\n"
            f"    proxy_temp_path {self.home}/answers;\n",
            "server 127.0.0.1:8000;": f"server 127.0.0.1:{self.behind.port};",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{self.port} ssl http2;",
            "listen [::]:80;": "",
            "listen [::]:443 ssl http2;": "",
            "/etc/ssl/parlour/fullchain.pem": str(self.certificate),
            "/etc/ssl/parlour/privkey.pem": str(self.key),
        }
        if most < 98304:
            made["worker_rlimit_nofile 98304;"] = f"worker_rlimit_nofile {most};"
            made["worker_connections 45000;"] = f"worker_connections {most - 100};"
        if os.geteuid():
            made["user www-data;"] = ""
        return made

    def commands(self, path: Path) -> tuple[list[str], list[str]]:
        """It stays in the foreground."""
        command = ["nginx", "-e", "stderr", "-p", str(self.home), "-c", str(path)]
        return [*command, "-t"], [*command, "-g", "daemon off;"]

    def logged(self) -> str:
        """Both of its files."""
        return "\n".join((self.home / f"{name}.log").read_text() for name in ("access", "error"))

    def kept(self) -> list[Path]:
        """What it has put on the disk of bodies and answers."""
        folders = (self.home / "bodies", self.home / "answers")
        return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


class HAProxy(Front):
    """It logs to its standard output here."""

    name = "haproxy"

    def changes(self) -> Mapping[str, str]:
        """Ports, paths and no more connections than there are handles for."""
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        joined = self.home / "parlour.pem"
        joined.write_bytes(self.certificate.read_bytes() + self.key.read_bytes())
        made = {
            "log /dev/log local0": "log stdout format raw local0",
            "bind :80\n": f"bind 127.0.0.1:{self.plain_port}\n",
            "bind :443 ": f"bind 127.0.0.1:{self.port} ",
            "    bind :::80 v6only\n": "",
            "    bind :::443 v6only ssl crt /etc/haproxy/parlour.pem alpn h2,http/1.1\n": "",
            "/etc/haproxy/parlour.pem": str(joined),
            "server one 127.0.0.1:8000 ": f"server one 127.0.0.1:{self.behind.port} ",
        }
        if most < 2 * 45000 + 1000:
            made["maxconn 45000"] = f"maxconn {(most - 1000) // 2}"
        if os.geteuid():
            made |= dict.fromkeys(
                ("user haproxy\n", "group haproxy\n", "chroot /var/lib/haproxy\n"), "\n"
            )
        return made

    def commands(self, path: Path) -> tuple[list[str], list[str]]:
        """It stays in the foreground."""
        return ["haproxy", "-c", "-f", str(path)], ["haproxy", "-db", "-f", str(path)]


class ForNodes(Front):
    """A proxy before several nodes."""

    def __init__(self, home: Path, nodes: Sequence[Server]) -> None:
        super().__init__(home, nodes[0])
        self.nodes = nodes


class NginxForNodes(ForNodes, Nginx):
    """nginx.scale.conf as it is, before several nodes and behind another proxy: without TLS."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket_url(self) -> str:
        """The same for WebSockets."""
        return f"ws://127.0.0.1:{self.port}"

    def changes(self) -> Mapping[str, str]:
        """As `make cluster` changes it."""
        return nginx_changes(self.port, [node.port for node in self.nodes], self.home)

    def logged(self) -> str:
        """Its one file, and what it says."""
        return (self.home / "access.log").read_text() + self.process.output


class NginxWithNodes(ForNodes, Nginx):
    """nginx.conf with the nodes of nginx.scale.conf."""

    def text(self, file: str) -> str:
        """Both files together."""
        return nginx_for_nodes()

    def changes(self) -> Mapping[str, str]:
        """Those of nginx.conf, but for the one server that is there no longer."""
        made = dict(super().changes())
        del made["server 127.0.0.1:8000;"]
        for address, node in zip(("172.30.81.11", "172.30.81.12"), self.nodes, strict=True):
            made[f"server {address}:8000 "] = f"server 127.0.0.1:{node.port} "
        return made


class HAProxyWithNodes(ForNodes, HAProxy):
    """haproxy.cfg with the backend of haproxy.scale.cfg."""

    def text(self, file: str) -> str:
        """Both files together."""
        return haproxy_for_nodes()

    def changes(self) -> Mapping[str, str]:
        """Those of haproxy.cfg, but for the one server that is there no longer."""
        made = dict(super().changes())
        del made["server one 127.0.0.1:8000 "]
        places = ("one 192.0.2.11:8000\n", "two 192.0.2.12:8000\n")
        for place, node in zip(places, self.nodes, strict=True):
            made[f"server {place}"] = f"server {place.split()[0]} 127.0.0.1:{node.port}\n"
        return made


def listeners() -> set[str]:
    """The addresses of this machine (IPv4) on which somebody listens."""
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        address, state = line.split()[1], line.split()[3]
        if state == "0A":
            host, port = address.split(":")
            number = int.from_bytes(bytes.fromhex(host), "little")
            found.add(f"{ipaddress.ip_address(number)}:{int(port, 16)}")
    return found


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Parlour's tests")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "certificate.pem", folder / "key.pem"
    certificate_path.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_path, key_path
