"""House rules of the documents: links lead somewhere, the README's tree is true, commands are those that exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from mapanalysis.project import Project

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)(?: \"[^\"]*\")?\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
# What a visitor of the repository need not know of.
HIDDEN = re.compile(r"\.[^/]*")


def tracked_files() -> list[str]:
    """Every file that git keeps, relative to the repository; outside git, as in an archive, every file there is."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git repository: what is tracked is not known")
    return sorted(name for name in done.stdout.decode("utf-8").split("\0") if name)


DOCUMENTS = sorted(
    path
    for path in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "data" / "raw").glob("*.md"),
        *(ROOT / "tests").rglob("*.md"),
    ]
    if "node_modules" not in path.parts
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchor_of(heading: str) -> str:
    """The name that a heading has in links."""
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_to_what_is_there(path):
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    for target in (match["target"] for match in LINK.finditer(text)):
        if re.match(r"[a-z]+:", target):
            assert target.startswith(("https://", "mailto:")), target
            continue
        file, _, anchor = target.partition("#")
        linked = (path.parent / file).resolve() if file else path
        assert linked.exists(), f"{name_of(path)} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {anchor_of(heading) for heading in headings}, target


def readme_tree() -> dict[str, str]:
    """Path to purpose, from the fenced block of the README that lists folders."""
    blocks = re.findall(
        r"^```\w*\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    trees = [block for block in blocks if re.search(r"^src/", block, re.MULTILINE)]
    assert len(trees) == 1, "the README has one block that lists the folders"
    lines = [re.fullmatch(r"(\S+)\s{2,}(\S.*)", line) for line in trees[0].splitlines() if line.strip()]
    assert all(lines), "a line of the tree is a path, two spaces or more, and its purpose"
    return {line[1]: line[2] for line in lines if line}


def test_the_readme_lists_every_top_folder():
    tree = readme_tree()
    tops = {
        name.split("/")[0]
        for name in tracked_files()
        if "/" in name and not HIDDEN.fullmatch(name.split("/")[0])
    }
    assert tops - {path.split("/")[0] for path in tree} == set()


def test_the_readme_lists_what_is_there_or_is_made():
    made = {"data/processed/", "reports/"}
    tree = readme_tree()
    for path in tree.keys() - made:
        assert (ROOT / path).exists(), path
        assert (ROOT / path).is_dir() == path.endswith("/"), path
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8")
    assert all("made" in tree[path] for path in made & tree.keys())
    assert "/reports/*" in ignored
    assert "/data/processed" in ignored


def test_each_folder_of_the_readme_has_a_purpose_of_its_own():
    purposes = list(readme_tree().values())
    assert len(set(purposes)) == len(purposes)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_make_is_told_what_the_makefile_knows(path):
    targets = set(
        re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    told = set(re.findall(r"(?:^|`)make ([a-z]+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert told <= targets


def test_the_two_commands_stand_in_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"^make report\b", text, re.MULTILINE)
    assert re.search(r"^make test\b", text, re.MULTILINE)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_settings_that_documents_name_exist(path):
    settings = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    named = set(re.findall(r"-p (\w+)[= ]", path.read_text(encoding="utf-8"))) - {"name"}
    assert named <= set(settings)


def test_the_numbers_of_the_data_are_those_that_documents_state():
    project = Project(ROOT)
    text = (ROOT / "data" / "raw" / "README.md").read_text(encoding="utf-8")
    for name in ("known_duplicates", "screening_records", "screening_reports", "reports", "codings"):
        n_rows = len(project.read_bytes(project.raw / f"{name}.csv").decode("utf-8").splitlines()) - 1
        (stated,) = re.findall(rf"^\| `{name}\.csv` \| [^|]+ \| ([\d,]+) \|", text, re.MULTILINE)
        assert int(stated.replace(",", "")) == n_rows, name
