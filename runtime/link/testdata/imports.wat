;; All that a world may import: functions of the world and of an interface, a resource type with an alias, a core module.
(component
  (import "now" (func (result u64)))
  (import "acme:store/kv@1.2.0" (instance $kv
    (export "bucket" (type $bucket (sub resource)))
    (export "alias" (type (eq $bucket)))
    (export "open" (func (param "name" string) (result (own $bucket))))))
  (import "code" (core module (export "f" (func)))))
