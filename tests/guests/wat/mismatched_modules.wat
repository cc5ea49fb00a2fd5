;; Its second module imports a function of another type than the first exports: it decodes and is not valid.
(component
  (core module $a (func (export "f") (param i32)))
  (core module $b (import "a" "f" (func (param i64))))
  (core instance $ia (instantiate $a))
  (core instance $ib (instantiate $b (with "a" (instance $ia)))))
