"""Writes cases for the limits of components and core modules that take much text to reach.

    limits.py OUTPUT.wast

Each limit has a component that reaches it and one that goes one past it. Where a text would be too long, or nest deeper
than the text format allows, the binary is written.
"""

import sys

COMPONENT = b"\0asm\x0d\0\x01\0"
MODULE = b"\0asm\x01\0\0\0"
TOO_MANY = "exceeds the limit"


def valid(*fields):
    return "(component definition %s)" % "\n".join(fields)


def invalid(*fields):
    return '(assert_invalid (component %s) "%s")' % ("\n".join(fields), TOO_MANY)


def unlinkable(*fields):
    return '(assert_unlinkable (component %s) "%s")' % ("\n".join(fields), TOO_MANY)


def valid_core(*fields):
    return valid("(core module %s)" % "\n".join(fields))


def invalid_core(*fields):
    return invalid("(core module %s)" % "\n".join(fields))


def at_and_past(limit, fields, good=valid, bad=invalid):
    """`fields` of a component, or of a core module, as a function of a number that may be `limit` at most."""
    return [good(fields(limit)), bad(fields(limit + 1))]


def core_at_and_past(limit, fields):
    return at_and_past(limit, fields, valid_core, invalid_core)


def compiled_at_and_past(limit, fields):
    """As core_at_and_past, of a limit of davit's own: what goes past it is valid, and refused when it is compiled."""
    def instance(n):
        return "(core module $m %s) (core instance (instantiate $m))" % fields(n)

    return at_and_past(limit, instance, valid, unlinkable)


def numbered(pattern, count):
    return "\n".join(pattern.replace("#", str(i)) for i in range(count))


# ---- Binaries ----


def leb(value):
    parts = []
    while value >= 128:
        parts.append(value % 128 + 128)
        value //= 128
    return bytes(parts + [value])


def section(number, contents):
    return bytes([number]) + leb(len(contents)) + contents


def quoted(data):
    """`data` as a string of the text format."""
    plain = {byte: chr(byte) for byte in range(0x20, 0x7F) if chr(byte) not in '"\\'}
    return '"%s"' % "".join(plain.get(byte) or "\\%02x" % byte for byte in data)


def binary_at_and_past(limit, contents, bad=invalid):
    """As at_and_past, of a component's sections."""
    return at_and_past(limit, lambda n: "binary " + quoted(COMPONENT + contents(n)), valid, bad)


# ---- Components ----


def types(count):
    return section(7, leb(count) + b"}" * count)  # u8


def instance_type(declarators):
    return section(7, leb(1) + b"\x42" + leb(declarators) + b"\x01}" * declarators)


def nested_components(depth):
    contents = b""
    for _ in range(depth):
        contents = section(4, COMPONENT + contents)
    return contents


def list_chain(depth):
    """Types of which the last one is `depth` deep."""
    return "(type $t1 u8)" + "\n".join("(type $t%d (list $t%d))" % (i, i - 1) for i in range(2, depth + 1))


def doubled(levels):
    """A type of 2^(levels + 1) - 1 parts."""
    return "(type $t0 u8)" + "\n".join("(type $t%d (tuple $t%d $t%d))" % (i + 1, i, i) for i in range(levels))


def core_instantiation(count):
    """An instantiation with `count` arguments; what is not imported may be given, too."""
    arguments = numbered('(with "n#" (instance $e))', count)
    return "(core module $m) (core instance $e) (core instance (instantiate $m %s))" % arguments


def inline_exports(count):
    return "(component $c) (instance %s)" % numbered('(export "n#" (component $c))', count)


def component_limits():
    yield "A million types; or one type and its declarators, for davit counts all definitions together."
    yield from binary_at_and_past(1_000_000, types)
    yield from binary_at_and_past(999_999, instance_type)
    yield "Value types 100 deep, and less than a million parts of one."
    yield from at_and_past(100, list_chain)
    yield from at_and_past(18, doubled)
    yield "10,000 fields, cases, labels and members."
    yield from at_and_past(10_000, lambda n: "(type (record %s))" % numbered('(field "f#" u8)', n))
    yield from at_and_past(10_000, lambda n: "(type (variant %s))" % numbered('(case "c#" u8)', n))
    yield from at_and_past(10_000, lambda n: "(type (enum %s))" % numbered('"e#"', n))
    yield from at_and_past(10_000, lambda n: "(type (tuple %s))" % ("u8 " * n))
    yield "Lists of a fixed length: all that the size of a value leaves of 2^30."
    yield from at_and_past((1 << 28) - 1, lambda n: "(type (list bool %d))" % n)
    yield "1,000 parameters."
    yield from at_and_past(1_000, lambda n: "(type (func %s))" % numbered('(param "p#" u8)', n))
    yield "1,000 modules, 1,000 components, 1,000 instances and as many core instances."
    yield from at_and_past(1_000, lambda n: "(core module) " * n)
    yield from at_and_past(1_000, lambda n: "(component) " * n)
    yield from at_and_past(1_000, lambda n: "(component $c) " + "(instance (instantiate $c)) " * n)
    yield from at_and_past(
        1_000, lambda n: "(core module $m) (core instance) " + "(core instance (instantiate $m)) " * (n - 1)
    )
    yield "Names of 100,000 bytes."
    yield from at_and_past(100_000, lambda n: '(import "%s" (func))' % ("a" * n))
    yield from at_and_past(100_000, lambda n: '(import "f" (func $f)) (export "%s" (func $f))' % ("a" * n))
    yield from at_and_past(100_000, lambda n: '(type (record (field "%s" u8)))' % ("a" * n))
    yield "100,000 arguments and inline exports."
    yield from at_and_past(100_000, core_instantiation)
    yield from at_and_past(100_000, inline_exports)
    yield "Components 100 deep."
    yield from binary_at_and_past(100, nested_components)


def instances(count):
    """A tree of `count` component instances: the root, and groups of 100 that each hold 99 others, and what is left."""
    groups, rest = divmod(count - 1, 100)
    return """(component $leaf)
(component $group (alias outer 1 $leaf (component $leaf)) %s)
%s
%s""" % (
        "(instance (instantiate $leaf))" * 99,
        "(instance (instantiate $group))" * groups,
        "(instance (instantiate $leaf))" * rest,
    )


def core_instances(count):
    """`count` core instances, in groups of 100."""
    groups, rest = divmod(count, 100)
    return """(component $group (core module $m) %s)
(core module $m)
%s
%s""" % (
        "(core instance (instantiate $m))" * 100,
        "(instance (instantiate $group))" * groups,
        "(core instance (instantiate $m))" * rest,
    )


# ---- Core modules ----


def body_of(size):
    """An instance of a module with a function of `size` bytes: a number, tested for zero again and again."""
    body = b"\0\x41\0" + b"E" * (size - 5) + b"\x1a\x0b"
    function = section(1, b"\x01\x60\0\0") + section(3, b"\x01\0")
    module = section(1, MODULE + function + section(10, b"\x01" + leb(len(body)) + body))
    return module + section(2, b"\x01\0\0\0")


def function_values(count):
    """A function that asks the compilers for `count` values: its locals, as it begins and at each branch, 128 for the
    branch and 2 for its condition, as for every instruction that only names something; operands at the last branch."""
    branches = 160
    locals_count, rest = divmod(count - 2 - branches * 130, branches + 1)
    if rest in (1, 3):
        locals_count, rest = locals_count - 1, rest + branches + 1
    operands, nops = rest % 2, (rest - 5 * (rest % 2)) // 2
    return "(func (local %s) %s %s (br_if 0 (local.get 0)) %s %s)" % (
        "i32 " * locals_count,
        "(br_if 0 (local.get 0))" * (branches - 1),
        "(i32.const 0)" * operands,
        "drop " * operands,
        "nop " * nops,
    )


def importing(count):
    return """(core module $one (func (export "f")))
(core instance $one (instantiate $one))
(core module $m %s)
(core instance (instantiate $m (with "" (instance %s))))""" % (
        numbered('(import "" "#" (func))', count),
        numbered('(export "#" (func $one "f"))', count),
    )


def subtypes(depth):
    return "(type $t0 (sub (struct)))" + "\n".join(
        "(type $t%d (sub $t%d (struct)))" % (i + 1, i) for i in range(depth)
    )


def core_limits():
    yield "50,000 locals."
    yield from core_at_and_past(50_000, lambda n: "(func (local %s))" % ("i32 " * n))
    yield "1,000 parameters and 1,000 results."
    yield from core_at_and_past(1_000, lambda n: "(type (func (param %s)))" % ("i32 " * n))
    yield from core_at_and_past(1_000, lambda n: "(type (func (result %s)))" % ("i32 " * n))
    yield "100 tables and 100 memories."
    yield from core_at_and_past(100, lambda n: "(table 1 funcref) " * n)
    yield from core_at_and_past(100, lambda n: "(memory 0) " * n)
    yield "100,000 segments of data, and of elements."
    yield from core_at_and_past(100_000, lambda n: "(data) " * n)
    yield from core_at_and_past(100_000, lambda n: "(elem func) " * n)
    yield "Subtypes 63 deep, and 10,000 fields."
    yield from core_at_and_past(63, subtypes)
    yield from core_at_and_past(10_000, lambda n: "(type (struct (field %s)))" % ("i32 " * n))
    yield "Names of 100,000 bytes."
    yield from core_at_and_past(100_000, lambda n: '(import "%s" "" (func))' % ("a" * n))
    yield from core_at_and_past(100_000, lambda n: '(import "" "%s" (func))' % ("a" * n))
    yield from core_at_and_past(100_000, lambda n: '(func (export "%s"))' % ("a" * n))


def compiler_limits():
    yield "A function body of 1 MiB."
    yield from binary_at_and_past(1 << 20, body_of, unlinkable)
    yield "5 million values that a function asks the compilers for."
    yield from compiled_at_and_past(5_000_000, function_values)
    yield "A million elements in all tables of a module."
    yield from core_at_and_past(1_000_000, lambda n: "(table %d funcref)" % n)
    yield from compiled_at_and_past(1_000_000, lambda n: "(table 500000 funcref) (table %d funcref)" % (n - 500_000))
    yield "50,000 imports and 50,000 exports."
    yield from at_and_past(50_000, importing, valid, unlinkable)
    yield from compiled_at_and_past(50_000, lambda n: "(func $f)" + numbered('(export "#" (func $f))', n))
    yield "10,000 component instances and 10,000 core instances in the whole tree, the root included."
    yield from at_and_past(10_000, instances, valid, unlinkable)
    yield from at_and_past(10_000, core_instances, valid, unlinkable)


# ---- Values ----


def with_enum(cases):
    """Functions that return the case of a number: as a core value, and from memory in lists of one and two."""
    labels = numbered('"c#"', cases)
    return """(component definition $Enum
  (core module $m
    (memory (export "memory") 1)
    (func (export "flat") (param i32) (result i32) (local.get 0))
    (func (export "stored") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0))
      (i32.store (i32.const 0) (i32.const 16))
      (i32.store (i32.const 4) (local.get 1))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (type $enum' (enum %s))
  (export $enum "enum" (type $enum'))
  (func (export "flat") (param "n" u32) (result $enum) (canon lift (core func $i "flat")))
  (func (export "stored") (param "bits" u32) (param "length" u32) (result (list $enum))
    (canon lift (core func $i "stored") (memory (core memory $i "memory")))))
(component instance $i $Enum)""" % labels


def flat(number):
    return '(invoke "flat" (u32.const %d))' % number


def stored(*numbers, size):
    bits = sum(number << (8 * size * i) for i, number in enumerate(numbers))
    return '(invoke "stored" (u32.const %d) (u32.const %d))' % (bits, len(numbers))


def returns(call, result):
    return "(assert_return %s %s)" % (call, result)


def traps(call):
    return '(assert_trap %s "invalid variant discriminant")\n(component instance $i $Enum)' % call


def case(number):
    return '(enum.const "c%d")' % number


def cases_of(*numbers):
    return "(list.const %s)" % " ".join(map(case, numbers))


def discriminants():
    yield "255 and 256 cases have a discriminant of one byte in memory, 257 and more have one of two bytes."
    for count, size in (255, 1), (256, 1), (257, 2), (10_000, 2):
        last = count - 1
        yield with_enum(count)
        yield returns(flat(last), case(last))
        yield traps(flat(count))
        yield traps(flat(0xFFFFFFFF))
        yield returns(stored(1, last, size=size), cases_of(1, last))
        if count < 256**size:
            yield traps(stored(last, count, size=size))
            yield traps(stored(256**size - 1, size=size))


def main():
    sections = component_limits(), core_limits(), compiler_limits(), discriminants()
    with open(sys.argv[1], "w", encoding="utf-8") as output:
        output.write(";; Limits that take much text to reach. Written by limits.py.\n")
        for section_of_file in sections:
            for line in section_of_file:
                output.write(("%s\n" if line.startswith("(") else "\n;; %s\n") % line)


if __name__ == "__main__":
    main()
