"""What is asked for before workers are timed: many small requests, or one with a big run.

Code that a process runs; COUNT and STUDIES stand for numbers.
"""

# Tables straight from the models, which is quicker; and a small review.
BEGIN = """
from time import perf_counter
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
call_command("migrate", run_syncdb=True, verbosity=0)
from analysis.models import Analysis
from analysis.services import refresh, save_analysis
from tests import factories
from tests.analysis.builders import make_small_review
small = make_small_review()
rules = {"outcome": "pain", "window": "short", "comparators": ["active"]}

def save(number, steps):
    row = Analysis(review=small.review, slug=f"analysis-{number}", title=f"Analysis {number}", rules=rules)
    return save_analysis(by=small.owner, analysis=row, steps=steps)
"""
END = """
began = perf_counter()
for analysis in analyses:
    refresh(by=small.owner, analysis=analysis)
print(json.dumps({"seconds": perf_counter() - began}))
"""
# Each analysis pools the same studies at a level of its own: another run, and a snapshot.
MANY = (
    BEGIN
    + """
analyses = [save(number, {"pooling": {"level": 0.5 + number * 1e-5}}) for number in range(COUNT)]
"""
    + END
)
# One analysis that pools subsets of many studies (GOSH), which is split into parts; three studies are there.
BIG = (
    BEGIN
    + """
comparator = small.review.comparatortype_set.get()
for number in range(STUDIES - 3):
    numbers = {"n1": 30 + number, "mean1": f"3.{number:02d}", "sd1": f"1.{50 + number % 40}"}
    numbers |= {"n2": 31 + number, "mean2": f"3.{97 - number}", "sd2": f"1.{90 - number % 40}"}
    factories.make_pooled_study(small.review, instrument=small.nrs, comparator_type=comparator, week=12, **numbers)
analyses = [save(0, {"sensitivity": {"gosh": True, "gosh_subsets": COUNT}})]
"""
    + END
)
# The workers are told of everything that waits.
RING = """
from time import perf_counter
from analysis import dispatching
began = perf_counter()
dispatching.sweep()
print(json.dumps({"seconds": perf_counter() - began}))
"""
# The big run in one process, without a worker.
ONE_GO = """
from time import perf_counter
from analysis import canonical, registry
from analysis.contract import Dataset
from analysis.models import Run
run = Run.objects.select_related("dataset").get()
plugin = registry.get_plugin(run.plugin)
inputs = (Dataset.model_validate_json(run.dataset.content), plugin.params.model_validate_json(run.params), {})
began = perf_counter()
result = plugin.run(*inputs, lambda fraction, says: None)
seconds = perf_counter() - began
parts = len(plugin.split.plan(*inputs))
print(json.dumps({"seconds": seconds, "digest": canonical.digest_of(result.model_dump(mode="json")), "parts": parts}))
"""
