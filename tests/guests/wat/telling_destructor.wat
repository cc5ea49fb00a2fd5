;; A resource whose destructor passes 1,000 bytes to another component.
(component
  (component $log
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func (export "log") (param i32 i32)))
    (core instance $i (instantiate $m))
    (func (export "log") (param "bytes" (list u8))
      (canon lift (core func $i "log") (memory $i "memory") (realloc (func $i "realloc")))))
  (component $things
    (import "log" (func $log (param "bytes" (list u8))))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $log' (canon lower (func $log) (memory $memory "memory")))
    (core module $destructor
      (import "" "log" (func $log (param i32 i32)))
      (func (export "destroy") (param i32) (call $log (i32.const 0) (i32.const 1000))))
    (core instance $d (instantiate $destructor (with "" (instance (export "log" (func $log'))))))
    (type $thing' (resource (rep i32) (dtor (func $d "destroy"))))
    (export $thing "thing" (type $thing'))
    (core func $new (canon resource.new $thing'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "memory" (memory 1))
      (func (export "make") (result i32) (call $new (i32.const 7)))
      (func (export "bytes") (param $count i32) (result i32)
        (i32.store (i32.const 16) (i32.const 64))
        (i32.store (i32.const 20) (local.get $count))
        (i32.const 16)))
    (core instance $i (instantiate $m
      (with "" (instance (export "new" (func $new)) (export "memory" (memory $memory "memory"))))))
    (func (export "make") (result (own $thing)) (canon lift (core func $i "make")))
    (func (export "bytes") (param "count" u32) (result (list u8))
      (canon lift (core func $i "bytes") (memory $memory "memory"))))
  (instance $l (instantiate $log))
  (instance $t (instantiate $things (with "log" (func $l "log"))))
  (export "things" (instance $t)))
