;; Asks the host for a string in the middle of a call, and has resources that the host may hold.
(component
  (import "tell" (func $tell (result string)))

  ;; Another instance, to which bytes are passed.
  (component $sink
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func (export "take") (param i32 i32)))
    (core instance $i (instantiate $m))
    (func (export "take") (param "bytes" (list u8))
      (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc")))))
  (instance $sink (instantiate $sink))

  (component $asker
    (import "tell" (func $tell (result string)))
    (import "take" (func $take (param "bytes" (list u8))))
    (core module $memory
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 2048))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $next (i32.add (global.get $next) (local.get 3)))
        (i32.sub (global.get $next) (local.get 3))))
    (core instance $memory (instantiate $memory))
    (core func $tell'
      (canon lower (func $tell) (memory $memory "memory") (realloc (func $memory "realloc"))))
    (core func $take' (canon lower (func $take) (memory $memory "memory")))
    (type $thing' (resource (rep i32)))
    (export $thing "thing" (type $thing'))
    (core func $new (canon resource.new $thing'))
    (core module $m
      (import "" "tell" (func $tell (param i32)))
      (import "" "take" (func $take (param i32 i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "memory" (memory 1))
      (func (export "make") (result i32) (call $new (i32.const 7)))
      (func $ask (export "ask") (result i32)
        (call $tell (i32.const 16))
        (i32.load (i32.const 20)))
      (func (export "ask-twice") (param $bytes i32)
        (call $take (i32.const 0) (local.get $bytes))
        (drop (call $ask))
        (call $take (i32.const 0) (local.get $bytes))
        (drop (call $ask))))
    (core instance $i (instantiate $m
      (with "" (instance
        (export "tell" (func $tell'))
        (export "take" (func $take'))
        (export "new" (func $new))
        (export "memory" (memory $memory "memory"))))))
    (func (export "make") (result (own $thing)) (canon lift (core func $i "make")))
    (func (export "ask") (result u32) (canon lift (core func $i "ask")))
    (func (export "ask-twice") (param "bytes" u32) (canon lift (core func $i "ask-twice"))))
  (instance $asker (instantiate $asker
    (with "tell" (func $tell))
    (with "take" (func $sink "take"))))
  (export "things" (instance $asker)))
