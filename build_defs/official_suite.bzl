"""The official suite of the component model, which lies beside the project or is missing."""

def _official_suite_impl(ctx):
    suite = ctx.path(str(ctx.workspace_root) + "/" + ctx.attr.path)
    ctx.watch(suite)
    if suite.exists:
        ctx.watch_tree(suite)
        ctx.symlink(suite, "suite")
    ctx.file("BUILD", """filegroup(
    name = "scripts",
    srcs = glob(["suite/**/*.wast"], allow_empty = True),
    visibility = ["//visibility:public"],
)
""")

official_suite = repository_rule(
    implementation = _official_suite_impl,
    doc = "Has the suite's scripts in `:scripts`, which is empty for as long as there is no directory of that name.",
    local = True,
    attrs = {
        "path": attr.string(mandatory = True, doc = "the suite's directory, from the workspace"),
    },
)
