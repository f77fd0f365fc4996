"""The quick way from `manage.py pool` to the desk: no Django, and no more of numpy and scipy than is needed."""

import os
import sys

# As in config/__init__.py, which this way does not pass: one BLAS thread, set before numpy is imported.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
# Parts of numpy that are loaded when first named. scipy.special names them all, by copying numpy's namespace, and uses
# neither; together they are a third of its time.
UNUSED = ("f2py", "testing")


def start() -> int:
    """Answer the command line of this process, without its first two words, and give the exit status."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
    from analysis.desk.main import main

    return main(sys.argv[2:], sys.stdin, sys.stdout, sys.stderr, prepare=load_special_functions)


def load_special_functions() -> None:
    """Import scipy.special without the parts of numpy that it only copies."""
    import numpy

    names = vars(numpy)
    hidden = [name for name in UNUSED if name not in names]
    names.update(dict.fromkeys(hidden))
    try:
        import scipy.special  # noqa: F401
    finally:
        for name in hidden:
            if names.get(name) is None:
                del names[name]
