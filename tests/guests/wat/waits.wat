;; Guests that wait for their host, at every depth: host functions that answer later.
(component
  (import "wait" (func $wait (param "n" u32) (result u32)))
  (import "echo" (func $echo (param "text" string) (result string)))

  ;; f(n) = what it imports, plus 1.
  (component $Through
    (import "wait" (func $wait (param "n" u32) (result u32)))
    (core func $wait' (canon lower (func $wait)))
    (core module $M
      (import "" "wait" (func $wait (param i32) (result i32)))
      (func $through (export "f") (param i32) (result i32)
        (i32.add (call $wait (local.get 0)) (i32.const 1)))
      (func (export "trap") (param i32) (result i32) (drop (call $wait (local.get 0))) unreachable)
      (func (export "spin") (param i32) (result i32)
        (drop (call $wait (local.get 0))) (loop $forever (br $forever)) (i32.const 0))
      (func (export "twice") (param i32) (result i32)
        (i32.add (call $wait (local.get 0)) (call $wait (i32.add (local.get 0) (i32.const 1))))))
    (core instance $m (instantiate $M (with "" (instance (export "wait" (func $wait'))))))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f")))
    (func (export "trap") (param "n" u32) (result u32) (canon lift (core func $m "trap")))
    (func (export "spin") (param "n" u32) (result u32) (canon lift (core func $m "spin")))
    (func (export "twice") (param "n" u32) (result u32) (canon lift (core func $m "twice"))))
  (instance $one (instantiate $Through (with "wait" (func $wait))))
  (instance $two (instantiate $Through (with "wait" (func $one "f"))))
  (instance $three (instantiate $Through (with "wait" (func $two "f"))))
  (export "direct" (func $one "f"))
  (export "through-three" (func $three "f"))
  (export "trap-after" (func $one "trap"))
  (export "spin-after" (func $one "spin"))
  (export "twice" (func $one "twice"))

  ;; A resource whose destructor waits.
  (component $Dropping
    (import "wait" (func $wait (param "n" u32) (result u32)))
    (core func $wait' (canon lower (func $wait)))
    (core module $Dtor
      (import "" "wait" (func $wait (param i32) (result i32)))
      (global $last (mut i32) (i32.const 0))
      (func (export "dtor") (param i32) (global.set $last (call $wait (local.get 0))))
      (func (export "last") (result i32) (global.get $last)))
    (core instance $d (instantiate $Dtor (with "" (instance (export "wait" (func $wait'))))))
    (type $r' (resource (rep i32) (dtor (func $d "dtor"))))
    (export $r "r" (type $r'))
    (core func $new (canon resource.new $r'))
    (core func $drop (canon resource.drop $r'))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "last" (func $last (result i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "make-and-drop") (param i32) (result i32)
        (call $drop (call $new (local.get 0))) (call $last)))
    (core instance $m (instantiate $M (with "" (instance
      (export "new" (func $new)) (export "drop" (func $drop)) (export "last" (func $d "last"))))))
    (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $m "make")))
    (func (export "make-and-drop") (param "n" u32) (result u32)
      (canon lift (core func $m "make-and-drop"))))
  (instance $dropping (instantiate $Dropping (with "wait" (func $wait))))
  (export "dropping" (instance $dropping))

  ;; Strings on both sides of a wait.
  (core module $Memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $memory (instantiate $Memory))
  (core func $echo' (canon lower (func $echo) (memory $memory "memory")
    (realloc (func $memory "realloc"))))
  (core module $Say
    (import "" "memory" (memory 1))
    (import "" "echo" (func $echo (param i32 i32 i32)))
    (func (export "say") (param i32 i32) (result i32)
      (call $echo (local.get 0) (local.get 1) (i32.const 16))
      (i32.const 16))
    (func (export "nothing") (param i32))
    (func (export "spin") (param i32) (loop $forever (br $forever))))
  (core instance $say (instantiate $Say (with "" (instance
    (export "memory" (memory $memory "memory")) (export "echo" (func $echo'))))))
  (func (export "say") (param "text" string) (result string)
    (canon lift (core func $say "say") (memory $memory "memory")
      (realloc (func $memory "realloc")) (post-return (func $say "nothing"))))
  (func (export "say-and-spin") (param "text" string) (result string)
    (canon lift (core func $say "say") (memory $memory "memory")
      (realloc (func $memory "realloc")) (post-return (func $say "spin"))))

  ;; What never waits.
  (core module $Plain
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  (core instance $plain (instantiate $Plain))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32)
    (canon lift (core func $plain "add"))))
