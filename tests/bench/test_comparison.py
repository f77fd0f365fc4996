"""What is called the same job: the comparison behind the ratios of `make bench`."""

import numpy as np

from tests.bench.comparison import compare

OURS = {"estimate": np.full(200, 0.3), "se": np.full(200, 0.1), "tau2": np.full(200, 0.05)}


def test_numbers_that_agree_are_the_same_job() -> None:
    theirs = {name: values[:50] * (1.0 + 1e-6) for name, values in OURS.items()}

    found = compare(OURS, theirs, typical=0.1)

    # Estimates that differ by 3e-7 differ by 3e-6 standard errors, the largest of the three differences.
    assert found.is_same_job
    assert str(found) == "agree to 3e-06"


def test_few_fits_that_differ_or_fail_are_counted() -> None:
    theirs = {name: values.copy() for name, values in OURS.items()}
    theirs["tau2"][:3] += 0.15
    theirs["estimate"][3] = np.nan

    found = compare(OURS, theirs, typical=0.1)

    assert found.is_same_job
    assert str(found) == "196 of 200 agree to 0e+00; 3 of 200 differ, by up to 1e+00; 1 of 200 without an answer"


def test_another_answer_is_not_the_same_job() -> None:
    theirs = OURS | {"se": OURS["se"] * 1.001}

    found = compare(OURS, theirs, typical=0.1)

    assert not found.is_same_job
    assert str(found) == "200 of 200 differ, by up to 1e-03"


def test_p_values_of_permutations_are_compared_within_chance() -> None:
    ours = {"estimate": np.ones(2), "se": np.ones(2), "p_value": np.array([0.9, 0.2]), "permutations": np.array([1000])}
    near, far = (ours | {"p_value": np.array([0.0, p_value])} for p_value in (0.23, 0.4))

    assert compare(ours, near, typical=0.1).is_same_job
    assert not compare(ours, far, typical=0.1).is_same_job
    assert str(compare(ours, far, typical=0.1)) == "agree to 0e+00; differ in p (0.200, 0.400)"
