"""The page's modules in three files: the same program, each module once, and no misreading."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from rjsmin import jsmin

from parlour.pages import frontend_folder
from parlour.support.javascript import ModuleError
from parlour.support.modules import Joined, join_modules
from tests.support.timing import scaled

NODE = Path(sys.executable).with_name("node")

PAGE = {
    "app.js": (
        "import { list as log, add } from './js/log.js';\n"
        "import * as words from './js/words.js';\n"
        "import {\n  twice, // of a number\n  Box as Holder,\n} from './js/forms.js';\n"
        "import './js/effect.js';\n"
        "add(`app ${words.hello} ${twice(21)} ${new Holder().name}`);\n"
        "export async function run() {\n"
        "  const { more } = await import('./js/more.js');\n"
        "  const again = await import(\n    './js/more.js'\n  );\n"
        "  const own = await import('./js/words.js');\n"
        "  return [...log, more(), again.more === more, own.hello === words.hello];\n"
        "}\n"
        "export const top = this;\n"
    ),
    "js/log.js": (
        "const list = [];\nfunction add(text) { list.push(text); }\nexport { list, add };\n"
    ),
    "js/words.js": (
        "import { add } from './log.js';\nadd('words');\nexport const hello = 'hello';\n"
    ),
    "js/effect.js": "import { add } from './log.js'\nadd('effect')\n",
    "js/forms.js": (
        "export { hello as greeting } from './words.js';\n"
        "export function twice(n) { return half(n * 4); }\n"
        "const half = (n) => n / 2;\n"
        "export class Box { name = 'box'; }\n"
        "export function* count() { yield 1; }\n"
        "export async function soon() { return 1; }\n"
        "export const pattern = /['\"`]{2}\\/[/]import x/g;\n"
    ),
    "js/more.js": (
        "import { greeting, pattern } from './forms.js';\n"
        "import { add, list } from './log.js';\n"
        "import { rest } from './rest.js';\n"
        "add('more');\n"
        "export const more = () => `${greeting} ${list.length} ${rest} ${pattern.source.length}`;\n"
    ),
    "js/rest.js": (
        "import { add } from './log.js';\nadd('rest');\n"
        "export const rest = 'import { a } from';\n"
    ),
    "js/alone.js": "nobody imports this",
}  # fmt: skip


def join(**changed: str) -> Joined:
    """Join the page after the modules of these names (`log` is js/log.js) have been changed."""
    sources = PAGE | {
        "app.js" if name == "app" else f"js/{name}.js": source for name, source in changed.items()
    }
    return join_modules(encoded(sources), "app.js", "later.js", "seldom.js")


def encoded(sources: dict[str, str]) -> dict[str, bytes]:
    """Return the modules as they lie in a folder."""
    return {path: source.encode() for path, source in sources.items()}


def run(folder: Path, joined: Joined, program: str) -> str:
    """Put the files into a folder and return what a program beside them prints."""
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "app.js").write_text(jsmin(joined.eager))
    (folder / "later.js").write_text(jsmin(joined.later))
    (folder / "seldom.js").write_text(jsmin(joined.seldom))
    (folder / "main.js").write_text(program)
    done = subprocess.run(
        [NODE, folder / "main.js"],
        capture_output=True, text=True, timeout=scaled(30), check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.thorough
def test_the_joined_page_does_what_its_modules_do(tmp_path: Path) -> None:
    """Every form of import and export; each module runs once, after what it imports."""
    program = (
        "import * as app from './app.js';\n"
        "console.log(JSON.stringify([await app.run(), app.top === undefined]));\n"
    )
    assert run(tmp_path, join(), program) == (
        '[["words","effect","app hello 42 box","rest","more",'
        '"hello 5 import { a } from 21",true,true],true]'
    )


def test_both_files_share_one_instance_of_a_module(tmp_path: Path) -> None:
    """What the later file changes is seen in the eager one; it loads by itself too."""
    program = (
        "import { $modules } from './app.js';\n"
        "const before = $modules['js/more.js'];\n"
        "const { list } = $modules['js/log.js'];\n"
        "await import('./later.js');\n"
        "console.log(before, list.at(-1), Object.keys($modules['js/more.js']).join());\n"
    )
    assert run(tmp_path, join(), program) == "undefined more more"


def test_modules_stand_after_those_they_import_and_once() -> None:
    """In the eager file all that app.js imports, in the later one only what remains."""
    joined = join()
    eager, later = (
        re.findall(r"^\$modules\['(.+)'\] = \(", text, re.MULTILINE)
        for text in (joined.eager, joined.later)
    )
    assert eager == ["js/log.js", "js/words.js", "js/forms.js", "js/effect.js", "app.js"]
    assert later == ["js/rest.js", "js/more.js"]
    assert joined.paths == {*eager, *later}


def test_without_an_import_on_demand_there_is_no_later_file() -> None:
    """Nothing would be in it."""
    joined = join(app="import './js/effect.js';")
    assert joined.later == joined.seldom == ""
    assert joined.paths == {"app.js", "js/effect.js", "js/log.js"}


def test_what_only_later_modules_import_on_demand_is_in_the_seldom_file() -> None:
    """Also when it wants a later module while it runs, which is no cycle, or a further one."""
    joined = join(
        rest="export const rest = () => import('./last.js');",
        last="import { deep } from './deep.js';\nimport('./rest.js');\nimport('./end.js');",
        deep="export const deep = 1;",
        end="import { rest } from './rest.js';\nimport('./log.js');\nrest();",
    )
    assert re.findall(r"^\$modules\['(.+)'\] = \(", joined.seldom, re.MULTILINE) == [
        "js/deep.js", "js/last.js", "js/end.js",
    ]  # fmt: skip
    assert "$from('js/last.js', 'seldom.js')" in joined.later
    assert "$from('js/end.js', 'seldom.js')" in joined.seldom
    assert "$from('js/rest.js', 'later.js')" in joined.seldom
    assert "Promise.resolve().then(() => $modules['js/log.js'])" in joined.seldom


def test_a_module_that_the_page_itself_imports_on_demand_is_in_the_later_file() -> None:
    """Whoever else wants it."""
    joined = join(rest="export const rest = () => import('./more.js');")
    assert "$from('js/more.js', 'later.js')" in joined.later
    assert joined.seldom == ""


def test_the_seldom_file_runs_with_what_the_others_hold(tmp_path: Path) -> None:
    """One instance of each module over all three files."""
    joined = join(
        rest="export const rest = () => import('./last.js').then(({ count }) => count());",
        last="import { list } from './log.js';\nexport const count = () => list.push('last');",
    )
    program = (
        "import { $modules, run } from './app.js';\n"
        "await run();\n"
        "await $modules['js/rest.js'].rest();\n"
        "console.log($modules['js/log.js'].list.at(-1));\n"
    )
    assert run(tmp_path, joined, program) == "last"


def test_a_library_stays_the_file_it_is_and_is_imported_on_demand(tmp_path: Path) -> None:
    """Nobody reads it: it may be written in any form."""
    library = "let a=1;export default a;export{a as b}"
    sources = PAGE | {
        "js/rest.js": "export const rest = () => import('../vendor/lib/a.min.js');\n",
        "vendor/lib/a.min.js": library,
    }
    joined = join_modules(encoded(sources), "app.js", "later.js", "seldom.js")
    assert "vendor/lib/a.min.js" not in joined.paths
    (tmp_path / "vendor" / "lib").mkdir(parents=True)
    (tmp_path / "vendor" / "lib" / "a.min.js").write_text(library)
    program = (
        "import { $modules, run } from './app.js';\nawait run();\n"
        "const { default: one, b } = await $modules['js/rest.js'].rest();\nconsole.log(one, b);\n"
    )
    assert run(tmp_path, joined, program) == "1 1"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import { a } from '../vendor/a.js';", "a library can only be imported on demand"),
        ("export const rest = () => import('../vendor/b.js');", "vendor/b.js is not there"),
    ],
)
def test_a_library_that_is_missing_or_imported_at_once_is_refused(
    source: str, problem: str
) -> None:
    """By file and line."""
    sources = PAGE | {"js/rest.js": f"\n{source}", "vendor/a.js": "export const a = 1;"}
    with pytest.raises(ModuleError, match=rf"js/rest\.js, line 2: {re.escape(problem)}"):
        join_modules(encoded(sources), "app.js", "later.js", "seldom.js")


@pytest.mark.parametrize(
    "source",
    [
        "const a = { import_: 1, exports: 2 }; a.import; a.export;",
        "// import x from 'y'\n/* export default 1 */",
        "const text = \"import('x')\" + 'it\\'s; export let x';",
        "const a = 4, b = a / 2 / 1; // it's\nconst c = `${a}/${b}` / 2;",
        "const a = () => { return /[\"'`/]/u.test('`'); };",
        "const f = (x) => `a ${x ? { a: '}' }.a : x} it's b`;",
        "let i = 1; i++ / 2; const b = `'`;",
        "const a = async () => { for await (const b of []) await b; };",
        "export const a = [1, 2] // one name, and no more\n  ;",
        "export {};",
        "import {} from './log.js';",
        "import { add, } from './log.js'",
    ],
)
def test_words_that_only_look_like_imports_are_left_alone(tmp_path: Path, source: str) -> None:
    """In comments, strings, templates, regular expressions and as properties."""
    joined = join(effect=source)
    assert joined.paths == join().paths
    print(joined.eager)  # noqa: T201 - shown when the following fails
    run(tmp_path, joined, "import './app.js';")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("export let a = 1;", "this cannot be joined: export let a = 1;"),
        ("export var a = 1;", "this cannot be joined: export var a"),
        ("export default 1;", "this cannot be joined: export default"),
        ("export default function f() {}", "this cannot be joined: export default"),
        ("export * from './log.js';", "this cannot be joined: export *"),
        ("export const { a } = {};", "this cannot be joined: export const {"),
        ("export const a = 1, b = 2;", "may declare only one name"),
        ("export { a as default };", "this name cannot be joined: a as default"),
        ("export { a as 'b c' };", "this name cannot be joined: a as"),
        ("export { a, b as a };", "a cannot be exported"),
        ("import a from './log.js';", "this cannot be joined: import a"),
        ("import a, { add } from './log.js';", "this cannot be joined: import a"),
        ("import { default as a } from './log.js';", "this name cannot be joined: default as a"),
        ("import a from './a.json' with { type: 'json' };", "this cannot be joined: import a"),
        ("import { add } from './log.js' with {};", "this cannot be joined: import {"),
        ("import { add } from 'log';", "log is not a path"),
        ("import { add } from '/js/log.js';", "/js/log.js is not a path"),
        ("import { add } from './none.js';", "js/none.js is not there"),
        ("import { none } from './log.js';", "js/log.js exports no none"),
        ("export { none } from './log.js';", "js/log.js exports no none"),
        ("import './words.js'; import '../app.js';", "app.js imports this module in turn"),
        ("import './effect.js';", "js/effect.js imports this module in turn"),
        ("import(name);", "this cannot be joined: import(name)"),
        ("import('./' + name);", "this cannot be joined: import('./'"),
        ("import(`./log.js`);", "this cannot be joined: import(`"),
        ("import('./none.js');", "js/none.js is not there"),
        ("import('./log.js', {});", "this cannot be joined: import('./log.js'"),
        ("import.meta.url;", "this cannot be joined: import.meta"),
        ("await 1;", "await outside of a function"),
        ("const $modules = 1;", "this cannot be joined: $modules"),
        ("const a = `${b ? `c` : ''}`;", "a template in a template"),
        ("const a = `${'`'}`;", "a template in a template"),
        ("const a = `${1 /* ` */}`;", "a template in a template"),
        ("const a = 'no end", "a ' without its end"),
        ("const a = `no end", "a ` without its end"),
    ],
)
def test_whatever_is_not_understood_is_refused_by_file_and_line(line: str, problem: str) -> None:
    """At the start of the server, rather than in every browser."""
    with pytest.raises(ModuleError) as refused:
        join(effect=f"// a comment; it's here\nconst x = `\n`;\n{line}\nx();\n")
    text = str(refused.value)
    assert text.startswith("js/effect.js, line 4: ")
    assert problem in text


def test_a_cycle_over_several_modules_is_refused() -> None:
    """Where the import stands that closes it."""
    with pytest.raises(ModuleError, match=r"^js/words\.js, line 1: js/log\.js imports this"):
        join(log="\nimport './forms.js';\nexport const list = [];")


@pytest.mark.parametrize("name", ["later.js", "seldom.js"])
def test_a_module_may_not_have_a_joined_files_name(name: str) -> None:
    """One of the two would be lost."""
    with pytest.raises(ModuleError, match=f"^{re.escape(name)}, line 1: "):
        join_modules(encoded(PAGE | {name: ""}), "app.js", "later.js", "seldom.js")


# In minified code, where no comment is left.
LITERAL = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`""")


@pytest.fixture(scope="module")
def real() -> Joined:
    """Return this project's own page, joined."""
    folder = frontend_folder()
    sources = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.js")
    }
    return join_modules(sources, "app.js", "later.js", "seldom.js")


@pytest.mark.thorough
def test_the_joined_page_is_sound_before_and_after_it_is_minified(
    real: Joined, tmp_path: Path
) -> None:
    """Node reads all files as modules; what stands in quotes is the same in both forms."""
    for name in ("eager", "later", "seldom"):
        joined: str = getattr(real, name)
        forms = {"joined": joined, "minified": jsmin(joined)}
        for form, text in forms.items():
            file = tmp_path / f"{name}-{form}.mjs"
            file.write_text(text, "utf-8")
            done = subprocess.run(
                [NODE, "--check", file],
                capture_output=True, text=True, timeout=scaled(30), check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
        assert len(forms["minified"]) < len(joined) * 0.7
        for words in LITERAL.findall(forms["minified"]):
            assert words in joined


def test_the_page_exports_what_app_js_does(real: Joined) -> None:
    """The names by which the page is known from outside."""
    exported = re.search(
        r"^export const \{ (.+) \} = \$modules\['app\.js'\];$", real.eager, re.MULTILINE
    )
    assert exported
    assert set(exported[1].split(", ")) == {
        "connectWebSocket", "handleWebSocketMessage", "renderMessages", "loadRooms",
    }  # fmt: skip
