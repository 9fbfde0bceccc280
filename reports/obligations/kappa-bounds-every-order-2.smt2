; The larger of the first two terms of kappa is at least a + ab + b, the factor of a sequential round
; Conjecture `kappa-bounds-every-order`, points of shape 2. unsat proves it there, for all real
; numbers, wherever its quantities have values and divisors are not zero.
(set-info :status unknown)
(set-logic QF_NRA)
(declare-const a Real)
(assert (and (<= 0.0 a) (<= a 1.0)))
(declare-const b Real)
(assert (and (<= 0.0 b) (<= b 1.0)))
(define-fun t0 () Real (* 2.0 a))
(define-fun t1 () Real (+ b t0))
(define-fun t2 () Real (* (- 1.0) a))
(define-fun t3 () Real (+ 1.0 t2))
(declare-const q4 Real)
(assert (not (= t3 0)))
(assert (= (* q4 t3) t1))
(define-fun t5 () Real (* 2.0 b))
(define-fun t6 () Real (+ a t5))
(define-fun t7 () Real (* (- 1.0) b))
(define-fun t8 () Real (+ 1.0 t7))
(declare-const q9 Real)
(assert (not (= t8 0)))
(assert (= (* q9 t8) t6))
(define-fun t10 () Real (ite (>= q4 q9) q4 q9))
(define-fun t11 () Real (* a b))
(define-fun t12 () Real (+ a t11))
(define-fun t13 () Real (+ t12 b))
; taken for other than zero by a formula:
(assert (not (= t3 0)))
(assert (not (= t8 0)))
; assume a < 1
(assert (< a 1.0))
; assume b < 1
(assert (< b 1.0))
; the negation of: max((b + 2 * a) / (1 - a), (a + 2 * b) / (1 - b)) >= a + a * b + b
(assert (not (>= t10 t13)))
(check-sat)
(exit)
