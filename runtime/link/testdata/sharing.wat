;; One core module instantiated twice, one function lowered twice, the same options used three times.
(component
  (type $say (func (param "text" string)))
  (import "log" (func $log (type $say)))
  (core module $memory (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
  (core instance $memory (instantiate $memory))
  (core func $log' (canon lower (func $log) (memory $memory "memory")))
  (core func $log'' (canon lower (func $log) (memory $memory "memory")))
  (core module $m
    (import "" "log" (func (param i32 i32)))
    (func (export "a") (param i32 i32))
    (func (export "b") (param i32 i32)))
  (core instance $first (instantiate $m (with "" (instance (export "log" (func $log'))))))
  (core instance $second (instantiate $m (with "" (instance (export "log" (func $log''))))))
  (func (export "a") (type $say)
    (canon lift (core func $first "a") (memory $memory "memory") (realloc (func $memory "realloc"))))
  (func (export "b") (type $say)
    (canon lift (core func $second "b") (memory $memory "memory") (realloc (func $memory "realloc")))))
