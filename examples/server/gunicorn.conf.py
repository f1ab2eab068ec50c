"""gunicorn's settings for flask_server: load once, then fork."""

import gc

bind = "127.0.0.1:8000"
workers = 4
worker_class = "gthread"
threads = 4
preload_app = True


def pre_fork(server: object, worker: object) -> None:  # noqa: ARG001  # gunicorn calls it so
    """Keep the garbage collector from touching what the workers share: a touched page is copied."""
    gc.collect()
    gc.freeze()
