"""Settings and wiring. The one BLAS thread is set here, before anything can import numpy: with more threads the
last bits of a matrix product depend on the machine, and a stored run could not be reproduced to the digit."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

from config.celery import app as celery_app

__all__ = ["celery_app"]
