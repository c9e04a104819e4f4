"""Definitions in each language: names, exact lines, leading comments."""

from __future__ import annotations

import pytest

from integrations.contracts.knowledge import Document
from integrations.knowledge.formats import by_name
from integrations.knowledge.grammars import GRAMMARS
from integrations.knowledge.limits import Limits
from integrations.knowledge.read import parse

TIGHT = Limits(target_chars=60, max_chars=125)
LONG = "1" * 40

EXAMPLES: dict[str, tuple[str, dict[str, tuple[int, int]]]] = {
    "a.py": (
        (
            '"""Doc."""\n\nimport os, sys, json, re, math, time\n\n# lead\n@deco\ndef f(a):\n'
            '    """Doc."""\n    return a\n\nclass A(Base):\n    # first\n    def m(self):\n'
            f"        return {LONG}\n\n    @property\n    async def p(self):\n"
            f"        return {LONG}\n"
        ),
        {"f": (5, 9), "A.m": (12, 14), "A.p": (16, 18)},
    ),
    "a.js": (
        (
            f'import x from "{LONG}";\n/** doc */\nexport function f(a) {{ return a; }}\n'
            f"export const g = (x) => {{ return {LONG}; }};\nclass A {{\n  // c\n"
            f"  m() {{ return {LONG}; }}\n  arrow = () => {{ return {LONG}; }}\n"
            f"  last() {{ return {LONG}; }}\n}}\n"
        ),
        {"f": (2, 3), "g": (4, 4), "A.m": (6, 7), "A.arrow": (8, 8), "A.last": (9, 10)},
    ),
    "a.ts": (
        (
            f"interface I {{ a: {LONG} }}\ntype T = {{ x: {LONG} }};\n"
            f"export abstract class A<T> {{\n"
            f"  private x: number = {LONG};\n  @dec()\n"
            f"  async m(): Promise<void> {{ f({LONG}); }}\n"
            f"  n() {{ f({LONG}); }}\n}}\nnamespace N {{ \n  export function q() {{ f({LONG}); }}\n"
            f"  enum E {{ A{LONG} }}\n}}\n"
        ),
        {"I": (1, 1), "T": (2, 2), "A.m": (5, 6), "A.n": (7, 8), "N.q": (10, 10), "N.E": (11, 12)},
    ),
    "a.tsx": (
        (
            f"export const C = (p: P) => {{\n  return <div className='{LONG}'>{{p.x}}</div>;\n}};\n"
            f"function D() {{ return <span>{LONG}</span>; }}\n"
        ),
        {"C": (1, 3), "D": (4, 4)},
    ),
    "a.go": (
        (
            f"package main\n\n// F does.\nfunc F(a int) int {{ return {LONG} }}\n\n"
            f"type S struct {{ a{LONG} int; b string }}\n\n// M is.\n"
            f"func (s *S[T]) M() error {{ return e{LONG} }}\n\n"
            f"type (\n  A int\n  B{LONG} string\n)\n"
        ),
        {"F": (3, 4), "S": (6, 6), "S.M": (8, 9), f"A, B{LONG}": (11, 14)},
    ),
    "a.rs": (
        (
            f"/// doc\n#[derive(Debug)]\npub struct S {{ a{LONG}: i32 }}\nimpl<T> Tr for S<T> {{\n"
            f"    /// m\n    #[inline]\n    fn m(&self) -> i32 {{ {LONG} }}\n"
            f"    fn n(&self) -> i32 {{ {LONG}{LONG} }}\n}}\nmod tests {{\n"
            f"  fn q() {{ let a{LONG} = 1; }}\n  fn r() {{ let a{LONG} = 1; }}\n}}\n"
        ),
        {"S": (1, 3), "S.m": (5, 7), "tests.q": (11, 11), "tests.r": (12, 13)},
    ),
    "a.java": (
        (
            f"package a;\n/** doc */\n@Ann\npublic class A<T> {{\n    private int x{LONG};\n"
            f"    /** m doc */\n    @Override\n    public void m() {{ x{LONG} = 1; }}\n"
            f"    public A() {{ int a{LONG} = 1; }}\n"
            f"    enum E {{ X, Y; void q() {{ int a{LONG} = 1;}} }}\n}}\n"
            f"record R(int a{LONG}) {{}}\n"
        ),
        {"A.m": (6, 8), "A.A": (9, 9), "A.E": (10, 11), "R": (12, 12)},
    ),
    "a.c": (
        (
            f"#include <{LONG}.h>\n#ifdef X\n/* doc */\nstatic int *f(int a) {{ return {LONG}; }}\n"
            f"#endif\ntypedef struct {{ int a; int b{LONG}; }} foo_t;\n"
            f"struct bar {{ int a; int c{LONG}; }};\nvoid (*g(int a))(int) {{ return {LONG}; }}\n"
        ),
        {"f": (3, 4), "foo_t": (6, 6), "bar": (7, 7), "g": (8, 8)},
    ),
    "a.cpp": (
        (
            f"namespace a::b {{\ntemplate <typename T>\nclass V : public W {{\n public:\n"
            f"  V() : x(1) {{ int a{LONG} = 1; }}\n  int m() const {{ return {LONG}; }}\n}};\n"
            f"int V<int>::q(int a) {{ return {LONG}; }}\n"
            f"bool& operator==(const A& a, const A& b) {{ return {LONG}; }}\n}}  // namespace\n"
        ),
        {
            "a.b.V.V": (5, 5),
            "a.b.V.m": (6, 7),
            "a.b.V.q": (8, 8),
            "a.b.operator==": (9, 9),
        },
    ),
    "a.cs": (
        (
            "using System;\nnamespace A.B {\n    /// <summary>doc</summary>\n    [Attr]\n"
            f"    public class C {{\n        public int P{LONG} {{ get; set; }}\n"
            f"        // m\n        public void M() {{ int a{LONG} = 1; }}\n"
            f"        public C() {{ int a{LONG} = 1; }}\n    }}\n}}\n"
        ),
        {f"A.B.C.P{LONG}": (6, 6), "A.B.C.M": (7, 8), "A.B.C.C": (9, 11)},
    ),
    "a.rb": (
        (
            f'require "{LONG}"\nmodule A\n  # doc\n  class B < C\n    attr_reader :x\n    def m\n'
            f"      {LONG}\n    end\n    def self.s; {LONG}{LONG}; end\n  end\nend\n"
        ),
        {"A.B.m": (6, 8)},
    ),
    "a.php": (
        (
            f"<?php\nnamespace A\\B;\n/** doc */\nfunction f($a) {{ return {LONG}; }}\n"
            f"abstract class C extends D {{\n    private $x = {LONG};\n    #[Attr]\n"
            f"    public function m() {{ return {LONG}; }}\n"
            f"    public static function s() {{ return {LONG}; }}\n}}\n"
        ),
        {"f": (3, 4), "C.m": (7, 8), "C.s": (9, 10)},
    ),
    "a.sh": (
        f"#!/bin/bash\nset -e\n# doc\nf() {{\n  echo {LONG}\n}}\nfunction g {{ echo {LONG}; }}\n",
        {"f": (3, 6), "g": (7, 7)},
    ),
    "a.kt": (
        (
            f"package a\n/** doc */\n@Ann\nclass A(val x: Int) : B() {{\n    /** m */\n"
            f"    fun m(): Int {{ return {LONG} }}\n    companion object {{\n"
            f"        fun c() {{ val a = {LONG} }}\n    }}\n"
            f"    fun n(): Int {{ return {LONG}1 }}\n}}\n"
            f"fun String.ext(): Int = {LONG}{LONG}\nobject O {{ fun z() {{ val a = {LONG} }} }}\n"
        ),
        {"A.m": (5, 6), "A.n": (10, 11), "ext": (12, 12), "O": (13, 13)},
    ),
}


def document(name: str, text: str, limits: Limits) -> Document:
    result = parse(name, text.encode(), limits, by_name(name))
    assert isinstance(result, Document), result
    return result


@pytest.mark.parametrize("name", EXAMPLES)
def test_definitions_have_their_names_and_exact_lines(name: str) -> None:
    text, expected = EXAMPLES[name]
    passages = document(name, text, TIGHT).passages
    found = {(passage.title, (passage.start_line, passage.end_line)) for passage in passages}
    assert set(expected.items()) <= found, found
    assert {passage.kind for passage in passages} == {"code"}
    lines = text.split("\n")
    assert all(p.text == "\n".join(lines[p.start_line - 1 : p.end_line]) for p in passages)


def test_every_grammar_is_tried() -> None:
    formats = [by_name(name) for name in EXAMPLES]
    assert {known.language for known in formats if known} == set(GRAMMARS)


def test_a_large_class_has_a_header_and_its_methods() -> None:
    method = "    def {}(self) -> int:\n        " + "self.x = 1\n        " * 40 + "return 1\n\n"
    header = (
        'class Retry:\n    """How to try again.'
        + " Words." * 30
        + '"""\n\n    limit = 3\n'
        + "    # note\n" * 20
    )
    text = header + method.format("prepare") + method.format("reset") + "X = 1\n"
    passages = document("a.py", text, Limits()).passages
    assert [p.title for p in passages] == ["Retry", "Retry.prepare", "Retry.reset"]
    assert [(p.start_line, p.end_line) for p in passages] == [(1, 4), (5, 66), (68, 111)]


def test_small_neighbours_share_a_passage() -> None:
    text = "".join(f"def f{number}():\n    return {number}\n\n\n" for number in range(5))
    (passage,) = document("a.py", text, Limits()).passages
    assert passage.title == "f0, f1, f2, …"


def test_a_long_function_is_cut_between_statements() -> None:
    body = "".join(
        f"    if value == {number}:\n        call(\n            {number},\n        )\n"
        for number in range(120)
    )
    passages = document("a.py", f"def long(value):\n{body}", Limits()).passages
    assert len(passages) > 3
    assert {passage.title for passage in passages} == {"long"}
    assert all(passage.text.startswith("    if value ==") for passage in passages[1:])


def test_source_with_errors_still_gives_its_definitions() -> None:
    text = "def broken(:\n  ???\n\n\ndef fine():\n    return 1\n" + "# more\n" * 300
    assert "fine" in {
        p.title.split(",")[-1].strip() for p in document("a.py", text, TIGHT).passages
    }


def test_parsing_that_takes_too_long_falls_back_to_lines() -> None:
    text = "def f():\n    return 1\n\n" * 4_000
    (first, *_) = document("a.py", text, Limits(parse_seconds=0.0)).passages
    assert (first.title, first.kind, first.start_line) == ("", "code", 1)


def test_other_source_is_cut_at_blank_lines() -> None:
    table = "\n".join(f"key{number} = {number}" for number in range(30))
    text = "\n\n".join(f"[table{number}]\n{table}" for number in range(12))
    passages = document("a.toml", text, Limits()).passages
    assert all(passage.text.startswith("[table") for passage in passages)
    assert len(passages) > 2
