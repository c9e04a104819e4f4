"""What a definition looks like in each language with a grammar.

Decides which syntax nodes are definitions, and which merely contain some.
Refuses to know how passages are cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from tree_sitter import Language


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language.

    Attributes:
        module: the package that carries the parser.
        definitions: node types that get a passage and a title.
        transparent: node types that are looked into without adding to a title.
        wrappers: node types that belong to the definition inside them.
        valued: node types that are definitions if their value is a function.
        function: the entry point of the package.
        bodied: definitions only when they have a body; otherwise mere mentions.
    """

    module: str
    definitions: frozenset[str]
    transparent: frozenset[str]
    wrappers: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    function: str = "language"
    bodied: frozenset[str] = frozenset()

    def language(self) -> Language:
        """Load the parser. Cheap after the first time, and safe in any thread."""
        return Language(getattr(import_module(self.module), self.function)())


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_PREPROCESSOR = "preproc_ifdef preproc_if preproc_else preproc_elif preproc_elifdef"

_ECMA_DEFINITIONS = (
    "function_declaration generator_function_declaration class_declaration method_definition "
    "field_definition"
)
_ECMA_TRANSPARENT = "class_body statement_block"
_ECMA_WRAPPERS = _set("export_statement ambient_declaration expression_statement")
_ECMA_VALUED = _set(
    "lexical_declaration variable_declaration field_definition public_field_definition"
)
_TYPESCRIPT_DEFINITIONS = _set(
    _ECMA_DEFINITIONS
    + " abstract_class_declaration interface_declaration type_alias_declaration enum_declaration "
    "internal_module module function_signature public_field_definition"
)

_C_DEFINITIONS = (
    "function_definition struct_specifier union_specifier enum_specifier type_definition "
    "preproc_function_def"
)
_C_TRANSPARENT = _PREPROCESSOR + " linkage_specification declaration_list"

GRAMMARS: dict[str, Grammar] = {
    "python": Grammar(
        "tree_sitter_python",
        _set("function_definition class_definition"),
        _set(
            "block if_statement elif_clause else_clause try_statement except_clause "
            "finally_clause with_statement"
        ),
        wrappers=_set("decorated_definition"),
    ),
    "javascript": Grammar(
        "tree_sitter_javascript",
        _set(_ECMA_DEFINITIONS),
        _set(_ECMA_TRANSPARENT),
        _ECMA_WRAPPERS,
        _ECMA_VALUED,
    ),
    "typescript": Grammar(
        "tree_sitter_typescript",
        _TYPESCRIPT_DEFINITIONS,
        _set(_ECMA_TRANSPARENT),
        _ECMA_WRAPPERS,
        _ECMA_VALUED,
        function="language_typescript",
    ),
    "tsx": Grammar(
        "tree_sitter_typescript",
        _TYPESCRIPT_DEFINITIONS,
        _set(_ECMA_TRANSPARENT),
        _ECMA_WRAPPERS,
        _ECMA_VALUED,
        function="language_tsx",
    ),
    "go": Grammar(
        "tree_sitter_go",
        _set("function_declaration method_declaration type_declaration"),
        frozenset(),
    ),
    "rust": Grammar(
        "tree_sitter_rust",
        _set(
            "function_item function_signature_item struct_item enum_item union_item trait_item "
            "impl_item mod_item macro_definition type_item"
        ),
        _set("declaration_list foreign_mod_item"),
    ),
    "java": Grammar(
        "tree_sitter_java",
        _set(
            "class_declaration interface_declaration enum_declaration record_declaration "
            "annotation_type_declaration method_declaration constructor_declaration "
            "compact_constructor_declaration"
        ),
        _set("class_body interface_body enum_body enum_body_declarations annotation_type_body"),
    ),
    "c": Grammar(
        "tree_sitter_c",
        _set(_C_DEFINITIONS),
        _set(_C_TRANSPARENT),
        bodied=_set("struct_specifier union_specifier enum_specifier"),
    ),
    "cpp": Grammar(
        "tree_sitter_cpp",
        _set(_C_DEFINITIONS + " class_specifier namespace_definition concept_definition"),
        _set(_C_TRANSPARENT + " field_declaration_list"),
        wrappers=_set("template_declaration"),
        bodied=_set("struct_specifier union_specifier enum_specifier class_specifier"),
    ),
    "c_sharp": Grammar(
        "tree_sitter_c_sharp",
        _set(
            "class_declaration struct_declaration interface_declaration enum_declaration "
            "record_declaration method_declaration constructor_declaration "
            "destructor_declaration property_declaration operator_declaration "
            "delegate_declaration local_function_statement namespace_declaration"
        ),
        _set("declaration_list global_statement file_scoped_namespace_declaration preproc_if"),
    ),
    "ruby": Grammar(
        "tree_sitter_ruby",
        _set("method singleton_method class module"),
        _set("body_statement singleton_class"),
    ),
    "php": Grammar(
        "tree_sitter_php",
        _set(
            "function_definition method_declaration class_declaration interface_declaration "
            "trait_declaration enum_declaration namespace_definition"
        ),
        _set("declaration_list enum_declaration_list compound_statement if_statement"),
        function="language_php",
    ),
    "bash": Grammar("tree_sitter_bash", _set("function_definition"), frozenset()),
    "kotlin": Grammar(
        "tree_sitter_kotlin",
        _set(
            "class_declaration object_declaration function_declaration companion_object "
            "secondary_constructor"
        ),
        _set("class_body enum_class_body"),
    ),
}
