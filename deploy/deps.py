"""Checks that each C++ target depends on exactly what its sources include.

    python3 deploy/deps.py [FOLDER...]          tells what is missing or unused; exits with 1 where there is any
    python3 deploy/deps.py --fix [FOLDER...]    rewrites the lists of dependencies, and tells what is left

Headers of the project belong to the target that has them in its `hdrs`, or to the sources of the same package; those of
libraries are listed below. What a program needs without including it is marked `# links` on its line.
"""

import os
import re
import subprocess
import sys

# The rules of build_defs/davit.bzl that have sources, and those that generate headers.
_RULES = ("davit_cc_library", "davit_cc_binary", "davit_cc_test", "davit_cc_fuzz_test")
_PROTOS = {"davit_cc_proto": (".pb.h", ".grpc.pb.h"), "davit_internal_proto": (".pb.h",)}
_BINDINGS = "davit_host_bindings"

# Beginnings of the names of libraries' headers; the longest counts.
_LIBRARIES = {
    "absl/": "@abseil//:absl",
    "absl/status/status_matchers.h": "@abseil//:status_matchers",
    "ares": "@cares//:cares",
    "benchmark/": "@benchmark//:benchmark",
    "boost/": "@boost//:asio",
    "CLI/": "@cli11//:cli11",
    "gmock/": "@googletest//:gtest",
    "google/protobuf/": "@protobuf//:protobuf",
    "grpc/": "@grpc//:grpc++",
    "grpcpp/": "@grpc//:grpc++",
    "gtest/": "@googletest//:gtest",
    "libplatform/": "@v8//:v8",
    "openssl/": "@openssl//:crypto",
    "simdutf.h": "@simdutf//:simdutf",
    "v8": "@v8//:v8",
}
# A library that has a main function stands for the one without.
_WITH_MAIN = {"@googletest//:gtest_main": "@googletest//:gtest", "@benchmark//:benchmark_main": "@benchmark//:benchmark"}


def _bindings_header(interface):
    """"io_poll.h" for wasi:io/poll, as build_defs/host_bindings.bzl has it."""
    return re.sub("[/-]", "_", interface.split(":")[-1].split("@")[0]) + ".h"


class Target:
    def __init__(self, package, rule, name, attributes):
        self.package, self.rule, self.name = package, rule, name
        self.deps = list(attributes.get("deps", []))
        self.hdrs = list(attributes.get("hdrs", []))
        self.srcs = list(attributes.get("srcs", [])) + ([attributes["src"]] if "src" in attributes else [])
        if rule == _BINDINGS:
            self.hdrs = [_bindings_header(interface) for interface in attributes["interfaces"]]
        self.testonly = attributes.get("testonly", False) or "test" in rule

    @property
    def label(self):
        return "//%s:%s" % (self.package, self.name)


def _targets(package, path):
    """The C++ targets of a BUILD file, which is read as the Python that it nearly is."""
    found = []

    def rule(kind):
        def declare(name, **attributes):
            found.append(Target(package, kind, name, attributes))

        return declare

    class Ignore(dict):
        def __missing__(self, key):
            if key in _RULES or key in _PROTOS or key == _BINDINGS:
                return rule(key)
            if key in ("True", "False", "None") or hasattr(__builtins__, key):
                raise KeyError(key)
            return lambda *args, **kwargs: []

    exec(compile(open(path).read(), path, "exec"), Ignore())
    return found


def _full(label, package):
    if label.startswith(":"):
        return "//%s%s" % (package, label)
    if label.startswith("@") and "//" not in label:
        return "%s//:%s" % (label, label[1:])
    return label if ":" in label else "%s:%s" % (label, label.rsplit("/", 1)[-1])


def _short(label, package):
    if label.startswith("//%s:" % package):
        return label[len("//" + package) :]
    head, name = label.rsplit(":", 1)
    if head == "@%s//" % name:
        return "@" + name
    return head if head.rsplit("/", 1)[-1] == name else label


def _owners(targets):
    """By header: the targets that offer it."""
    owners = {}
    for target in targets:
        for header in target.hdrs:
            owners.setdefault("%s/%s" % (target.package, header), []).append(target)
        for ending in _PROTOS.get(target.rule, ()):
            for source in target.srcs:
                path = "%s/%s" % (target.package, source.replace(".proto", ending))
                for known in (path, path.removeprefix("proto/")):
                    owners.setdefault(known, []).append(target)
    return owners


def _library(header):
    best = max((p for p in _LIBRARIES if header.startswith(p)), key=len, default=None)
    return _LIBRARIES[best] if best else None


def _includes(target):
    for name in target.srcs + target.hdrs:
        path = os.path.join(target.package, name)
        if name.endswith((".h", ".cc")) and os.path.exists(path):
            yield from re.findall(r'^#include [<"]([^>"]+)[>"]', open(path).read(), re.M)


def _is_plain(target):
    """Whether all that it is made of is in the tree."""
    files = target.srcs + target.hdrs
    return bool(files) and all(os.path.exists(os.path.join(target.package, name)) for name in files)


def _needed(target, owners):
    own = {"%s/%s" % (target.package, name) for name in target.srcs + target.hdrs}
    needed, unknown = set(), []
    for header in _includes(target):
        offers = owners.get(header, [])
        if header in own or any(offer is target for offer in offers):
            continue
        if offers:
            kept = {_full(dep, target.package) for dep in target.deps}
            needed.add(next((o.label for o in offers if o.label in kept), offers[0].label))
        elif library := _library(header):
            needed.add(library)
        elif "/" in header and os.path.exists(header):
            unknown.append(header)
    return needed, unknown


def _links(path):
    return set(re.findall(r'"([^"]+)",\s*# links', open(path).read()))


def _wanted(target, needed, links):
    """The dependencies that the target should have."""
    declared = {_full(dep, target.package) for dep in target.deps}
    wanted = set(needed)
    for with_main, plain in _WITH_MAIN.items():
        if with_main in declared:
            wanted = (wanted - {plain}) | {with_main}
    return wanted | {dep for dep in declared if _short(dep, target.package) in links or dep in links}


def _order(label):
    return (0 if label.startswith(":") else 1 if label.startswith("//") else 2, label.replace(":", "!"))


def _block(text, target):
    """Where the target is declared; None for one of many that are made by a loop, which share their dependencies."""
    return re.search(r'^%s\(\n    name = "%s",\n.*?^\)\n' % (target.rule, target.name), text, re.M | re.S)


def _rewrite(path, target, wanted, links):
    text = open(path).read()
    block = _block(text, target)
    if not block or "select(" in block.group(0):
        return False
    labels = sorted((_short(label, target.package) for label in wanted), key=_order)
    lines = ['        "%s",%s\n' % (label, "  # links" if label in links else "") for label in labels]
    deps = "    deps = [\n%s    ],\n" % "".join(lines)
    if len(labels) == 1 and labels[0] not in links:
        deps = '    deps = ["%s"],\n' % labels[0]
    if not labels:
        deps = ""
    old = block.group(0)
    new, count = re.subn(r"    deps = \[.*?\],\n", lambda _: deps, old, flags=re.S)
    if not count:
        new = old[: -len(")\n")] + deps + ")\n"
    open(path, "w").write(text.replace(old, new))
    return True


def main():
    fix = "--fix" in sys.argv
    folders = tuple(sys.argv[2 if fix else 1 :])
    files = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard", "BUILD", "*/BUILD"], text=True)
    packages = {os.path.dirname(path): path for path in files.split() if os.path.exists(path)}
    targets = [t for package, path in packages.items() for t in _targets(package, path)]
    owners = _owners(targets)
    wrong = 0
    for target in targets:
        if target.rule not in _RULES or not _is_plain(target) or not target.package.startswith(folders or ("",)):
            continue
        path = packages[target.package]
        links = _links(path)
        needed, unknown = _needed(target, owners)
        wanted = _wanted(target, needed, links)
        declared = {_full(dep, target.package) for dep in target.deps}
        if not _block(open(path).read(), target):
            wanted |= declared
        for header in unknown:
            print("%s: nobody offers %s" % (target.label, header))
            wrong += 1
        if wanted != declared:
            if fix and _rewrite(path, target, wanted, links):
                continue
            wrong += 1
            for label in sorted(wanted - declared):
                print("%s: includes what %s has" % (target.label, label))
            for label in sorted(declared - wanted):
                print("%s: does not use %s" % (target.label, label))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
