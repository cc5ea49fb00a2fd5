"""Components that import WASI, from Rust, C, C++ and Go sources."""

load("//build_defs:cargo.bzl", "cargo_build")

_WASM_TOOLS = "/usr/bin/wasm-tools"
_LINKER = "//build_defs/wasi:wasm-component-ld"

def davit_rust_wasi_component(name, manifest, srcs, artifact, **kwargs):
    """NAME.wasm: a component from a Rust package that uses the standard library.

    Args:
      name: of the component.
      manifest: the Cargo.toml of a program or a cdylib, which is listed in WORKSPACE too.
      srcs: its sources and .wit files.
      artifact: the crate's name, underscored.
      **kwargs: as of genrule.
    """
    cargo_build(
        name = name,
        srcs = srcs,
        out = name + ".wasm",
        artifact = artifact + ".wasm",
        linker = _LINKER,
        manifest = manifest,
        target = "wasm32-wasip2",
        **kwargs
    )

# Clang looks for its runtime in a directory of the target's name, which Debian does not make, and for C++ headers where
# Debian's other package does not put them.
_CLANG = " ".join([
    "--target=wasm32-wasip2",
    "-nodefaultlibs",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
])
_BUILTINS = "/usr/lib/llvm-21/lib/clang/21/lib/wasi/libclang_rt.builtins-wasm32.a"
_CXX = " ".join([
    "-std=c++23",
    "-fno-exceptions",  # There is no unwinder for them.
    "-nostdinc++",
    "-isystem /usr/lib/llvm-21/include/wasm32-wasi/c++/v1",
])
_CXX_LIBS = "-L/usr/lib/llvm-21/lib/wasm32-wasi -lc++ -lc++abi"
_BINDINGS = "//build_defs/wit_bindgen_c:build"

def _wasi_component(name, compiler, libs, srcs, hdrs, wit, world, copts, **kwargs):
    bindings = ""
    if wit:
        bindings = """
$(execpath {bindings}) $(execpath {wit}) {world} "$$work"
flags+=(-mexec-model=reactor -I"$$work")
inputs=("$$work/{world}.c" "$$work/{world}_component_type.o")
""".format(bindings = _BINDINGS, wit = wit, world = world)
    native.genrule(
        name = name,
        srcs = srcs + hdrs + ([wit] if wit else []),
        outs = [name + ".wasm"],
        cmd = """
set -euo pipefail
work=$$(mktemp -d)
trap 'rm -rf "$$work"' EXIT
flags=()
inputs=()
{bindings}
export PATH=$$PWD/$$(dirname $(execpath {linker})):$$PATH
{compiler} {flags} {copts} "$${{flags[@]}}" {srcs} "$${{inputs[@]}}" {libs} -lc {builtins} -o $@
""".format(
            bindings = bindings,
            linker = _LINKER,
            compiler = compiler,
            flags = _CLANG,
            copts = " ".join(copts),
            srcs = " ".join(["$(execpath %s)" % src for src in srcs]),
            libs = libs,
            builtins = _BUILTINS,
        ),
        tools = [_LINKER] + ([_BINDINGS] if wit else []),
        message = "Compiling C",
        **kwargs
    )

def davit_c_wasi_component(name, srcs, hdrs = [], wit = None, world = None, copts = [], **kwargs):
    """NAME.wasm: a component from C sources and wasi-libc.

    Args:
      name: of the component.
      srcs: its sources: with a main or, where there is a world, including "WORLD.h", which wit-bindgen makes.
      hdrs: its headers.
      wit: the .wit file; by default the component is a command.
      world: a world of that file, in one word.
      copts: more options for clang.
      **kwargs: as of genrule.
    """
    _wasi_component(name, "/usr/bin/clang", "", srcs, hdrs, wit, world, copts, **kwargs)

def davit_cc_wasi_component(name, srcs, hdrs = [], copts = [], **kwargs):
    """NAME.wasm: a command from C++ sources, libc++ and wasi-libc.

    Args:
      name: of the component.
      srcs: its sources.
      hdrs: its headers.
      copts: more options for clang.
      **kwargs: as of genrule.
    """
    _wasi_component(name, "/usr/bin/clang++ " + _CXX, _CXX_LIBS, srcs, hdrs, None, None, copts, **kwargs)

_PREVIEW1_ADAPTER = "//build_defs/wasi/preview1_adapter:build"

def davit_go_command(name, srcs, module, **kwargs):
    """NAME.wasm: a command from Go sources that use the standard library only.

    Go knows WASI's preview 1; an adapter makes a component of what it compiles.

    Args:
      name: of the component.
      srcs: the sources of package main.
      module: its go.mod, in the same directory.
      **kwargs: as of genrule.
    """
    native.genrule(
        name = name,
        srcs = srcs + [module, _PREVIEW1_ADAPTER],
        outs = [name + ".wasm"],
        cmd = """
set -euo pipefail
work=$$(mktemp -d)
trap 'rm -rf "$$work"' EXIT
mkdir "$$work/source"
cp --dereference {srcs} "$$work/source"
( cd "$$work/source" &&
  HOME=$$work GOCACHE=$$work/cache GOOS=wasip1 GOARCH=wasm GOPROXY=off GOTOOLCHAIN=local GOTELEMETRY=off \\
  /usr/bin/go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$$work/core.wasm" )
{tools} component new "$$work/core.wasm" --adapt wasi_snapshot_preview1=$(execpath {adapter}) -o $@
""".format(
            srcs = " ".join(["$(execpath %s)" % src for src in srcs + [module]]),
            tools = _WASM_TOOLS,
            adapter = _PREVIEW1_ADAPTER,
        ),
        message = "Compiling Go",
        **kwargs
    )
