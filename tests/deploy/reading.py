"""The files of `deploy/` as data: nginx's directives, a unit's lines, a Dockerfile's steps."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
_SECONDS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
_BYTES: Final = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_NGINX: Final = re.compile(
    r"""\s+|\#[^\n]*|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([{};])|([^\s{};"']+)"""
)


def text_of(name: str) -> str:
    """What stands in one of the files."""
    return (DEPLOY / name).read_text("utf-8")


def nginx_for_nodes() -> str:
    """nginx.conf with what nginx.scale.conf says is to be put into it for several nodes."""
    scale, one = text_of("nginx.scale.conf"), text_of("nginx.conf")
    [upstream] = re.findall(
        r"^    upstream parlour \{\n.*?^    \}\n", one, re.MULTILINE | re.DOTALL
    )
    pattern = r"^    upstream parlour \{\n.*?^    proxy_next_upstream_timeout [^\n]*\n"
    [upstreams] = re.findall(pattern, scale, re.MULTILINE | re.DOTALL)
    return one.replace(upstream, upstreams)


def haproxy_for_nodes() -> str:
    """haproxy.cfg with the backend of haproxy.scale.cfg in place of its own."""
    before, _, _ = text_of("haproxy.cfg").partition("\nbackend parlour\n")
    return f"{before}\n{text_of('haproxy.scale.cfg')}"


def seconds(text: str) -> float:
    """A time as nginx, HAProxy, systemd and Docker write it: `5s`, `15`, `2m`."""
    [(number, unit)] = re.findall(r"^(\d+)(ms|s|m|h)?$", text)
    return int(number) * _SECONDS[unit or "s"]


def size(text: str) -> int:
    """A number of bytes as nginx writes it: `33k`."""
    [(number, unit)] = re.findall(r"^(\d+)([kmg]?)$", text.lower())
    return int(number) * _BYTES[unit]


@dataclass
class Directive:
    """One of nginx's: its words, and what stands in its block."""

    words: list[str]
    block: list["Directive"] = field(default_factory=list)

    def all(self, *words: str) -> Iterator["Directive"]:
        """Those in its block, at any depth, that begin with `words`."""
        for each in self.block:
            if each.words[: len(words)] == list(words):
                yield each
            yield from each.all(*words)

    def one(self, *words: str) -> list[str]:
        """The further words of the only one that begins with `words`."""
        [found] = self.all(*words)
        return found.words[len(words) :]


def nginx(text: str) -> Directive:
    """The whole of a configuration, as the block of a directive without words."""
    open_blocks, words = [Directive([])], list[str]()
    at = 0
    while at < len(text):
        token = _NGINX.match(text, at)
        assert token is not None, f"nginx would not read {text[at : at + 40]!r}"
        at = token.end()
        double, single, sign, word = token.groups()
        if sign is None:
            words += [each for each in (double, single, word) if each is not None]
            continue
        if sign == "}":
            assert not words, f"no ; behind {' '.join(words)}"
            open_blocks.pop()
            continue
        made = Directive(words)
        open_blocks[-1].block.append(made)
        if sign == "{":
            open_blocks.append(made)
        words = []
    assert len(open_blocks) == 1
    assert not words
    return open_blocks[0]


def haproxy(text: str) -> dict[str, list[list[str]]]:
    """HAProxy's lines as words, by the section in which they stand."""
    sections: dict[str, list[list[str]]] = {}
    lines = list[list[str]]()
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if words and not line[0].isspace():
            lines = sections.setdefault(" ".join(words), [])
        elif words:
            lines.append(words)
    return sections


def unit(text: str) -> dict[str, dict[str, list[str]]]:
    """A systemd unit: the values of each key, by section."""
    sections: dict[str, dict[str, list[str]]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[]")
            sections[name] = {}
        elif line and line[0] not in "#;":
            key, _, value = line.partition("=")
            sections[name].setdefault(key, []).append(value)
    return sections


def dockerfile(text: str) -> list[tuple[str, str]]:
    """A Dockerfile's steps: the instruction, and what stands behind it."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    lines = kept.replace("\\\n", " ").splitlines()
    steps = (line.strip().partition(" ") for line in lines if line.strip())
    return [
        # The program in the look at its health has spaces that mean something.
        (name, rest if name == "HEALTHCHECK" else " ".join(rest.split()))
        for name, _, rest in steps
    ]
