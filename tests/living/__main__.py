"""Measure what living costs: `python -m tests.living` prints the tables of docs/living.md."""

import os
import sys

# One thread, and settings of its own, before anything of the project is imported.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ.setdefault("SECRET_KEY", "only for measuring")


def main() -> int:
    """Write the tables to the standard output, from databases that are made for it and thrown away."""
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import get_runner, setup_test_environment

    from tests.living.measuring import write_tables

    setup_test_environment(debug=False)
    connection.settings_dict["TEST"]["MIGRATE"] = False
    runner = get_runner(django.conf.settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        write_tables(sys.stdout)
    finally:
        runner.teardown_databases(databases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
