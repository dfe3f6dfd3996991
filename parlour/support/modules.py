"""The page's modules, joined: three files instead of dozens, so that a first visit is few requests.

Each module becomes a function scope of its own, after those it imports. What it exports stands
under its path in a registry that the files share, so that a module is there once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parlour.support.javascript import Import, Module, ModuleError, read_module

_REGISTRY = """\
const $modules = Object.create(null);
const $later = (path) => import('./{later}').then(() => $modules[path]);
const $seldom = (path) => import('./{seldom}').then(() => $modules[path]);
"""
_EXPORTS = """\
export const {{ {names} }} = $modules['{entry}'];
export {{ $modules, $later, $seldom }};
"""
_SHARED = "import { $modules, $later, $seldom } from './%s';\n"


@dataclass(frozen=True, slots=True)
class Joined:
    """`eager` is loaded with the page, `later` when it first imports something on demand.

    `seldom` is what only modules of `later` import on demand. Either of the two is empty if there
    is nothing in it. `paths` are those of the modules in all.
    """

    eager: str
    later: str
    seldom: str
    paths: frozenset[str]


def join_modules(sources: Mapping[str, bytes], entry: str, later: str, seldom: str) -> Joined:
    """`entry` with all it imports in one file, what that imports on demand in one named `later`.

    What only those import on demand, and so on, is in one named `seldom`: it runs after `later`,
    because nobody else asks for it. `sources` are the modules by their path below the folder from
    which the files are served. Raises ModuleError for what is not understood, not there, or
    imports itself in the end.
    """
    for name in (later, seldom):
        if name in sources:
            raise ModuleError(f"{name}, line 1: the name is that of the joined file")
    order = _Order(sources)
    order.add(entry)
    eager = dict(order.modules)
    order.add_wanted(list(eager.values()))
    known = dict(order.modules)
    fresh = [module for path, module in known.items() if path not in eager]
    while fresh:
        # More modules are found while this goes through those that are known.
        fresh = order.add_wanted(fresh)
    files = dict.fromkeys(known, later) | dict.fromkeys(eager, "")
    scopes = {later: "", seldom: "", "": ""}
    for path, module in order.modules.items():
        scopes[files.get(path, seldom)] += _scope(module, eager, known)
    names = ", ".join(eager[entry].exports)
    return Joined(
        _REGISTRY.format(later=later, seldom=seldom)
        + scopes[""]
        + _EXPORTS.format(names=names, entry=entry),
        _SHARED % entry + scopes[later] if scopes[later] else "",
        _SHARED % entry + scopes[seldom] if scopes[seldom] else "",
        frozenset(order.modules),
    )


class _Order:
    """Modules, each after all that it imports."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._sources = sources
        self._chain: list[str] = []
        self.modules: dict[str, Module] = {}

    def add(self, path: str) -> Module:
        """Read a module and what it imports, if that has not been done."""
        if path in self.modules:
            return self.modules[path]
        self._chain.append(path)
        module = read_module(path, self._sources[path].decode())
        for imported in module.imports:
            if imported.path in self._chain:
                module.refuse(imported.position, f"{imported.path} imports this module in turn")
            exports = self.find(module, imported).exports
            for name, _ in imported.names:
                if name != "*" and name not in exports:
                    module.refuse(imported.position, f"{imported.path} exports no {name}")
        self._chain.pop()
        self.modules[path] = module
        return module

    def add_wanted(self, modules: Iterable[Module]) -> list[Module]:
        """Add what these import on demand, with all that it imports; return what is new."""
        before = len(self.modules)
        for module in modules:
            for wanted in module.wanted:
                self.find(module, wanted)
        return list(self.modules.values())[before:]

    def find(self, module: Module, imported: Import) -> Module:
        """Add what `module` imports."""
        if imported.path not in self._sources:
            module.refuse(imported.position, f"{imported.path} is not there")
        return self.add(imported.path)


def _scope(module: Module, eager: Mapping[str, Module], known: Mapping[str, Module]) -> str:
    """The module as a function that is called at once, with what it exports for an answer."""
    imports = "".join(_binding(imported) for imported in module.imports)
    code = "".join(
        piece if isinstance(piece, str) else _promise(piece.path, eager, known)
        for piece in module.pieces
    )
    exports = "".join(f", {name}: {meaning}" for name, meaning in module.exports.items())
    answer = f"return {{ __proto__: null{exports} }};"
    return f"$modules['{module.path}'] = (() => {{\n{imports}{code}\n{answer}\n}})();\n"


def _binding(imported: Import) -> str:
    """What was imported, under the names that the module has for it."""
    names = [(theirs, own) for theirs, own in imported.names if own]
    if not names:
        return ""
    own = _unpacked(names)
    return f"const {own} = $modules['{imported.path}'];\n"


def _unpacked(names: Iterable[tuple[str, str]]) -> str:
    parts = []
    for theirs, own in names:
        if theirs == "*":
            return own
        parts.append(own if theirs == own else f"{theirs}: {own}")
    return f"{{ {', '.join(parts)} }}"


def _promise(path: str, eager: Iterable[str], known: Iterable[str]) -> str:
    """What `import()` of that module becomes; `known` are those of the eager and the later file."""
    if path in eager:
        return f"Promise.resolve().then(() => $modules['{path}'])"
    return f"$later('{path}')" if path in known else f"$seldom('{path}')"
