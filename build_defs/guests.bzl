"""Components from Rust and C sources, without WASI."""

load("//build_defs:cargo.bzl", "cargo_build")

_WASM_TOOLS = "/usr/bin/wasm-tools"
_WASM32 = "wasm32-unknown-unknown"

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
