"""Tells from a name what a file is.

Decides which reader takes a file and which formats are declined. Refuses to
look inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

Reader = Literal[
    "plain", "markdown", "rest", "asciidoc", "org", "html", "pdf", "docx", "notebook", "code"
]

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Format:
    """A media type, the reader for it, and for source code the language.

    Source in a language without a grammar here has an empty ``language`` and
    is cut at blank lines.
    """

    media_type: str
    reader: Reader
    language: str = ""


PLAIN = Format("text/plain", "plain")
HTML = Format("text/html", "html")
PDF = Format("application/pdf", "pdf")

_LANGUAGES = {
    "python": "py pyi pyw",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts mts cts",
    "tsx": "tsx",
    "go": "go",
    "rust": "rs",
    "java": "java",
    "c": "c h",
    "cpp": "cc cpp cxx c++ hh hpp hxx h++ ipp inl tpp cu cuh ino",
    "c_sharp": "cs",
    "ruby": "rb rake gemspec ru",
    "php": "php phtml",
    "bash": "sh bash zsh ksh bats",
    "kotlin": "kt kts",
}
_OTHER_SOURCE = {
    "text/x-config": "ini cfg conf properties env toml lock editorconfig tf hcl nix",
    "application/yaml": "yaml yml",
    "application/json": "json jsonl ndjson json5 jsonc geojson webmanifest",
    "application/xml": "xml xsd xsl xslt wsdl plist pom csproj props targets resx",
    "application/sql": "sql ddl psql",
    "text/css": "css scss sass less styl",
    "text/csv": "csv tsv",
    "text/x-source": (
        "swift scala sc clj cljs cljc edn ex exs erl hrl hs lhs ml mli fs fsi fsx vb dart lua pl "
        "pm t r jl m mm f f90 f95 for pas d zig nim cr v sv vhd vhdl asm s proto thrift graphql "
        "gql vue svelte astro ps1 psm1 bat cmd fish awk sed el lisp scm rkt groovy gradle cmake "
        "mk make dockerfile j2 jinja jinja2 mako erb ejs hbs mustache tmpl sol move wat glsl hlsl "
        "vert frag metal tcl pyx pxd bzl star diff patch"
    ),
}
_PROSE = {
    "md markdown mdx mdown mkd": Format("text/markdown", "markdown"),
    "rst rest": Format("text/x-rst", "rest"),
    "adoc asciidoc": Format("text/asciidoc", "asciidoc"),
    "org": Format("text/org", "org"),
    "html htm xhtml": HTML,
    "pdf": PDF,
    "docx docm": Format(DOCX, "docx"),
    "ipynb": Format("application/x-ipynb+json", "notebook"),
    "txt text log tex": PLAIN,
}
_NAMES = {
    "dockerfile makefile gnumakefile cmakelists.txt justfile procfile vagrantfile jenkinsfile": (
        Format("text/x-source", "code")
    ),
    "gemfile rakefile guardfile podfile": Format("text/x-ruby", "code", "ruby"),
    "requirements.txt constraints.txt": Format("text/x-config", "code"),
    "build workspace build.bazel": Format("text/x-source", "code"),
}
_DECLINED = {
    "an image": "png jpg jpeg gif webp bmp ico icns tif tiff heic avif svg svgz psd ai eps xcf raw",
    "sound or video": "mp3 wav ogg flac m4a aac opus mp4 mov avi mkv webm wmv flv m4v mpg mpeg",
    "an archive": "zip tar gz tgz bz2 xz zst 7z rar jar war ear whl egg deb rpm dmg iso apk crx",
    "a program or library": "exe dll so dylib a o obj lib class pyc pyo pyd wasm bin elf node",
    "a font": "ttf otf woff woff2 eot",
    "a database or a data file": (
        "db sqlite sqlite3 mdb parquet feather arrow avro orc h5 hdf5 npy npz pkl pickle joblib pt "
        "pth onnx safetensors gguf ckpt tfrecord mat rds rdata dat idx pack"
    ),
    "an office file": "doc xls xlsx xlsm ppt pptx odt ods odp rtf pages numbers epub mobi msg",
}


def _formats() -> dict[str, Format]:
    table = {
        suffix: Format(f"text/x-{language.replace('_', '')}", "code", language)
        for language, suffixes in _LANGUAGES.items()
        for suffix in suffixes.split()
    }
    for media_type, suffixes in _OTHER_SOURCE.items():
        table.update((suffix, Format(media_type, "code")) for suffix in suffixes.split())
    for suffixes, kind in _PROSE.items():
        table.update((suffix, kind) for suffix in suffixes.split())
    return table


_BY_SUFFIX = _formats()
_BY_NAME = {name: kind for names, kind in _NAMES.items() for name in names.split()}
_DECLINED_SUFFIX = {suffix: what for what, names in _DECLINED.items() for suffix in names.split()}
_BY_MEDIA_TYPE = {
    "text/html": HTML,
    "application/xhtml+xml": HTML,
    "application/pdf": PDF,
    "text/markdown": Format("text/markdown", "markdown"),
    "text/x-markdown": Format("text/markdown", "markdown"),
    "text/x-rst": Format("text/x-rst", "rest"),
    DOCX: Format(DOCX, "docx"),
    "application/x-ipynb+json": Format("application/x-ipynb+json", "notebook"),
}
_BY_PROGRAM = {
    "python": "python",
    "node": "javascript",
    "deno": "typescript",
    "ruby": "ruby",
    "php": "php",
    "bash": "bash",
    "sh": "bash",
    "zsh": "bash",
    "dash": "bash",
    "ksh": "bash",
}


def declined(name: str) -> str | None:
    """Return what a file is that Mynah cannot read ("an image"), or ``None``."""
    return _DECLINED_SUFFIX.get(_suffix(name))


def by_name(name: str) -> Format | None:
    """Return the format a name stands for, or ``None`` if it says nothing."""
    return _BY_NAME.get(PurePosixPath(name).name.lower()) or _BY_SUFFIX.get(_suffix(name))


def by_media_type(media_type: str) -> Format | None:
    """Return the format a Content-Type stands for, if it is more precise than a name."""
    return _BY_MEDIA_TYPE.get(media_type)


def by_content(text: str) -> Format:
    """Return the format of a text whose name says nothing: a script, a page, or plain text."""
    first = text[:200].split("\n", 1)[0].strip()
    if first.startswith("#!"):
        program = first.rstrip().rsplit("/", 1)[-1].split()
        name = program[-1] if program and program[0] == "env" else (program or [""])[0]
        language = _BY_PROGRAM.get(name.rstrip("0123456789."))
        if language:
            return Format(f"text/x-{language}", "code", language)
    if first.lower().startswith(("<!doctype html", "<html")):
        return HTML
    return PLAIN


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower().removeprefix(".")
