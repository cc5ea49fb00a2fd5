;; The core modules that wasmtime's suite finds in the instance `host`.
(component
  (core module $simple
    (global (export "g") i32 (i32.const 100))
    (func (export "f") (result i32) (i32.const 101)))
  (export "simple-module" (core module $simple)))
