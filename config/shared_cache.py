"""A cache in the broker's Redis, that the processes of a site share; where it does not answer, nothing is known."""

import logging
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis import RedisError

Answer = TypeVar("Answer")
logger = logging.getLogger(__name__)
NOT_CLEARED = "The queue of the workers lies in the same Redis; what is in the cache ends by itself."
SILENT = "The cache does not answer (%s); limits of requests are not kept meanwhile."


class SharedCache(RedisCache):
    """Redis as a cache that the site can do without: what cannot be read is not there, what cannot be kept is lost."""

    def add(self, *args: Any, **options: Any) -> bool:
        """Keep what is not there yet; False where it is, or cannot be kept."""
        try:
            return bool(super().add(*args, **options))
        except RedisError as error:
            return self._lost(error, False)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Give what is kept, or the default."""
        try:
            return super().get(key, default, version)
        except RedisError as error:
            return self._lost(error, default)

    def set(self, *args: Any, **options: Any) -> None:
        """Keep something."""
        try:
            super().set(*args, **options)
        except RedisError as error:
            self._lost(error, None)

    def delete(self, *args: Any, **options: Any) -> bool:
        """Forget something; False where it was not there."""
        try:
            return bool(super().delete(*args, **options))
        except RedisError as error:
            return self._lost(error, False)

    def get_many(self, *args: Any, **options: Any) -> dict[Any, Any]:
        """Give what is kept of several."""
        try:
            return dict(super().get_many(*args, **options))
        except RedisError as error:
            return self._lost(error, {})

    def incr(self, *args: Any, **options: Any) -> int:
        """Count one further.

        Raises
        ------
        ValueError : there is no such count, or it cannot be reached
        """
        try:
            return int(super().incr(*args, **options))
        except RedisError as error:
            self._lost(error, None)
            raise ValueError(str(error)) from error

    def clear(self) -> None:
        """Refuse: in the same Redis lies the queue of the workers."""
        raise NotImplementedError(NOT_CLEARED)

    def _lost(self, error: RedisError, answer: Answer) -> Answer:
        logger.warning(SILENT, error)
        return answer
