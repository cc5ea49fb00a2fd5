;; Wants the same interface with another type.
(component
  (import "acme:math/ops@1.2.0" (instance $math (export "twice" (func (param "x" u64) (result u64)))))
  (export "go" (func $math "twice")))
