"""The modules of the map on screen as one script, and its style sheets as one.

There is no build step: modules are written so that they can be put one after the other. Each imports by
`import { a, b } from "./x.js";` alone, exports functions, constants and classes by name, and no two of them declare
the same name at their top.
"""

from __future__ import annotations

import re
from pathlib import Path

APP = Path(__file__).parent / "app"
MAIN = "main"
FIRST_SHEET = "base.css"  # the others build on its colours and controls

# Comments that stand on lines of their own, or begin after a sign that ends a part of a line.
COMMENT = re.compile(r"/\*[\s\S]*?\*/|(?m:(?:^|[;{},])[ \t]*//.*$)")
IMPORT = re.compile(r'^import \{\s*(\w+(?:,\s*\w+)*),?\s*\} from "\./(\w+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async function|function|const|class) (\w+))", re.MULTILINE)
DECLARED = re.compile(
    r"^(?:export )?(?:(?:async )?function\*?|const|let|var|class)\s+(.+?)(?=[\s(=;]|$)", re.MULTILINE
)
FORBIDDEN = {
    'an import that is not `import { a, b } from "./x.js";`': re.compile(r"^import\b", re.MULTILINE),
    "an import while the map runs": re.compile(r"(?<![\w.$])import\s*[(.]"),
    "an export that is not of a function, constant or class by name": re.compile(r"^export\b", re.MULTILINE),
    "an await at the top": re.compile(r"^(?:await\b|(?:const|let|var)\b[^=\n]*=\s*await\b)", re.MULTILINE),
}
ENDS_SCRIPT = re.compile(r"</?script|<!--", re.IGNORECASE)
ENDS_STYLE = re.compile(r"</?style|<!--|@import\b", re.IGNORECASE)


def join_modules(folder: Path = APP, entry: str = MAIN) -> str:
    """The script that a module makes with all that it imports, directly or not; each stands after those it imports.

    Raises ValueError for forms that cannot be joined, for a name that two modules have at their top, for a name that
    is not exported, for modules that import each other in a circle, and for text that would end a script element.
    """
    sources: dict[str, str] = {}
    _collect(folder, entry, (), sources)
    _check_names(sources)
    parts = []
    for name, source in sources.items():
        _check_forms(name, source)
        parts.append(f"// --- {name} ---\n\n{EXPORT.sub('', IMPORT.sub('', source)).strip()}\n")
    script = "\n".join(parts)
    if found := ENDS_SCRIPT.search(script):
        raise ValueError(f"the script holds {found[0]!r}, which a page takes for its own")
    return script


def join_styles(folder: Path = APP) -> str:
    """All style sheets, `base.css` first. Raises ValueError for text that would end a style element or load another."""
    sheets = sorted(folder.glob("*.css"), key=lambda path: (path.name != FIRST_SHEET, path.name))
    style = "\n".join(path.read_text(encoding="utf-8") for path in sheets)
    if found := ENDS_STYLE.search(style):
        raise ValueError(f"the style sheets hold {found[0]!r}")
    return style


def _collect(folder: Path, name: str, above: tuple[str, ...], sources: dict[str, str]) -> None:
    """Adds the module, after all that it imports, to `sources`."""
    if name in above:
        raise ValueError(f"these import each other in a circle: {', '.join((*above, name))}")
    if name in sources:
        return
    source = (folder / f"{name}.js").read_text(encoding="utf-8")
    for _, other in IMPORT.findall(_without_comments(source)):
        _collect(folder, other, (*above, name), sources)
    sources[name] = source


def _check_names(sources: dict[str, str]) -> None:
    exported = {name: set(EXPORT.findall(source)) for name, source in sources.items()}
    owner: dict[str, str] = {}
    for name, source in sources.items():
        code = _without_comments(source)
        for names, other in IMPORT.findall(code):
            missing = set(re.findall(r"\w+", names)) - exported[other]
            if missing:
                raise ValueError(
                    f"{name}.js imports {', '.join(sorted(missing))}, which {other}.js does not export"
                )
        for declared in DECLARED.findall(code):
            if not re.fullmatch(r"[\w$]+", declared):
                raise ValueError(f"{name}.js: one name for each declaration at the top, not {declared}")
            if declared in owner:
                raise ValueError(f"{declared} stands at the top of both {owner[declared]}.js and {name}.js")
            owner[declared] = name


def _check_forms(name: str, source: str) -> None:
    code = _without_comments(source)
    code = EXPORT.sub("", IMPORT.sub("", code))
    for what, form in FORBIDDEN.items():
        if found := form.search(code):
            line = code[found.start() :].partition("\n")[0]
            raise ValueError(f"{name}.js has {what}: {line}")


def _without_comments(source: str) -> str:
    return COMMENT.sub("", source)
