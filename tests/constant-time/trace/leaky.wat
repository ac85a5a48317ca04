;; Two inputs of 32 bytes, at 0 and 64, compared in ways that each leak something else, and in one that leaks nothing. The trace has to
;; tell them apart: what it does not see it cannot prove to be absent.
(module
  (memory (export "memory") 1)

  ;; Ends at the first difference.
  (func (export "early_exit") (result i32)
    (local $i i32)
    (loop $next
      (if (i32.ne (i32.load8_u (local.get $i)) (i32.load8_u offset=64 (local.get $i))) (then (return (i32.const 0))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 32))))
    (i32.const 1))

  ;; Looks at all bytes, but does one thing more where they differ: the two ways are equally long and touch no memory.
  (func (export "counts_in_a_branch") (result i32)
    (local $i i32) (local $same i32)
    (loop $next
      (if (i32.eq (i32.load8_u (local.get $i)) (i32.load8_u offset=64 (local.get $i)))
        (then (local.set $same (i32.add (local.get $same) (i32.const 1))))
        (else (local.set $same (i32.sub (local.get $same) (i32.const 0)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 32))))
    (i32.eq (local.get $same) (i32.const 32)))

  ;; A select in the place of the branch: machine code may make either of it.
  (func (export "selects") (result i32)
    (local $i i32) (local $same i32)
    (loop $next
      (local.set $same (i32.add (local.get $same)
        (select (i32.const 1) (i32.const 0) (i32.eq (i32.load8_u (local.get $i)) (i32.load8_u offset=64 (local.get $i))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 32))))
    (i32.eq (local.get $same) (i32.const 32)))

  ;; A table, read where the first byte says.
  (func (export "indexes") (result i32)
    (i32.load8_u offset=256 (i32.load8_u (i32.const 0))))

  ;; As many bytes cleared as the first byte says.
  (func (export "clears") (result i32)
    (memory.fill (i32.const 512) (i32.const 0) (i32.load8_u (i32.const 0)))
    (i32.const 0))

  ;; Divided by the first byte.
  (func (export "divides") (result i32)
    (i32.div_u (i32.const 1000) (i32.or (i32.load8_u (i32.const 0)) (i32.const 1))))

  ;; One of three ways, by the first byte.
  (func (export "switches") (result i32)
    (block $two (block $one (block $zero
      (br_table $zero $one $two (i32.and (i32.load8_u (i32.const 0)) (i32.const 3))))
      (return (i32.const 0)))
      (return (i32.const 1)))
    (i32.const 2))

  ;; What countersign does: all differences into one number, and nothing decided by it.
  (func (export "steady") (result i32)
    (local $i i32) (local $different i32)
    (loop $next
      (local.set $different (i32.or (local.get $different)
        (i32.xor (i32.load8_u (local.get $i)) (i32.load8_u offset=64 (local.get $i)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 32))))
    (i32.eqz (local.get $different))))
