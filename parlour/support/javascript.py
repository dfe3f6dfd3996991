"""One JavaScript module, read: what it imports, what it exports, and what is left of it then.

Only the forms that are written below are understood. Any other is refused by file and line, because
a module that was misread would break in every browser instead of at the start.
"""

import posixpath
import re
from dataclasses import dataclass, field
from typing import Final, NoReturn

# What may hold words that only look like code, and what tells where it ends.
_TOKEN: Final = re.compile(r"//[^\n]*|/\*[\s\S]*?\*/|['\"`{}/]")
_WORDS: Final = {
    "'": re.compile(r"'(?:[^'\\\n]|\\[\s\S])*'"),
    '"': re.compile(r'"(?:[^"\\\n]|\\[\s\S])*"'),
    "/": re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*"),
    "`": re.compile(r"[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)"),
}
# A slash begins a regular expression, unless a value stands before it, which it then divides.
_VALUE: Final = re.compile(r"(?:[\w$)\]}'\"`]|\+\+|--)$")
_KEYWORD: Final = re.compile(
    r"(?<![\w$.])(?:return|typeof|case|in|of|void|throw|await|yield|else)$"
)
_VISIBLE: Final = re.compile(r"[^\n]")
_AWAIT: Final = re.compile(r"[{}]|(?<![\w$.#])await(?![\w$])")

_NAME: Final = r"[A-Za-z_$][\w$]*"
_FROM: Final = r"""(?P<quote>['"])[ ]*(?P=quote)"""
_END: Final = r"[ \t]*(?:;|$)"
_MENTION: Final = re.compile(r"(?<![\w$.#])(?:import|export|\$modules|\$import|\$from)(?![\w$])")
_DYNAMIC: Final = re.compile(rf"import\(\s*{_FROM}\s*\)")
_EFFECT: Final = re.compile(rf"import\s*{_FROM}{_END}", re.MULTILINE)
_NAMED: Final = re.compile(
    rf"(?:import|export)\s*\{{([^{{}}]*)\}}\s*from\s*{_FROM}{_END}", re.MULTILINE
)
_WHOLE: Final = re.compile(rf"import\s*\*\s*as\s+({_NAME})\s+from\s*{_FROM}{_END}", re.MULTILINE)
_LIST: Final = re.compile(r"export\s*\{([^{}]*)\}(?!\s*from\b)[ \t]*;?")
_DECLARED: Final = re.compile(
    rf"export\s+(?=((?:async\s+)?function\b\s*\*?|class\b|const\b)\s*({_NAME})(?![\w$]))"
)
_PAIR: Final = re.compile(rf"\s*({_NAME})(?:\s+as\s+({_NAME}))?\s*")
_BRACKET: Final = re.compile(r"[()\[\]{},;]")


class ModuleError(Exception):
    """A module cannot be joined; the text names its file and line."""


@dataclass(frozen=True, slots=True)
class Import:
    """A module that another one imports, and where. `names` are pairs of their name and our name.

    Their name `*` is the whole module; without a name of ours, what is imported is handed on.
    """

    position: int
    path: str
    names: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Module:
    """A module as it was read; `exports` gives for a name what it stands for in the module.

    `pieces` are the code without imports and the word export; an `Import` among them is one that
    is made while the module runs.
    """

    path: str
    source: str
    pieces: list[str | Import] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    exports: dict[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> list[Import]:
        """What it imports while it runs."""
        return [piece for piece in self.pieces if isinstance(piece, Import)]

    def refuse(self, position: int, problem: str) -> NoReturn:
        """Say what is wrong at a position. Raises ModuleError."""
        line = self.source.count("\n", 0, position) + 1
        raise ModuleError(f"{self.path}, line {line}: {problem}")

    def export(self, position: int, name: str, meaning: str) -> None:
        """Note an export. Raises ModuleError when there is one of that name."""
        if name in self.exports or name == "default":
            self.refuse(position, f"{name} cannot be exported")
        self.exports[name] = meaning


def read_module(path: str, source: str) -> Module:
    """The module that is `source`. Raises ModuleError."""
    module = Module(path, source)
    code = _without_words(module)
    depth = 0
    for found in _AWAIT.finditer(code) if "await" in code else ():
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if found[0] == "await" and depth == 0:
            module.refuse(found.start(), "await outside of a function's braces cannot be joined")
    end = 0
    for mention in _MENTION.finditer(code):
        start = mention.start()
        if start < end:
            continue
        module.pieces.append(source[end:start])
        if dynamic := _DYNAMIC.match(code, start):
            module.pieces.append(Import(start, _target(module, dynamic)))
            end = dynamic.end()
        else:
            end = _take_out(module, code, start)
    module.pieces.append(source[end:])
    return module


def _take_out(module: Module, code: str, start: int) -> int:
    """Note what the import or export at `start` says. Returns where the module goes on."""
    if found := _DECLARED.match(code, start):
        if found[1] == "const" and not _declares_one(code, found.end(2)):
            module.refuse(start, "an exported const may declare only one name")
        module.export(start, found[2], found[2])
    elif found := _LIST.match(code, start):
        for own, name in _pairs(module, start, found[1]):
            module.export(start, name, own)
    elif found := _NAMED.match(code, start):
        path = _target(module, found)
        pairs = _pairs(module, start, found[1])
        if code.startswith("export", start):
            for theirs, name in pairs:
                module.export(start, name, f"$modules['{path}'].{theirs}")
            pairs = [(theirs, "") for theirs, _ in pairs]
        module.imports.append(Import(start, path, tuple(pairs)))
    elif found := _WHOLE.match(code, start):
        module.imports.append(Import(start, _target(module, found), (("*", found[1]),)))
    elif found := _EFFECT.match(code, start):
        module.imports.append(Import(start, _target(module, found)))
    else:
        line = module.source[start:].partition("\n")[0].strip()
        module.refuse(start, f"this cannot be joined: {line}")
    return found.end()


def _without_words(module: Module) -> str:
    """The source with blanks for comments and for what stands in quotes, as long as before."""
    source = module.source
    pieces: list[str] = []
    at = 0
    before = ""  # The last that was code, which tells what a slash means.
    braces = 0  # How many are open in a template since its `${`, that one included.
    while token := _TOKEN.search(source, at):
        start, kind = token.start(), token[0]
        pieces.append(source[at:start])
        before = (before + source[at:start]).rstrip()[-16:]
        is_template = kind == "`" or (kind == "}" and braces == 1)
        if kind in "{}" and braces:
            braces += 1 if kind == "{" else -1
        is_divisor = kind == "/" and _VALUE.search(before) and not _KEYWORD.search(before)
        if is_divisor or (kind in "{}" and not is_template):
            pieces.append(kind)
            before += kind
            at = token.end()
            continue
        if kind[0] == "/" and kind != "/":
            word = token
        elif found := _WORDS["`" if is_template else kind].match(source, start):
            word = found
            before += "'"
        else:
            module.refuse(start, f"a {kind} without its end")
        if braces and "`" in word[0]:
            # The minifier takes it for the end of the template around it.
            module.refuse(start, "a template in a template cannot be joined")
        braces = 1 if is_template and word[0].endswith("${") else braces
        quote = kind if kind in "'\"" else " "
        blank = _VISIBLE.sub(" ", word[0])
        pieces.append(quote + blank[1:-1] + quote if len(blank) > 1 else blank)
        at = word.end()
    return "".join(pieces) + source[at:]


def _declares_one(code: str, end: int) -> bool:
    """Whether the declaration whose first name ends there has no second one."""
    depth = 0
    for bracket in _BRACKET.finditer(code, end):
        depth += 1 if bracket[0] in "([{" else -1 if bracket[0] in ")]}" else 0
        if depth == 0 and bracket[0] in ",;":
            return bracket[0] == ";"
    return True


def _pairs(module: Module, start: int, names: str) -> list[tuple[str, str]]:
    """The names between the braces, each with the one that it gets: `a as b, c`."""
    pairs: list[tuple[str, str]] = []
    for part in names.strip().removesuffix(",").split(",") if names.strip() else ():
        found = _PAIR.fullmatch(part)
        if found is None or "default" in found.groups():
            module.refuse(start, f"this name cannot be joined: {part.strip()}")
        pairs.append((found[1], found[2] or found[1]))
    return pairs


def _target(module: Module, found: re.Match[str]) -> str:
    """The path of the module that an import names."""
    start = found.start("quote")
    named = module.source[start + 1 : module.source.index(found["quote"], start + 1)]
    if not named.startswith(("./", "../")):
        module.refuse(start, f"{named} is not a path that begins with ./ or ../")
    return posixpath.normpath(posixpath.join(posixpath.dirname(module.path), named))
