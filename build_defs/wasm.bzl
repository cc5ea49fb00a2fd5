"""Core modules and components from the WebAssembly text format, by wasm-tools."""

_WASM_TOOLS = "/usr/bin/wasm-tools"

def davit_wat(name, src, out = None, **kwargs):
    """NAME.wasm (or `out`): a core module or component from its text."""
    native.genrule(
        name = name,
        srcs = [src],
        outs = [out or name + ".wasm"],
        cmd = _WASM_TOOLS + " parse $< -o $@",
        **kwargs
    )

def davit_wat_component(name, src, wit, world, wit_deps = [], **kwargs):
    """NAME.wasm: a component of a core module in text form that implements a world.

    Args:
      name: of the component.
      src: the core module, a .wat file whose exports have the names that the Canonical ABI gives them.
      wit: the .wit file.
      world: a world of that file.
      wit_deps: .wit files of the packages that it uses.
      **kwargs: as of genrule.
    """
    native.genrule(
        name = name,
        srcs = [src, wit] + wit_deps,
        outs = [name + ".wasm"],
        cmd = """
set -euo pipefail
work=$$(mktemp -d)
trap 'rm -rf "$$work"' EXIT
mkdir "$$work/deps"
cp $(execpath {wit}) "$$work"
for dep in {wit_deps}; do cp "$$dep" "$$work/deps"; done
{tools} component embed "$$work" --world {world} $(execpath {src}) -o "$$work/core.wasm"
{tools} component new "$$work/core.wasm" -o $@
""".format(
            tools = _WASM_TOOLS,
            wit = wit,
            wit_deps = " ".join(["$(execpath %s)" % dep for dep in wit_deps]),
            world = world,
            src = src,
        ),
        **kwargs
    )
