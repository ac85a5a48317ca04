;; Functions that leak, each in a way of its own, and one that does not. The interpreter has to name the way: what it does not see it cannot
;; prove to be absent. The secret is at 0 (32 bytes), what it is held against at 64, secret as well; the table and other room from 256 on.
(module
  (type $number (func (result i32)))
  (import "host" "length" (func $length (param externref) (result i32)))
  (import "host" "new_from_slice" (func $slice (param i32 i32) (result externref)))
  (memory (export "memory") 1 4)
  (table 2 funcref)
  (elem (i32.const 0) $one $two)
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))

  ;; Ends at the first difference.
  (func (export "branch: early exit") (result i32)
    (local $i i32)
    (loop $next
      (if (i32.ne (i32.load8_u (local.get $i)) (i32.load8_u offset=64 (local.get $i))) (then (return (i32.const 0))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 32))))
    (i32.const 1))

  ;; What a compiler makes of ==: eight bytes at once, and out at the first eight that differ.
  (func (export "branch: equality of words") (result i32)
    (local $i i32)
    (block $differ
      (loop $next
        (br_if $differ (i64.ne (i64.load (local.get $i)) (i64.load offset=64 (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 8)))
        (br_if $next (i32.lt_u (local.get $i) (i32.const 32))))
      (return (i32.const 1)))
    (i32.const 0))

  ;; Only if the two bytes are one pair of 65,536: what a test with a few values does not meet.
  (func (export "branch: a rare pair of bytes") (result i32)
    (if (i32.eq (i32.load16_u (i32.const 5)) (i32.const 0xbeef)) (then (return (i32.const 1))))
    (i32.const 0))

  ;; The same, at a distance: through a number, a vector and memory.
  (func (export "branch: after a detour") (result i32)
    (v128.store (i32.const 512) (i32x4.shl (v128.load (i32.const 0)) (i32.const 7)))
    (memory.copy (i32.const 600) (i32.const 512) (i32.const 16))
    (if (i64.eqz (i64.rotl (i64.load (i32.const 603)) (i64.const 9))) (then (return (i32.const 1))))
    (i32.const 0))

  (func (export "br_table: one of three ways") (result i32)
    (block $two (block $one (block $zero
      (br_table $zero $one $two (i32.and (i32.load8_u (i32.const 0)) (i32.const 3))))
      (return (i32.const 0)))
      (return (i32.const 1)))
    (i32.const 2))

  ;; Machine code may make a branch of it.
  (func (export "select: the answer") (result i32)
    (select (i32.const 1) (i32.const 0) (i32.eq (i32.load (i32.const 0)) (i32.load (i32.const 64)))))

  (func (export "load address: a table") (result i32)
    (i32.load8_u offset=256 (i32.load8_u (i32.const 0))))

  (func (export "load address: a table of vectors") (result i32)
    (i32x4.extract_lane 0 (v128.load offset=256 (i32.shl (i32.and (i32.load8_u (i32.const 0)) (i32.const 15)) (i32.const 4)))))

  (func (export "store address: counting bytes") (result i32)
    (i32.store8 offset=1024 (i32.load8_u (i32.const 0)) (i32.const 1))
    (i32.const 0))

  (func (export "bulk-memory argument: a length") (result i32)
    (memory.fill (i32.const 512) (i32.const 0) (i32.load8_u (i32.const 0)))
    (i32.const 0))

  (func (export "bulk-memory argument: a source") (result i32)
    (memory.copy (i32.const 2048) (i32.load8_u (i32.const 0)) (i32.const 4))
    (i32.const 0))

  (func (export "call_indirect: one of two functions") (result i32)
    (call_indirect (type $number) (i32.and (i32.load8_u (i32.const 0)) (i32.const 1))))

  (func (export "division: by a byte") (result i32)
    (i32.div_u (i32.const 1000) (i32.or (i32.load8_u (i32.const 0)) (i32.const 1))))

  (func (export "division: the rest of a secret") (result i32)
    (i32.wrap_i64 (i64.rem_u (i64.load (i32.const 0)) (i64.const 7))))

  (func (export "memory.grow: by a bit") (result i32)
    (memory.grow (i32.and (i32.load8_u (i32.const 0)) (i32.const 1))))

  (func (export "host-call argument: a length") (result i32)
    (call $length (call $slice (i32.const 0) (i32.and (i32.load8_u (i32.const 0)) (i32.const 7)))))

  ;; All differences into one number, and nothing decided by it; then what constant-time code is made of otherwise.
  (func (export "clean") (result i32)
    (local $i i32) (local $different i32) (local $mask i32)
    (loop $next
      (local.set $different (i32.or (local.get $different)
        (i32.xor (i32.load8_u (local.get $i)) (i32.load8_u offset=64 (local.get $i)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 32))))
    ;; A byte made of a secret, less its secret bits, may decide.
    (if (i32.ge_u (i32.and (local.get $different) (i32.const 255)) (i32.const 256)) (then (unreachable)))
    (local.set $mask (i32.sub (i32.const 0) (i32.eqz (local.get $different))))
    (i32.or (i32.and (local.get $mask) (i32.const 1)) (i32.and (i32.xor (local.get $mask) (i32.const -1)) (i32.const 2)))))
