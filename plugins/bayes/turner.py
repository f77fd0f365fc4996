"""Predictive distributions of the variance between studies in meta-analyses of log odds ratios.

Mean and standard deviation of log(tau2), by kind of outcome and of comparison, from 14,886 meta-analyses of the
Cochrane Database. `general` is the distribution for any outcome and comparison.

References
----------
Turner, Jackson, Wei, Thompson and Higgins (2015), doi:10.1002/sim.6381, table IV.
"""

from analysis import engine

GENERAL = "general"
COMPARISONS = (
    "pharmacological_vs_placebo",
    "pharmacological_vs_pharmacological",
    "non_pharmacological_vs_placebo",
    "non_pharmacological_vs_pharmacological",
    "non_pharmacological_vs_non_pharmacological",
)

# For each outcome the mean and the standard deviation of log(tau2), in the order of COMPARISONS.
_NUMBERS: dict[str, tuple[tuple[float, float], ...]] = {
    "all_cause_mortality": ((-3.95, 1.34), (-4.18, 1.41), (-4.17, 1.55), (-2.92, 1.02), (-3.50, 1.26)),
    "obstetric": ((-3.52, 1.74), (-3.75, 1.79), (-3.74, 1.91), (-2.49, 1.50), (-3.08, 1.68)),
    "cause_specific_mortality_or_major_morbidity": (
        *((-3.71, 1.74), (-3.95, 1.79), (-3.93, 1.91), (-2.68, 1.51), (-3.27, 1.68)),
    ),
    "resource_use_or_process": ((-2.34, 1.74), (-2.58, 1.79), (-2.56, 1.91), (-1.31, 1.50), (-1.90, 1.68)),
    "surgical_or_device_success": ((-2.14, 1.74), (-2.37, 1.79), (-2.36, 1.91), (-1.11, 1.50), (-1.69, 1.68)),
    "withdrawals": ((-2.99, 1.74), (-3.23, 1.79), (-3.21, 1.91), (-1.96, 1.51), (-2.55, 1.68)),
    "internal_or_structural": ((-2.71, 1.74), (-2.94, 1.79), (-2.93, 1.92), (-1.67, 1.51), (-2.26, 1.68)),
    "general_physical_health": ((-2.29, 1.53), (-2.53, 1.58), (-2.51, 1.72), (-1.26, 1.25), (-1.85, 1.46)),
    "adverse_events": ((-1.87, 1.52), (-2.10, 1.58), (-2.10, 1.71), (-0.84, 1.24), (-1.43, 1.45)),
    "infection_or_new_disease": ((-2.49, 1.52), (-2.73, 1.58), (-2.71, 1.71), (-1.46, 1.24), (-2.05, 1.45)),
    "signs_or_symptoms": ((-2.06, 1.51), (-2.29, 1.58), (-2.28, 1.71), (-1.03, 1.24), (-1.61, 1.45)),
    "pain": ((-1.83, 1.52), (-2.06, 1.58), (-2.05, 1.71), (-0.80, 1.25), (-1.38, 1.45)),
    "quality_of_life": ((-2.54, 1.54), (-2.78, 1.60), (-2.77, 1.73), (-1.51, 1.27), (-2.10, 1.47)),
    "mental_health": ((-2.12, 1.53), (-2.35, 1.60), (-2.34, 1.72), (-1.09, 1.27), (-1.67, 1.47)),
    "biological_markers": ((-1.77, 1.52), (-2.00, 1.58), (-1.99, 1.71), (-0.74, 1.24), (-1.33, 1.45)),
    "subjective": ((-2.70, 1.52), (-2.93, 1.58), (-2.92, 1.71), (-1.67, 1.25), (-2.26, 1.45)),
}
_ANY = (-2.56, 1.74)
OUTCOMES = (GENERAL, *_NUMBERS)


def prior_of(outcome: str, comparison: str) -> engine.LogNormal:
    """Give the prior of tau for a kind of outcome and of comparison; for any outcome the comparison does not matter."""
    mean, sd = _ANY if outcome == GENERAL else _NUMBERS[outcome][COMPARISONS.index(comparison)]
    return engine.LogNormal.from_tau2(mean, sd)
