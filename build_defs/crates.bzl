"""The crates of the project's Rust programs, as a repository: `@crates//:crates.bzl` says where they are."""

def _crates_impl(ctx):
    home = ctx.os.environ.get("CARGO_HOME") or ctx.os.environ["HOME"] + "/.cargo"
    manifests = [ctx.path(manifest) for manifest in ctx.attr.manifests]
    result = ctx.execute([ctx.path(ctx.attr._fetch)] + manifests, quiet = False, timeout = 1800)
    if result.return_code != 0:
        fail("the crates could not be fetched: " + result.stderr)
    ctx.file("BUILD", "")
    ctx.file("crates.bzl", "CARGO_HOME = %r\n" % home)

crates = repository_rule(
    implementation = _crates_impl,
    doc = "Fetches what the manifests pin (deploy/crates) when one of them changed.",
    environ = ["CARGO_HOME"],
    attrs = {
        "manifests": attr.label_list(doc = "the Cargo.toml of every program"),
        "_fetch": attr.label(default = "//deploy:crates"),
    },
)
