;; A component instantiated twice, with a resource type of its own, and one that calls the first of them.
(component
  (component $maker
    (type $thing' (resource (rep i32)))
    (export $thing "thing" (type $thing'))
    (core func $new (canon resource.new $thing'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 1))))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $thing)) (canon lift (core func $i "make"))))
  (component $user
    (import "maker" (instance $maker
      (export "thing" (type $thing (sub resource)))
      (export "make" (func (result (own $thing))))))
    (alias export $maker "thing" (type $thing))
    (core func $make (canon lower (func $maker "make")))
    (core func $drop (canon resource.drop $thing))
    (core module $m
      (import "" "make" (func $make (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "run") (call $drop (call $make))))
    (core instance $i (instantiate $m
      (with "" (instance (export "make" (func $make)) (export "drop" (func $drop))))))
    (func (export "run") (canon lift (core func $i "run"))))
  (instance $first (instantiate $maker))
  (instance $second (instantiate $maker))
  (instance $user (instantiate $user (with "maker" (instance $first))))
  (export "first" (instance $first))
  (export "second" (instance $second))
  (export "run" (func $user "run")))
