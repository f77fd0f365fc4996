"""Running a plugin apart: under limits of time and memory, in a process without Django and without the database.

A worker asks; a server process, which has loaded the plugins and runs nothing itself, forks one child for each run. The
child reads its inputs as canonical JSON, calls the plugin, and sends its result back the same way. Whatever becomes of
the child, the worker gets a result or a sentence. A child serves one run and ends, so nothing that a plugin leaves
behind (a changed module, a full memory, a seeded generator) reaches another run.

    text = ask(job, report=None)

Where a server cannot fork safely (other systems than Linux), each run gets a fresh process, which takes about a second.
"""

from analysis.sandbox.asking import ask
from analysis.sandbox.job import Job
from analysis.sandbox.replies import Report
from analysis.sandbox.sentences import PluginStopped

__all__ = ["Job", "PluginStopped", "Report", "ask"]
