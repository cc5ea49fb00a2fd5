"""Rust programs with crates: fetched once by deploy/crates, compiled offline by Debian's cargo."""

load("@crates//:crates.bzl", "CARGO_HOME")

# One target directory for all crates, beside the fetched sources: a crate is compiled once for all programs that use it
# and not again when a program changes. Cargo's own fingerprints keep it right; the lock keeps two builds apart.
_TARGET_DIR = CARGO_HOME + "/davit-target"

def _use_linker(target, linker):
    variable = "CARGO_TARGET_%s_LINKER" % target.upper().replace("-", "_")
    return "export %s=$$PWD/$(execpath %s)" % (variable, linker)

def cargo_build(name, manifest, srcs, artifact, out, target = "", linker = None, finish = "cp $$artifact $@", visibility = None, **kwargs):
    """Builds a Rust package and makes one file of what comes out.

    Args:
      name: of the rule.
      manifest: its Cargo.toml, which is listed in WORKSPACE too so that its crates are fetched.
      srcs: its sources, below the manifest's directory.
      artifact: file name below cargo's release directory.
      out: the file to make.
      target: the Rust target; by default the machine that builds.
      linker: label of the program that links for that target, where rustc's choice will not do.
      finish: shell that makes $@ of $$artifact.
      visibility: of the rule.
      **kwargs: as of genrule.
    """
    native.genrule(
        name = name,
        srcs = [manifest] + srcs,
        outs = [out],
        tools = [linker] if linker else [],
        cmd = """
set -euo pipefail
export CARGO_HOME={home} HOME={home} CARGO_TERM_COLOR=never
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld
{linker}
build=$$(mktemp -d)
trap 'rm -rf "$$build"' EXIT
cp --parents --dereference $(SRCS) "$$build"
mkdir -p {target_dir}
exec 9>{target_dir}/lock
flock 9
( cd "$$build/$$(dirname $(execpath {manifest}))" &&
  cargo build --offline --quiet --release --jobs 1 --target-dir {target_dir} {target} )
artifact={target_dir}/{directory}release/{artifact}
{finish}
""".format(
            home = CARGO_HOME,
            target_dir = _TARGET_DIR,
            manifest = manifest,
            linker = _use_linker(target, linker) if linker else "",
            target = "--target " + target if target else "",
            directory = target + "/" if target else "",
            artifact = artifact,
            finish = finish,
        ),
        message = "Compiling Rust",
        visibility = visibility,
        **kwargs
    )
