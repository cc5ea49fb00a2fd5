"""Components from Rust and C sources, without WASI."""

load("//build_defs:cargo.bzl", "cargo_build")

_WASM_TOOLS = "/usr/bin/wasm-tools"
_WASM32 = "wasm32-unknown-unknown"
_BINDINGS = "//build_defs/wit_bindgen_c:build"

def davit_rust_component(name, manifest, srcs, artifact, **kwargs):
    """NAME.wasm: a component from a Rust package whose bindings are made by wit-bindgen.

    Args:
      name: of the component.
      manifest: the Cargo.toml of a cdylib, which is listed in WORKSPACE too.
      srcs: its sources and .wit files.
      artifact: the crate's name, underscored.
      **kwargs: as of genrule.
    """
    cargo_build(
        name = name,
        srcs = srcs,
        out = name + ".wasm",
        artifact = artifact + ".wasm",
        finish = _WASM_TOOLS + " component new $$artifact -o $@",
        manifest = manifest,
        target = _WASM32,
        **kwargs
    )

_CLANG = " ".join([
    "/usr/bin/clang",
    "--target=wasm32-wasi",  # For its libc, of which only what imports nothing is used.
    "-mexec-model=reactor",
    "-nostartfiles",
    "-Wl,--no-entry",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
])

def davit_c_component(name, srcs, wit, world, copts = [], **kwargs):
    """NAME.wasm: a component from C sources that include "WORLD.h", which wit-bindgen makes.

    Args:
      name: of the component.
      srcs: its sources.
      wit: the .wit file.
      world: a world of that file, in one word.
      copts: more options for clang.
      **kwargs: as of genrule.
    """
    native.genrule(
        name = name,
        srcs = srcs + [wit],
        outs = [name + ".wasm"],
        cmd = """
set -euo pipefail
work=$$(mktemp -d)
trap 'rm -rf "$$work"' EXIT
$(execpath {bindings}) $(execpath {wit}) {world} "$$work"
{clang} -I"$$work" {copts} {srcs} "$$work/{world}.c" "$$work/{world}_component_type.o" -o "$$work/core.wasm"
{tools} component new "$$work/core.wasm" -o $@
""".format(
            bindings = _BINDINGS,
            wit = wit,
            world = world,
            clang = _CLANG,
            copts = " ".join(copts),
            srcs = " ".join(["$(execpath %s)" % src for src in srcs]),
            tools = _WASM_TOOLS,
        ),
        tools = [_BINDINGS],
        message = "Compiling C",
        **kwargs
    )

def davit_compose(name, component, definitions, **kwargs):
    """NAME.wasm: a component whose imports are satisfied by others, which it then contains.

    Args:
      name: of the composition.
      component: the one that imports.
      definitions: those that export what it imports.
      **kwargs: as of genrule.
    """
    native.genrule(
        name = name,
        srcs = [component] + definitions,
        outs = [name + ".wasm"],
        # It reports success at length, and that the command will be replaced by another one.
        cmd = "{tools} compose $(execpath {component}) {definitions} -o $@ >$@.log 2>&1 || (cat $@.log; exit 1)".format(
            tools = _WASM_TOOLS,
            component = component,
            definitions = " ".join(["-d $(execpath %s)" % definition for definition in definitions]),
        ),
        **kwargs
    )
