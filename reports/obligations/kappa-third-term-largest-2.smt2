; The third term of kappa, a + b, is the largest of the three
; Conjecture `kappa-third-term-largest`, points of shape 2. unsat proves it there, for all real
; numbers, wherever its quantities have values and divisors are not zero.
(set-info :status unknown)
(set-logic QF_NRA)
(declare-const a Real)
(assert (and (<= 0.0 a) (<= a 1.0)))
(declare-const b Real)
(assert (and (<= 0.0 b) (<= b 1.0)))
(define-fun t0 () Real (+ a b))
(define-fun t1 () Real (* 2.0 a))
(define-fun t2 () Real (+ b t1))
(define-fun t3 () Real (* (- 1.0) a))
(define-fun t4 () Real (+ 1.0 t3))
(declare-const q5 Real)
(assert (not (= t4 0)))
(assert (= (* q5 t4) t2))
(define-fun t6 () Real (+ a b))
(define-fun t7 () Real (* 2.0 b))
(define-fun t8 () Real (+ a t7))
(define-fun t9 () Real (* (- 1.0) b))
(define-fun t10 () Real (+ 1.0 t9))
(declare-const q11 Real)
(assert (not (= t10 0)))
(assert (= (* q11 t10) t8))
; taken for other than zero by a formula:
(assert (not (= t4 0)))
(assert (not (= t10 0)))
; assume a < 1
(assert (< a 1.0))
; assume b < 1
(assert (< b 1.0))
; the negation of: a + b >= first and a + b >= second
(assert (not (and (>= t0 q5) (>= t6 q11))))
(check-sat)
(exit)
