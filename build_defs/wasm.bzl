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

def davit_wat_component(name, src, wit, world, **kwargs):
    """NAME.wasm: a component of a core module in text form that implements a world.

    Args:
      name: of the component.
      src: the core module, a .wat file whose exports have the names that the Canonical ABI gives them.
      wit: the .wit file.
      world: a world of that file.
      **kwargs: as of genrule.
    """
    native.genrule(
        name = name,
        srcs = [src, wit],
        outs = [name + ".wasm"],
        cmd = " && ".join([
            "{tools} component embed $(location {wit}) --world {world} $(location {src}) -o $@.core",
            "{tools} component new $@.core -o $@",
            "rm $@.core",
        ]).format(tools = _WASM_TOOLS, wit = wit, world = world, src = src),
        **kwargs
    )
