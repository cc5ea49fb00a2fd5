;; Wants an interface and exports what it does with it.
(component
  (import "acme:math/ops@1.2.0" (instance $math (export "twice" (func (param "x" u32) (result u32)))))
  (export "go" (func $math "twice")))
