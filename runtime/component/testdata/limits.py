"""Components at the limits of what a tree may unfold to: prints the text of the one that the arguments name."""

import sys


def doubling(levels):
    """A tree that doubles at every level."""
    lines = ["(component", "  (component $level0)"]
    for level in range(1, levels + 1):
        lines += [
            f"  (component $level{level}",
            f"    (alias outer 1 $level{level - 1} (component $inner))",
            "    (instance (instantiate $inner))",
            "    (instance (instantiate $inner)))",
        ]
    lines.append(f"  (instance (instantiate $level{levels})))")
    return "\n".join(lines)


def instances(component, count):
    """Instantiates the component of this text so many times."""
    return "\n".join(["(component", component, *["  (instance (instantiate $part))"] * count, ")"])


def core_imports(count):
    """Core modules of 1,000 imports."""
    funcs = range(1000)
    return instances("\n".join([
        "(component $part",
        '  (core module $m (func (export "f")))',
        "  (core instance $i (instantiate $m))",
        '  (alias core export $i "f" (core func $f))',
        "  (core instance $all",
        *(f'    (export "f{i}" (func $f))' for i in funcs),
        "  )",
        "  (core module $n",
        *(f'    (import "all" "f{i}" (func))' for i in funcs),
        "  )",
        '  (core instance (instantiate $n (with "all" (instance $all)))))',
    ]), count)


def large_record():
    return "(record " + " ".join(f'(field "f{i}" u8)' for i in range(10000)) + ")"


def large_types(count):
    """Types of 10,000 fields."""
    return instances(f"(component $part (type {large_record()}))", count)


def large_imports(count):
    """Imports instances that have such a type."""
    return "\n".join([
        "(component",
        f"  (type $i (instance (type {large_record()})))",
        *(f'  (import "i{i}" (instance (type $i)))' for i in range(count)),
        ")",
    ])


def elements(count):
    """A core module of 1,000,000 elements, instantiated so many times."""
    return "\n".join([
        "(component",
        "  (core module $m",
        "    (func $f)",
        "    (table 1 funcref)",
        f"    (elem func {'$f ' * 1000000}))",
        *["  (core instance (instantiate $m))"] * count,
        ")",
    ])


def long_names(funcs):
    """An instance of so many functions exported under ten names of 60,000 bytes."""
    lines = [
        "(component",
        '  (core module $m (func (export "f")))',
        "  (core instance $i (instantiate $m))",
        '  (func $f (canon lift (core func $i "f")))',
        "  (instance $funcs",
        *(f'    (export "f{i}" (func $f))' for i in range(funcs)),
        "  )",
        *(f'  (export "{"a" * 59999}{i}" (instance $funcs))' for i in range(10)),
        ")",
    ]
    return "\n".join(lines)


MODULES = 199


def modules(exports):
    """Exports a core module of so many exports again and again."""
    lines = [
        "(component",
        "  (core module $m (func $f)",
        *(f'    (export "e{i}" (func $f))' for i in range(exports)),
        "  )",
        *(f'  (export "m{i}" (core module $m))' for i in range(MODULES)),
        ")",
    ]
    return "\n".join(lines)


def module_imports(exports):
    """Imports what modules() exports five times over, as instances, by `exports` of each module."""
    lines = [
        "(component",
        "  (core type $wanted (module",
        *(f'    (export "e{i}" (func))' for i in range(exports)),
        "  ))",
        "  (type $modules (instance",
        "    (alias outer 1 $wanted (core type $wanted))",
        *(f'    (export "m{i}" (core module (type $wanted)))' for i in range(MODULES)),
        "  ))",
        *(f'  (import "{name}" (instance (type $modules)))' for name in "abcde"),
        ")",
    ]
    return "\n".join(lines)


print(globals()[sys.argv[1]](int(sys.argv[2])))
