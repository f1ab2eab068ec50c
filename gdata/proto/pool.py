"""Descriptor pools: every schema has its own, so that two schemas with one name don't meet."""

from __future__ import annotations

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool


def pool_of(files: FileDescriptorSet) -> DescriptorPool:
    """A pool with these files, which stand with dependencies first.

    Raises:
        TypeError: they don't fit together.
    """
    pool = DescriptorPool()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool
