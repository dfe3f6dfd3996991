"""The page's modules, joined: few files instead of dozens, so that a first visit is few requests.

Each module becomes a function scope of its own, after those it imports. What it exports stands
under its path in a registry that the files share, so that a module is there once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from parlour.support.javascript import Import, Module, ModuleError, read_module

# Some browsers keep for an address that it could not be had until the page is loaded anew, so it is
# asked for once more by another one. A file is asked for when those that it needs have run, rather
# than importing them: what a browser keeps of them then would be kept of it too.
_REGISTRY = """\
const $modules = Object.create(null), $asked = {};
const $import = (file, more = '') => $asked[file] ??= import('./' + file + more).catch((cause) => {
  delete $asked[file];
  if (more) throw cause;
  return $import(file, '?' + Date.now());
});
const $from = async (path, ...files) => {
  for (const file of files) await $import(file);
  return $modules[path];
};
"""
_EXPORTS = """\
export const {{ {names} }} = $modules['{entry}'];
export {{ $modules, $import, $from }};
"""
_SHARED = "import {{ $modules, $import, $from }} from './{entry}';\n"


@dataclass(frozen=True, slots=True)
class Joined:
    """`eager` is loaded with the page, `later` when it first imports something on demand.

    `seldom` is what only modules of `later` import on demand. Either of the two is empty if there
    is nothing in it. `apart` are more files by their names, what some of them share among them.
    `paths` are those of the modules in all.
    """

    eager: str
    later: str
    seldom: str
    paths: frozenset[str]
    apart: Mapping[str, str] = field(default_factory=dict)


def join_modules(
    sources: Mapping[str, bytes],
    entry: str,
    later: str,
    seldom: str,
    apart: Iterable[str] = (),
    extra: Iterable[str] = (),
    shared: str = "shared.js",
    vendor: str = "vendor/",
) -> Joined:
    """`entry` with all it imports in one file, what that imports on demand in one named `later`.

    What only those import on demand, and so on, is in one named `seldom`: it runs after `later`,
    because nobody else asks for it. Modules of `apart` that are imported on demand alone have files
    of their own, named like them, with what nobody else needs. So have those of `extra`, and what
    several of them need, but nothing of the others, is in one named `shared`. `sources` are the
    modules by their path below the folder from which the files are served; those below `vendor` are
    libraries, which are not read, stay the files they are, and can only be imported on demand.
    Raises ModuleError for what is not understood, not there, or imports itself in the end.
    """
    for name in (later, seldom, shared):
        if name in sources:
            raise ModuleError(f"{name}, line 1: the name is that of the joined file")
    order = _Order(sources, vendor)
    order.add(entry)
    eager = dict(order.modules)
    order.add_wanted(list(eager.values()))
    known = dict(order.modules)
    fresh = [module for path, module in known.items() if path not in eager]
    while fresh:
        # More modules are found while this goes through those that are known.
        fresh = order.add_wanted(fresh)
    files = dict.fromkeys(order.modules, seldom) | dict.fromkeys(known, later)
    files |= dict.fromkeys(eager, "")
    for root in (*apart, *extra):
        if place := files.get(root):
            alone = order.needed_by(root, [path for path in files if files[path] == place])
            files |= dict.fromkeys(alone, PurePosixPath(root).name)
    needing = {"", *(PurePosixPath(root).name for root in apart)}
    files |= dict.fromkeys(order.not_needed_in(later, files, needing), shared)
    # What has to run before a file does, which is asked for with it.
    runs = {name: [*order.files_before(name, files), name] for name in set(files.values()) - {""}}
    if seldom in runs:
        # Nobody asks for it but modules of the later file.
        runs[seldom] = [name for name in runs[seldom] if name != later]
    scopes: dict[str, str] = {}
    for path, module in order.modules.items():
        scopes[files[path]] = scopes.get(files[path], "") + _scope(module, files, runs)
    exports = _EXPORTS.format(names=", ".join(eager[entry].exports), entry=entry)
    registry = _SHARED.format(entry=entry)
    rest = {name: registry + scope for name, scope in scopes.items() if name}
    return Joined(
        _REGISTRY + scopes[""] + exports,
        rest.pop(later, ""),
        rest.pop(seldom, ""),
        frozenset(order.modules),
        rest,
    )


class _Order:
    """Modules, each after all that it imports."""

    def __init__(self, sources: Mapping[str, bytes], vendor: str) -> None:
        self._sources = sources
        self._vendor = vendor
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
                if not wanted.path.startswith(self._vendor):
                    self.find(module, wanted)
                elif wanted.path not in self._sources:
                    module.refuse(wanted.position, f"{wanted.path} is not there")
        return list(self.modules.values())[before:]

    def needed_by(self, root: str, paths: Iterable[str]) -> set[str]:
        """Return which of `paths` are there for `root` alone, itself among them."""
        importers: dict[str, set[str]] = {path: set() for path in self.modules}
        for path, module in self.modules.items():
            for imported in module.imports:
                importers[imported.path].add(path)
        if importers[root]:
            # Somebody runs with it.
            return set()
        alone = {root}
        while more := {
            path
            for path in paths
            if path not in alone and importers[path] and importers[path] <= alone
        }:
            alone |= more
        return alone

    def not_needed_in(self, file: str, files: Mapping[str, str], by: set[str]) -> set[str]:
        """Return the modules of `file` that run with none of its own, nor with one of `by`."""
        wanted = {each.path for module in self.modules.values() for each in module.wanted}
        left = {path for path in files if files[path] == file}
        needed = [path for path in files if files[path] in by or path in left & wanted]
        while needed:
            path = needed.pop()
            left.discard(path)
            needed += [each.path for each in self.modules[path].imports if each.path in left]
        return left

    def files_before(self, name: str, files: Mapping[str, str]) -> list[str]:
        """Return the files without which the modules of the file `name` cannot run, in order."""
        before: dict[str, None] = {}
        for path, module in self.modules.items():
            if files[path] != name:
                continue
            for needed in sorted({files[imported.path] for imported in module.imports}):
                if needed not in {name, "", *before}:
                    before |= dict.fromkeys((*self.files_before(needed, files), needed))
        return list(before)

    def find(self, module: Module, imported: Import) -> Module:
        """Add what `module` imports."""
        if imported.path.startswith(self._vendor):
            module.refuse(imported.position, "a library can only be imported on demand")
        if imported.path not in self._sources:
            module.refuse(imported.position, f"{imported.path} is not there")
        return self.add(imported.path)


def _scope(module: Module, files: Mapping[str, str], runs: Mapping[str, list[str]]) -> str:
    """The module as a function that is called at once, with what it exports for an answer."""
    imports = "".join(_binding(imported) for imported in module.imports)
    code = "".join(
        piece if isinstance(piece, str) else _promise(piece.path, files, runs)
        for piece in module.pieces
    )
    exports = "".join(
        f", {name}" if name == meaning else f", {name}: {meaning}"
        for name, meaning in module.exports.items()
    )
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


def _promise(path: str, files: Mapping[str, str], runs: Mapping[str, list[str]]) -> str:
    """What `import()` of that module becomes; one that is in no joined file is a library's."""
    file = files.get(path)
    if file is None:
        return f"$import('{path}')"
    if file == "":
        return f"Promise.resolve().then(() => $modules['{path}'])"
    wanted = "".join(f", '{name}'" for name in runs[file])
    return f"$from('{path}'{wanted})"
