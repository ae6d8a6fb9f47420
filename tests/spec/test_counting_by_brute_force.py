"""Whatever the codebook and the codings, the grid agrees with a counter written in plain sets."""

from __future__ import annotations

from itertools import product

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_tables import codebook

from mapanalysis.analysis.grid import count_studies

NAMES = ("give", "measure", "design")
STUDIES = ("S1", "S2", "S3", "S4")


@st.composite
def trees(draw):
    """A dimension of one to three levels as a map from each code to the code above it, parents first."""
    parents = {}
    for _ in range(draw(st.integers(1, 6))):
        above = draw(st.sampled_from(["", *(code for code in parents if depth_of(code, parents) < 3)]))
        parents[f"c{len(parents)}"] = above
    if draw(st.booleans()):
        parents["not_reported"] = ""
    return parents


def depth_of(code, parents):
    return 1 + depth_of(parents[code], parents) if parents[code] else 1


def in_order(parents, above=""):
    """The codes as a codebook lists them: each before those below it."""
    return [each for code in parents if parents[code] == above for each in (code, *in_order(parents, code))]


def written(parents, above=""):
    """The tree as `small_tables.codebook` reads it."""
    codes = (
        code + (f"({below})" if (below := written(parents, code)) else "")
        for code in parents
        if parents[code] == above
    )
    return " ".join(codes)


@st.composite
def maps(draw):
    """Trees of the axes, rows (study, finding, dimension, code), levels, rules of the scope."""
    names = NAMES[: draw(st.sampled_from([2, 3]))]
    parents = {name: draw(trees()) for name in names}
    row = st.sampled_from(names).flatmap(
        lambda name: st.tuples(
            st.sampled_from(STUDIES),
            st.sampled_from(["", "", "f1", "f2"]),
            st.just(name),
            st.sampled_from(list(parents[name])),
        )
    )
    rows = draw(st.lists(row, max_size=30))
    levels = [draw(st.sampled_from([1, 2, 3, None])) for _ in names]
    rule = st.fixed_dictionaries({}, optional={name: st.sampled_from(list(parents[name])) for name in names})
    return parents, rows, levels, [rule for rule in draw(st.lists(rule, max_size=3)) if rule]


def up(code, parents, level):
    while level and depth_of(code, parents) > level:
        code = parents[code]
    return code


def below(code, parents):
    """The most specific codes under a code, or the code itself."""
    children = [child for child, above in parents.items() if above == code]
    return {leaf for child in children for leaf in below(child, parents)} if children else {code}


def place(rows, parents, levels):
    """Study -> cell -> whether codes of the whole study alone put it there, and whether both were several."""
    placed = {study: {} for study in STUDIES}
    for study in STUDIES:
        codes = {
            (finding, name): {
                up(c, parents[name], level) for s, f, d, c in rows if (s, f, d) == (study, finding, name)
            }
            for finding in ("", "f1", "f2")
            for name, level in zip(parents, levels, strict=True)
        }
        findings = [f for f in ("f1", "f2") if any(codes[f, name] for name in parents)] or [""]
        for finding in findings:
            for cell in product(*(codes["", name] | codes[finding, name] for name in parents)):
                own = any(
                    finding and code in codes[finding, name]
                    for code, name in zip(cell[:2], NAMES, strict=False)
                )
                several = all(len(codes["", name]) > 1 for name in NAMES[:2])
                was_co, was_cross = placed[study].get(cell, (True, True))
                placed[study][cell] = (was_co and not own, was_cross and not own and several)
    return placed


def expect_state(cell, n, parents, rules):
    """The state of a cell; a segment of "" holds all segments."""
    if "not_reported" in cell:
        return "not_reported"
    if n:
        return "studies"
    leaves = [
        (below(code, tree) if code else set().union(*(below(top, tree) for top in tree if not tree[top])))
        - {"not_reported"}
        for code, tree in zip(cell, parents.values(), strict=True)
    ]
    covered = all(
        any(
            all(leaf[list(parents).index(d)] in below(c, parents[d]) for d, c in rule.items())
            for rule in rules
        )
        for leaf in product(*leaves)
    )
    return "outside_scope" if covered else "none_found"


def expect_axis(tree, level, used):
    leaves = {code for code in tree if below(code, tree) == {code}}
    deepest = max(depth_of(code, tree) for code in tree)
    level = level or deepest
    on_axis = {
        code
        for code in tree
        if depth_of(code, tree) == level or (code in leaves and depth_of(code, tree) < level)
    }
    return [code for code in in_order(tree) if code in on_axis | {up(code, tree, level) for code in used}]


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(maps(), st.randoms(use_true_random=False))
def test_cells_margins_totals_and_accounting_agree_with_plain_sets(map_, random):
    parents, rows, levels, rules = map_
    placed = place(rows, parents, levels)
    shuffled = rows + rows[:2]
    random.shuffle(shuffled)
    grid = count_studies(
        pd.DataFrame(shuffled, columns=["study_id", "finding_id", "dimension", "code"], dtype="str"),
        codebook(
            [" ".join(f"{d}={c}" for d, c in rule.items()) for rule in rules],
            **{name: written(tree) for name, tree in parents.items()},
        ),
        pd.Series(STUDIES, dtype="str"),
        **dict(zip(("row", "column", "segment"), parents, strict=False)),
        **dict(zip(("row_level", "column_level", "segment_level"), levels, strict=False)),
    )
    axes = [
        expect_axis(tree, level, {code for _, _, d, code in rows if d == name})
        for (name, tree), level in zip(parents.items(), levels, strict=True)
    ]
    segments = ["", *(axes[2] if len(axes) > 2 else [])]

    def studies(row, column, segment, flag=None):
        """The studies in a cell, or a margin where a code is ""; with a flag, when all their placements have it."""
        wanted = (row, column, segment)
        found = set()
        for study, cells in placed.items():
            here = [
                flags
                for cell, flags in cells.items()
                if all(w in ("", c) for w, c in zip(wanted, cell, strict=False))
            ]
            if here and (flag is None or all(flags[flag] for flags in here)):
                found.add(study)
        return found

    expected = []
    for r, c, s in product(axes[0], axes[1], segments):
        n = len(studies(r, c, s))
        cell = (r, c, s) if len(axes) > 2 else (r, c)
        flags = (len(studies(r, c, s, flag)) for flag in (0, 1))
        expected.append((r, c, s, n, *flags, expect_state(cell, n, parents, rules)))
    assert [tuple(row) for row in grid.cells.itertuples(index=False)] == expected
    assert grid.rows.to_numpy().tolist() == [
        [r, s, len(studies(r, "", s))] for r in axes[0] for s in segments
    ]
    assert grid.columns.to_numpy().tolist() == [
        [c, s, len(studies("", c, s))] for c in axes[1] for s in segments
    ]
    assert grid.segments.to_numpy().tolist() == [[s, len(studies("", "", s))] for s in segments]
    assert {
        (p[0], tuple(p[1:-2])): tuple(p[-2:]) for p in grid.placements.itertuples(index=False, name=None)
    } == {(study, cell): flags for study, cells in placed.items() for cell, flags in cells.items()}

    coded = {(study, name) for study, _, name, _ in rows}
    for study, is_placed, reason in grid.accounting.itertuples(index=False, name=None):
        lacks = [name.capitalize() for name in parents if (study, name) not in coded]
        unmet = f"no code for: {', '.join(lacks)}" if lacks else "its codes never meet in one finding"
        assert (is_placed, reason) == ((True, "") if placed[study] else (False, unmet))
    assert list(grid.accounting["study_id"]) == list(STUDIES)
