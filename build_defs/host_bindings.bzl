"""C++ for hosts of WIT interfaces, made by //client/codegen."""

load("//build_defs:davit.bzl", "davit_cc_library")

_WASM_TOOLS = "/usr/bin/wasm-tools"
_TOOL = "//client/codegen:host_bindings_tool"

def _stem(interface):
    """The name of an interface's files: "io_poll" for wasi:io/poll."""
    return interface.split(":")[-1].split("@")[0].replace("/", "_").replace("-", "_")

def davit_host_bindings(name, component, root_namespace, interfaces, waiting = [], **kwargs):
    """A C++ library with a header for each interface: "PACKAGE/io_poll.h" for wasi:io/poll.

    Args:
      name: of the library.
      component: a component that imports the interfaces; what it does is of no account (davit_dummy_component).
      root_namespace: the C++ namespace around all: wasi:io/poll is io::poll in it.
      interfaces: those that are wanted, and all that they use types of.
      waiting: functions that may answer later, such as "wasi:io/poll#[method]pollable.block".
      **kwargs: as of cc_library.
    """
    stems = [_stem(interface) for interface in interfaces]
    sources = [stem + ".cc" for stem in stems]
    headers = [stem + ".h" for stem in stems]
    options = ["--interface '%s'" % interface for interface in interfaces]
    options += ["--waiting '%s'" % function for function in waiting]
    native.genrule(
        name = name + "_generated",
        # The tool is not among the `tools`, for which all that it is made of would be compiled once more.
        srcs = [component, _TOOL],
        outs = sources + headers,
        cmd = "$(execpath {tool}) $(execpath {component}) --out $(RULEDIR) --include-dir {package} --root {root} {options}".format(
            tool = _TOOL,
            component = component,
            package = native.package_name(),
            root = root_namespace,
            options = " ".join(options),
        ),
    )
    davit_cc_library(
        name = name,
        srcs = sources,
        hdrs = headers,
        # g++ 16 takes what a std::expected has not got for something that is used.
        copts = ["-Wno-maybe-uninitialized"],
        deps = [
            "//runtime/canon:host_state",
            "//runtime/canon/native",
            "//runtime/component:host_methods",
            "//runtime/component:host_reply",
            "//runtime/handles:handle_table",
            "@abseil//:absl",
        ],
        **kwargs
    )

def davit_dummy_component(name, wit, world, **kwargs):
    """NAME.wasm: a component that imports all of a world.

    Args:
      name: of the component.
      wit: the .wit file.
      world: a world of it.
      **kwargs: as of genrule.
    """
    native.genrule(
        name = name,
        srcs = [wit],
        outs = [name + ".wasm"],
        cmd = "{tools} component embed --dummy --world {world} $(execpath {wit}) -o $@.core && {tools} component new $@.core -o $@ && rm $@.core".format(
            tools = _WASM_TOOLS,
            world = world,
            wit = wit,
        ),
        **kwargs
    )
