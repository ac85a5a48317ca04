;; What must be caught, and what must not, in each configuration: compiled by the same compiler of V8 as the module under test.
;; All functions read bytes that are marked, at 0 and after.
(module
  (memory (export "memory") 1)
  (data (i32.const 1024) "a table that a secret is an index of")
  (table 2 funcref)
  (type $constant (func (result i32)))
  (elem (i32.const 0) $zero $one)
  (func $zero (type $constant) (i32.const 0))
  (func $one (type $constant) (i32.const 1))

  ;; Not a leak: a marked byte comes out.
  (func (export "load") (result i32)
    (i32.load8_u (i32.const 0)))

  ;; Not a leak: all 32 bytes at 0 are compared with those at 32, and the answer comes out marked.
  (func (export "compare") (result i32)
    (local $i i32) (local $difference i32)
    (loop $next
      (local.set $difference
        (i32.or (local.get $difference) (i32.xor (i32.load8_u (local.get $i)) (i32.load8_u offset=32 (local.get $i)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 32))))
    (i32.ne (local.get $difference) (i32.const 0)))

  ;; One conditional jump on what it is given. The store is there so that no compiler makes a conditional move of it.
  (func (export "decide") (param $answer i32)
    (if (local.get $answer) (then (i32.store8 (i32.const 2048) (i32.const 1)))))

  ;; Leaks: the comparison that ends at the first byte that differs: 32 jumps, for the 32 bytes are equal.
  (func (export "early_exit") (result i32)
    (local $i i32)
    (block $differ
      (loop $next
        (br_if $differ (i32.ne (i32.load8_u (local.get $i)) (i32.load8_u offset=32 (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (i32.const 32))))
      (return (i32.const 1)))
    (i32.const 0))

  ;; Leaks: a jump that is taken for one pair of bytes in 65,536.
  (func (export "rare_pair")
    (if (i32.eq (i32.load16_u (i32.const 0)) (i32.const 0xbeef)) (then (i32.store8 (i32.const 2048) (i32.const 1)))))

  ;; Leaks: which byte of a table is read.
  (func (export "table_load") (result i32)
    (i32.load8_u offset=1024 (i32.load8_u (i32.const 0))))

  ;; Leaks: where something is written.
  (func (export "store")
    (i32.store8 offset=1024 (i32.load8_u (i32.const 0)) (i32.const 1)))

  ;; Leaks: a jump table.
  (func (export "switch") (result i32)
    (block $d (block $c (block $b (block $a
      (br_table $a $b $c $d (i32.load8_u (i32.const 0))))
      (return (i32.load8_u (i32.const 1024))))
      (return (i32.load8_u (i32.const 1025))))
      (return (i32.load8_u (i32.const 1026))))
    (i32.load8_u (i32.const 1027)))

  ;; Leaks: which function is called.
  (func (export "call") (result i32)
    (call_indirect (type $constant) (i32.and (i32.load8_u (i32.const 0)) (i32.const 1))))

  ;; Leaks: how much is filled.
  (func (export "fill")
    (memory.fill (i32.const 1024) (i32.const 0) (i32.load8_u (i32.const 0)))))
