"""The modules of the map joined into one script: what each needs stands before it, and what cannot be joined is refused."""

from __future__ import annotations

import re

import pytest

from mapanalysis.viewer.bundle import APP, join_modules, join_styles


@pytest.fixture
def join(tmp_path):
    """The script of modules given by name; `main` is the one that a page starts."""

    def join_sources(**sources):
        for name, source in sources.items():
            (tmp_path / f"{name}.js").write_text(source, encoding="utf-8")
        return join_modules(tmp_path)

    return join_sources


def code_of(script):
    return [line for line in script.splitlines() if line and not line.startswith("//")]


def test_modules_stand_after_those_they_import_each_once(join):
    script = join(
        main='import { a } from "./a.js";\nimport { b, c } from "./b.js";\n\nexport function start() { a(b, c); }\n',
        a='import {\n  b,\n  c,\n} from "./b.js";\nexport async function a() { b(c); }\n',
        b="export const b = () => 1;\nexport class c {}\nconst inner = 1;\n",
        unused="export const unused = 1;\n",
    )
    assert code_of(script) == [
        "const b = () => 1;",
        "class c {}",
        "const inner = 1;",
        "async function a() { b(c); }",
        "function start() { a(b, c); }",
    ]


def test_words_in_comments_and_strings_are_no_imports(join):
    source = (
        '/** @typedef {import("./types.js").Data} Data */\n// import { x } from "./nowhere.js";\n'
        "/*\nimport y\n*/\nexport const main = 'import { z } from'; // import(this)\n"
    )
    assert code_of(join(main=source))[-1].startswith("const main")


@pytest.mark.parametrize(
    "source",
    [
        'import a from "./a.js";\n',
        'import * as a from "./a.js";\n',
        'import { a as b } from "./a.js";\n',
        'import "./a.js";\n',
        'import { a } from "../a.js";\n',
        'import { a } from "https://example.org/a.js";\n',
        'import { a } from "./a.js"; import { b } from "./a.js";\n',
        'export const main = () => import("./a.js");\n',
        "export const main = import.meta.url;\n",
        "export default function main() {}\n",
        "const main = 1;\nexport { main };\n",
        'export * from "./a.js";\n',
        "export let main = 1;\n",
        "const main = await 1;\n",
        "await 1;\n",
    ],
)
def test_a_form_that_cannot_be_joined_is_refused(join, source):
    with pytest.raises(ValueError, match=r"^main\.js has an? (import|export|await)"):
        join(main=source, a="export const a = 1;\nexport const b = 2;\n")


@pytest.mark.parametrize(
    "form", ["const a = 2;", "function a() {}", "export class a {}", "let a;", "async function a() {}"]
)
def test_a_name_at_the_top_of_two_modules_is_refused(join, form):
    with pytest.raises(ValueError, match=r"a stands at the top of both a\.js and main\.js"):
        join(main=f'import {{ b }} from "./a.js";\n{form}\n', a="const a = 1;\nexport const b = a;\n")


def test_names_within_functions_may_meet(join):
    join(
        main='import { b } from "./a.js";\nfunction c() {\n  const a = b;\n}\n',
        a="const a = 1;\nexport const b = a;\n",
    )


def test_several_names_in_one_declaration_are_refused(join):
    with pytest.raises(ValueError, match="one name for each declaration"):
        join(main="const { a, b } = window;\n")


def test_a_name_that_is_not_exported_is_refused(join):
    with pytest.raises(ValueError, match=r"main\.js imports b, which a\.js does not export"):
        join(main='import { a, b } from "./a.js";\n', a="export const a = 1;\nconst b = 2;\n")


def test_a_circle_is_refused(join):
    with pytest.raises(ValueError, match="circle: main, a, main"):
        join(
            main='import { a } from "./a.js";\nexport const b = 1;\n',
            a='import { b } from "./main.js";\nexport const a = 1;\n',
        )


@pytest.mark.parametrize("text", ["'</SCRIPT>'", "'<script>'", "'<!--'"])
def test_text_that_would_end_the_script_is_refused(join, text):
    with pytest.raises(ValueError, match="which a page takes for its own"):
        join(main=f"export const main = {text};\n")


def test_the_ground_comes_first_among_the_styles(tmp_path):
    for name in ("a.css", "base.css", "z.css"):
        (tmp_path / name).write_text(f".ma-{name[0]} {{}}\n")
    assert join_styles(tmp_path) == ".ma-b {}\n\n.ma-a {}\n\n.ma-z {}\n"


@pytest.mark.parametrize("text", ["</style>", "<!--", "@import 'x';"])
def test_text_that_would_end_the_styles_or_load_others_is_refused(tmp_path, text):
    (tmp_path / "a.css").write_text(text)
    with pytest.raises(ValueError, match="the style sheets hold"):
        join_styles(tmp_path)


def test_the_map_itself_is_joined_whole():
    script = join_modules(entry="widget")
    reached = set(re.findall(r"^// --- (\w+) ---\n\n// ", script, re.MULTILINE))
    assert reached == {path.stem for path in APP.glob("*.js")} - {"types"}
    assert "function mountMap(" in script
    assert script.startswith(join_modules())
