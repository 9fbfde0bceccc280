"""Writes reference.json: what FLINT's balls of 200 bits and more say about matrices of doubles.

    python3 -m pip install python-flint==0.9.0
    python3 tests/data/arb/generate.py

Every number of a result is a pair of decimals, rounded outward, between which the true value lies: the
inverse and the solution from ball arithmetic, refined until they are accurate to 200 bits; the
determinant from exact fractions; eigenvalues as roots of the exact characteristic polynomial, so that
defective ones are enclosed like any other. Nothing is drawn from a library's generator: the same bytes
come out again.
"""

import json
import math
import pathlib
from fractions import Fraction

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz_poly

BITS = 200
DIGITS = 30


class Stream:
    """A linear congruential generator: 64 bits, Knuth's constants."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        """A double of 53 random bits in [-1, 1)."""
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2.0**52 - 1.0


def fraction(x):
    """The exact value of an `arb` that is a point."""
    man, exp = x.man_exp()
    man, exp = int(man), int(exp)
    return Fraction(man * 2**exp) if exp >= 0 else Fraction(man, 2**-exp)


def decimal(x, up):
    """`x` rounded to DIGITS digits, upward or downward."""
    if x == 0:
        return "0"
    exponent = math.floor(math.log10(abs(x.numerator)) - math.log10(x.denominator)) - DIGITS + 1
    scaled = x / Fraction(10) ** exponent
    digits = math.ceil(scaled) if up else math.floor(scaled)
    return f"{digits}e{exponent}"


def pair(low, high):
    return [decimal(low, False), decimal(high, True)]


def ball(x):
    assert x.is_finite()
    return pair(fraction(x.lower()), fraction(x.upper()))


def refined(compute):
    """The first result, of ever more bits, all of whose entries are known to 2^-BITS of the largest."""
    bits = BITS
    while bits < 40 * BITS:
        ctx.prec = bits
        try:
            entries = compute()
            largest = max(fraction(abs(x).upper()) for x in entries)
            if all(fraction(x.rad()) * 2**BITS <= largest for x in entries):
                return [ball(x) for x in entries]
        except ZeroDivisionError:
            pass
        bits *= 2
    raise ArithmeticError("not to be enclosed")


def exact(x):
    p, q = float(x).as_integer_ratio()
    return fmpq(p, q)


def roots(m):
    """Balls for the eigenvalues of a matrix of fractions."""
    polynomial = m.charpoly()
    ctx.prec = 4 * BITS
    return [root for root, _ in fmpz_poly(polynomial.numer()).complex_roots()]


def extremes(symmetric):
    """The least and the greatest eigenvalue."""
    values = [r.real for r in roots(symmetric)]
    lows, highs = [fraction(v.lower()) for v in values], [fraction(v.upper()) for v in values]
    return pair(min(lows), min(highs)), pair(max(lows), max(highs))


def radius(m):
    sizes = [abs(r) for r in roots(m)]
    lows, highs = [fraction(s.lower()) for s in sizes], [fraction(s.upper()) for s in sizes]
    return pair(max(lows), max(highs))


def norm(m):
    transposed = m.transpose()
    values = [r.real for r in roots(transposed * m)]
    low = max(fraction(v.lower()) for v in values)
    high = max(fraction(v.upper()) for v in values)
    ctx.prec = 4 * BITS
    root = lambda q: arb(fmpq(q.numerator, q.denominator)).sqrt()
    return pair(fraction(root(max(low, 0)).lower()), fraction(root(high).upper()))


def described(name, rows):
    n = len(rows)
    right = [1.0 / (i + 1) for i in range(n)]
    q = fmpq_mat(n, n, [exact(x) for row in rows for x in row])
    determinant = q.det()
    determinant = Fraction(int(determinant.p), int(determinant.q))
    a = lambda: arb_mat(n, n, [arb(x) for row in rows for x in row])
    b = lambda: arb_mat(n, 1, [arb(x) for x in right])
    symmetric = (q + q.transpose()) / 2
    least, greatest = extremes(symmetric)
    return {
        "name": name,
        "rows": rows,
        "right": right,
        "determinant": pair(determinant, determinant),
        "inverse": refined(lambda: a().inv().entries()) if determinant else None,
        "solution": refined(lambda: a().solve(b()).entries()) if determinant else None,
        "radius": radius(q),
        "norm": norm(q),
        "least": least,
        "greatest": greatest,
    }


def table(n, entry):
    return [[float(entry(i, j)) for j in range(n)] for i in range(n)]


def matrices():
    stream = Stream(1)
    for n in (1, 2, 3, 4, 5, 6, 8):
        yield f"random {n}", table(n, lambda i, j: stream.uniform())
    for n in (3, 5):
        yield f"random and small {n}", table(n, lambda i, j: stream.uniform() * 2.0**-480)
        yield f"random and large {n}", table(n, lambda i, j: stream.uniform() * 2.0**480)
    for n in (3, 4, 6):
        upper = [[stream.uniform() for _ in range(n)] for _ in range(n)]
        yield f"symmetric {n}", table(n, lambda i, j: upper[min(i, j)][max(i, j)])
    for n in (2, 3, 4, 6, 8):
        for x in (0.9, 0.99, 1.0, 1.01):
            if n in (3, 8) or x in (0.9, 1.0):
                yield f"Jordan block {n} {x}", table(n, lambda i, j: x if i == j else j == i + 1)
    for n in (3, 6, 8, 10):
        yield f"Hilbert {n}", table(n, lambda i, j: 1 / (i + j + 1))
    yield "repeated pairs", [
        [0.3, -0.4, 1.0, 0.0],
        [0.4, 0.3, 0.0, 1.0],
        [0.0, 0.0, 0.3, -0.4],
        [0.0, 0.0, 0.4, 0.3],
    ]
    yield "quarter turn", [[0.0, 1.01], [-1.01, 0.0]]
    yield "cycle", table(5, lambda i, j: (j + 1) % 5 == i)
    yield "Grcar", table(6, lambda i, j: -1 if i == j + 1 else 0 <= j - i <= 3)
    yield "Frank", table(6, lambda i, j: 6 - max(i, j) if j >= i - 1 else 0)
    yield "companion of 1 to 6", table(
        6, lambda i, j: [21, -175, 735, -1624, 1764, -720][j] if i == 0 else i == j + 1
    )
    yield "bad units", table(5, lambda i, j: stream.uniform() * 10.0 ** (37 * (i - j)))
    yield "graded", table(5, lambda i, j: stream.uniform() * 10.0 ** (-30 * (i + j)))
    up = 1.0 + 2.0**-52
    yield "singular but for one unit", [[1.0, 1.0, 1.0], [1.0, up, 1.0], [1.0, 1.0, up]]
    yield "nearly singular", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0 + 2.0**-49]]
    yield "singular", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]


def functions():
    """Square roots, exponentials and logarithms where their last bits are hard to get, or the range ends."""
    stream = Stream(2)
    points = [5e-324, 2.5e-310, 2.0**-1022, 1e-300, 2.0**-53, 0.1, 0.5, 1.0, 2.0, 3.0, 1e16, 1e300]
    points += [1.0 - 2.0**-53, 1.0 + 2.0**-52, 2.0 - 2.0**-52, 4.0 + 2.0**-50, 1.7976931348623157e308]
    points += [math.e, math.pi, 709.0, 700.5, 745.0, 20.0, 0.3465735902799726, 0.6931471805599453]
    points += [(2.0 + stream.uniform()) * 2.0**k for k in range(-60, 9, 4)]
    ctx.prec = BITS
    for x in points:
        yield {
            "at": x,
            "sqrt": ball(arb(x).sqrt()),
            "ln": ball(arb(x).log()),
            "exp": ball(arb(x).exp()) if x < 5000.0 else None,
            "exp of minus": ball((-arb(x)).exp()) if x < 5000.0 else None,
        }


def main():
    found = {
        "matrices": [described(name, rows) for name, rows in matrices()],
        "functions": list(functions()),
    }
    rows = lambda key: ",\n".join(json.dumps(row) for row in found[key])
    text = f'{{"matrices": [\n{rows("matrices")}\n],\n"functions": [\n{rows("functions")}\n]}}\n'
    pathlib.Path(__file__).with_name("reference.json").write_text(text)


main()
