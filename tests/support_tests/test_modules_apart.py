"""Files of their own for what a first visit can do without, and one for what these share."""

import re
from pathlib import Path

from rjsmin import jsmin

from parlour.support.modules import join_modules
from tests.support_tests.test_modules import PAGE, encoded, run


def test_a_module_apart_has_a_file_with_what_nobody_else_needs(tmp_path: Path) -> None:
    """What others need too is in the later file, which it loads before it runs."""
    sources = PAGE | {
        "app.js": (
            "export async function run() {\n"
            "  const { more } = await import('./js/more.js');\n"
            "  const { screen } = await import('./js/screen.js');\n"
            "  return [more(), screen()];\n}\n"
        ),
        "js/screen.js": (
            "import { rest } from './rest.js';\nimport { own } from './own.js';\n"
            "export const screen = () => `${own} ${rest}`;\n"
        ),
        "js/own.js": "import { deep } from './deep.js';\nexport const own = deep + 1;\n",
        "js/deep.js": "export const deep = 1;\n",
    }
    names = ("app.js", "later.js", "seldom.js", ["js/screen.js", "js/rest.js", "js/alone.js"])
    joined = join_modules(encoded(sources), *names)
    assert list(joined.apart) == ["screen.js"]
    found = re.findall(r"^\$modules\['(.+)'\] = \(", joined.apart["screen.js"], re.MULTILINE)
    assert found == ["js/deep.js", "js/own.js", "js/screen.js"]
    assert "$from('js/screen.js', 'later.js', 'screen.js')" in joined.eager
    assert "js/rest.js" in joined.later
    (tmp_path / "screen.js").write_text(jsmin(joined.apart["screen.js"]))
    program = "import { run } from './app.js';\nconsole.log((await run())[1]);\n"
    assert run(tmp_path, joined, program) == "2 import { a } from"


def test_a_seldom_module_apart_has_a_file_too(tmp_path: Path) -> None:
    """What it shares with other seldom ones is loaded before it runs."""
    sources = PAGE | {
        "js/rest.js": (
            "export async function rest() {\n"
            "  const names = [(await import('./apart.js')).name];\n"
            "  return [...names, (await import('./last.js')).name];\n}\n"
        ),
        "js/apart.js": (
            "import { both } from './both.js';\nimport { own } from './own.js';\n"
            "export const name = `apart ${both} ${own}`;\n"
        ),
        "js/own.js": "export const own = 'own';\n",
        "js/both.js": "export const both = 'both';\n",
        "js/last.js": "import { both } from './both.js';\nexport const name = `last ${both}`;\n",
    }
    names = ("app.js", "later.js", "seldom.js", ["js/apart.js"])
    joined = join_modules(encoded(sources), *names)
    found = re.findall(r"^\$modules\['(.+)'\] = \(", joined.apart["apart.js"], re.MULTILINE)
    assert found == ["js/own.js", "js/apart.js"]
    assert "$from('js/apart.js', 'seldom.js', 'apart.js')" in joined.later
    (tmp_path / "apart.js").write_text(jsmin(joined.apart["apart.js"]))
    program = (
        "import { $modules, run } from './app.js';\nawait run();\n"
        "console.log((await $modules['js/rest.js'].rest()).join());\n"
    )
    assert run(tmp_path, joined, program) == "apart both own,last both"


def test_what_only_extra_files_need_is_in_one_that_each_of_them_loads_first(tmp_path: Path) -> None:
    """The first visit does without; what a screen needs as well stays in the later file."""
    extra = "import {{ both }} from './both.js';\nimport {{ wide }} from './wide.js';\n"
    sources = PAGE | {
        "app.js": (
            "export async function run() {\n"
            "  const { screen } = await import('./js/screen.js');\n"
            "  const { one } = await import('./js/one.js');\n"
            "  const { two } = await import('./js/two.js');\n"
            "  const { more } = await import('./js/more.js');\n"
            "  return [screen, one, two, more()];\n}\n"
        ),
        "js/screen.js": "import { wide } from './wide.js';\nexport const screen = wide;\n",
        "js/wide.js": "export const wide = 'wide';\n",
        "js/both.js": "import { deep } from './deep.js';\nexport const both = `both ${deep}`;\n",
        "js/deep.js": "export const deep = 'deep';\n",
        "js/one.js": extra.format() + "export const one = `one ${both} ${wide}`;\n",
        "js/two.js": extra.format() + "export const two = `two ${both} ${wide}`;\n",
    }
    roots = (["js/screen.js"], ["js/one.js", "js/two.js"])
    joined = join_modules(encoded(sources), "app.js", "later.js", "seldom.js", *roots)

    def holds(name: str) -> list[str]:
        return re.findall(r"^\$modules\['js/(.+).js'\] = \(", joined.apart[name], re.MULTILINE)

    assert {name: holds(name) for name in joined.apart} == {
        "screen.js": ["screen"],
        "one.js": ["one"],
        "two.js": ["two"],
        "shared.js": ["deep", "both"],
    }
    assert "$modules['js/wide.js'] = (" in joined.later
    for name, script in joined.apart.items():
        (tmp_path / name).write_text(jsmin(script))
    program = "import { run } from './app.js';\nconsole.log((await run()).slice(0, 3).join());\n"
    assert run(tmp_path, joined, program) == "wide,one both deep wide,two both deep wide"


# Keeps for an address that it could not be had, as some browsers do, and says what was asked for.
KEEPING = """\
import { registerHooks } from 'node:module';
const asked = [];
let lost = /(later|two)[.]js$/;
registerHooks({
  resolve(address, context, next) {
    const [, file] = /((?:later|one|two)[.]js[?]?)/.exec(address) ?? [];
    if (file) asked.push(file);
    if (lost.test(address)) throw new Error('lost');
    return next(address, context);
  },
});
const { run } = await import('./app.js');
const told = (wanted) => run(wanted).then(({ name }) => name, ({ message }) => message);
"""
SHARING = {
    "app.js": (
        "import { list } from './js/log.js';\n"
        "export const run = async (wanted) =>\n"
        "  wanted === 'one' ? import('./js/one.js') : import('./js/two.js');\n"
        "export const other = () => import('./js/both.js');\nexport const ran = list;\n"
    ),
    "js/log.js": "export const list = [];\n",
    "js/both.js": "import { list } from './log.js';\nlist.push('both');\nexport const both = 1;\n",
    "js/one.js": "import { both } from './both.js';\nexport const name = `one ${both}`;\n",
    "js/two.js": (
        "import { both } from './both.js';\nimport { list } from './log.js';\n"
        "list.push('two');\nexport const name = `two ${both}`;\n"
    ),
}


def run_sharing(folder: Path, program: str) -> str:
    """Return what a program prints in which two files need a third, some of which are lost."""
    names = ("app.js", "later.js", "seldom.js", ["js/one.js", "js/two.js"])
    joined = join_modules(encoded(SHARING), *names)
    assert sorted(joined.apart) == ["one.js", "two.js"]
    for name, script in joined.apart.items():
        (folder / name).write_text(jsmin(script))
    return run(folder, joined, KEEPING + program)


def test_a_file_that_could_not_be_had_is_asked_for_by_another_address(tmp_path: Path) -> None:
    """And what it needs; those that are there already are not asked for again."""
    program = (
        "const first = await told('one');\n"
        "console.log(first, await told('one'), await told('two'), asked.join());\n"
    )
    assert run_sharing(tmp_path, program) == (
        "one 1 one 1 two 1 later.js,later.js?,one.js,two.js,two.js?"
    )


def test_a_file_that_cannot_be_had_at_all_is_asked_for_again_later(tmp_path: Path) -> None:
    """Who asked hears of it; what has come meanwhile is kept, and everything runs once."""
    program = (
        "lost = /later[.]js/;\n"
        "const trouble = [await told('one'), await told('one')];\n"
        "lost = /later[.]js$/;\n"
        "const { ran, other } = await import('./app.js');\n"
        "const then = [await told('one'), await told('two'), (await other()).both];\n"
        "console.log([...trouble, ...then, ...ran, ...asked].join());\n"
    )
    assert run_sharing(tmp_path, program) == (
        "lost,lost,one 1,two 1,1,both,two,"
        "later.js,later.js?,later.js,later.js?,later.js,later.js?,one.js,two.js"
    )
