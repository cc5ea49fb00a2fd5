"""C++ code and descriptor sets from the schemas below //proto, by Debian's protoc."""

load("@rules_cc//cc:defs.bzl", "cc_library")

# Import paths in schemas begin here, as do the paths of generated code.
_ROOT = "proto"

def _protoc(name, srcs, inputs, outs, options):
    native.genrule(
        name = name,
        srcs = inputs,
        outs = outs,
        cmd = " ".join(
            ["/usr/bin/protoc", "--proto_path=" + _ROOT, "--proto_path=/usr/include"] + options +
            ["$(locations %s)" % src for src in srcs],
        ),
    )

def _schemas(name, srcs, deps):
    """Declares NAME_schemas: the schemas and everything that they import."""
    native.filegroup(
        name = name + "_schemas",
        srcs = srcs + [dep + "_schemas" for dep in deps],
        visibility = ["//visibility:public"],
    )
    return [":" + name + "_schemas"]

def davit_cc_proto(name, srcs, deps = [], grpc = False, visibility = ["//visibility:public"]):
    """A C++ library of generated messages and, with `grpc`, services.

    A schema proto/a/b.proto becomes "proto/a/b.pb.h" and "proto/a/b.grpc.pb.h".

    Args:
      name: of the library.
      srcs: schemas of this package.
      deps: other davit_cc_proto whose schemas are imported, by full label.
      grpc: whether to generate service classes as well.
      visibility: of the library.
    """
    inputs = srcs + _schemas(name, srcs, deps)
    suffixes = [".pb"] + ([".grpc.pb"] if grpc else [])
    stems = [src[:-len(".proto")] for src in srcs]
    options = ["--cpp_out=$(GENDIR)/" + _ROOT]
    if grpc:
        options += [
            "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin",
            "--grpc_out=$(GENDIR)/" + _ROOT,
        ]
    sources = [stem + suffix + ".cc" for stem in stems for suffix in suffixes]
    headers = [stem + suffix + ".h" for stem in stems for suffix in suffixes]
    _protoc(name + "_generated", srcs, inputs, sources + headers, options)
    cc_library(
        name = name,
        srcs = sources,
        hdrs = headers,
        copts = ["-std=c++23", "-w"],
        linkstatic = True,
        strip_include_prefix = "/" + _ROOT,  # Generated code includes itself by import path.
        visibility = visibility,
        deps = deps + ["@protobuf"] + (["@grpc//:grpc++"] if grpc else []),
    )

def davit_descriptor_set(name, srcs, deps = [], visibility = ["//visibility:public"]):
    """NAME.binpb: a google.protobuf.FileDescriptorSet of the schemas with their imports and comments."""
    _protoc(
        name,
        srcs,
        srcs + [dep + "_schemas" for dep in deps],
        [name + ".binpb"],
        ["--include_imports", "--include_source_info", "--descriptor_set_out=$@"],
    )

def davit_internal_proto(name, src, visibility = None):
    """A C++ library of the messages of one schema beside the code that uses it; its import path is its label's."""
    stem = src[:-len(".proto")]
    native.genrule(
        name = stem + "_generated",
        srcs = [src],
        outs = [stem + ".pb.cc", stem + ".pb.h"],
        cmd = "/usr/bin/protoc --proto_path=. --proto_path=/usr/include --cpp_out=$(GENDIR) $<",
    )
    cc_library(
        name = name,
        srcs = [stem + ".pb.cc"],
        hdrs = [stem + ".pb.h"],
        copts = ["-std=c++23", "-w"],
        linkstatic = True,
        visibility = visibility,
        deps = ["@protobuf"],
    )
