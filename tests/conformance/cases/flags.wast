;; Flags: one byte to 8 labels, two to 16, four to 32; the first label is the least significant bit.
(component
  (type $f1' (flags "a"))
  (type $f9' (flags "f0" "f1" "f2" "f3" "f4" "f5" "f6" "f7" "f8"))
  (type $f17' (flags "f0" "f1" "f2" "f3" "f4" "f5" "f6" "f7" "f8" "f9" "f10" "f11" "f12" "f13" "f14" "f15" "f16"))
  (type $f32' (flags
    "f0" "f1" "f2" "f3" "f4" "f5" "f6" "f7" "f8" "f9" "f10" "f11" "f12" "f13" "f14" "f15"
    "f16" "f17" "f18" "f19" "f20" "f21" "f22" "f23" "f24" "f25" "f26" "f27" "f28" "f29" "f30" "f31"))
  (export $f1 "t1" (type $f1'))
  (export $f9 "t9" (type $f9'))
  (export $f17 "t17" (type $f17'))
  (export $f32 "t32" (type $f32'))
  (core module $m
    (memory (export "memory") 1)
    (global $next_free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $pointer i32)
      (local.set $pointer
        (i32.and
          (i32.add (global.get $next_free) (i32.sub (local.get 2) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get 2))))
      (global.set $next_free (i32.add (local.get $pointer) (local.get 3)))
      (local.get $pointer))
    (func (export "same") (param i32) (result i32) (local.get 0))
    (func (export "load8") (param i32 i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "load16") (param i32 i32) (result i32) (i32.load16_u (local.get 0)))
    (func (export "load32") (param i32 i32) (result i32) (i32.load (local.get 0)))
    (func (export "all") (result i32) (i32.const -1)))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (func (export "bits1") (param "f" $f1) (result u32) (canon lift (core func $i "same")))
  (func (export "bits9") (param "f" $f9) (result u32) (canon lift (core func $i "same")))
  (func (export "bits17") (param "f" $f17) (result u32) (canon lift (core func $i "same")))
  (func (export "bits32") (param "f" $f32) (result u32) (canon lift (core func $i "same")))
  (func (export "stored1") (param "f" (list $f1)) (result u32)
    (canon lift (core func $i "load8") (memory $memory) (realloc $realloc)))
  (func (export "stored9") (param "f" (list $f9)) (result u32)
    (canon lift (core func $i "load16") (memory $memory) (realloc $realloc)))
  (func (export "stored17") (param "f" (list $f17)) (result u32)
    (canon lift (core func $i "load32") (memory $memory) (realloc $realloc)))
  (func (export "stored32") (param "f" (list $f32)) (result u32)
    (canon lift (core func $i "load32") (memory $memory) (realloc $realloc)))
  (func (export "all1") (result $f1) (canon lift (core func $i "all")))
  (func (export "all9") (result $f9) (canon lift (core func $i "all"))))
(assert_return (invoke "bits1" (flags.const)) (u32.const 0))
(assert_return (invoke "bits1" (flags.const "a")) (u32.const 1))
(assert_return (invoke "bits9" (flags.const "f0" "f8")) (u32.const 0x101))
(assert_return (invoke "bits17" (flags.const "f1" "f16")) (u32.const 0x10002))
(assert_return (invoke "bits32" (flags.const "f31" "f0")) (u32.const 0x80000001))
(assert_return (invoke "stored1" (list.const (flags.const "a"))) (u32.const 1))
(assert_return (invoke "stored9" (list.const (flags.const "f0" "f8"))) (u32.const 0x101))
(assert_return (invoke "stored17" (list.const (flags.const "f1" "f16"))) (u32.const 0x10002))
(assert_return (invoke "stored32" (list.const (flags.const "f31" "f0"))) (u32.const 0x80000001))
;; Bits without a label are ignored.
(assert_return (invoke "all1") (flags.const "a"))
(assert_return (invoke "all9") (flags.const "f0" "f1" "f2" "f3" "f4" "f5" "f6" "f7" "f8"))

(assert_invalid
  (component
    (type (flags
      "f0" "f1" "f2" "f3" "f4" "f5" "f6" "f7" "f8" "f9" "f10" "f11" "f12" "f13" "f14" "f15"
      "f16" "f17" "f18" "f19" "f20" "f21" "f22" "f23" "f24" "f25" "f26" "f27" "f28" "f29" "f30" "f31"
      "f32")))
  "cannot have more than 32 flags")
(assert_invalid (component (type (flags "a" "a"))) "conflicts")
