from gdata.bundles.reader import Bundle
from gdata.testing.bundles import Contents, memory_output

PROTO = 'syntax = "proto3"; package game; message Item { int32 id = 1; } message ItemTable { repeated Item rows = 1; }'


class Meanwhile(bytes):
    """A table that, when it is measured, finds that another thread has read one more."""

    bundle: Bundle

    def __len__(self) -> int:
        assert self.bundle.held is not None
        self.bundle.held.setdefault("Other", (b"", None))
        return super().__len__()


def test_a_bundle_that_holds_is_read_by_several_threads() -> None:
    (bundle,) = memory_output({"server": Contents(PROTO, {"ItemTable": [{"id": 1}]})}).values()
    kept = bundle.holding()
    first = Meanwhile(b"read before")
    first.bundle = kept
    assert kept.held is not None
    kept.held["First"] = first, None
    assert kept.placed("ItemTable", 1) is kept.held["ItemTable"]
    assert [*kept.held] == ["First", "Other", "ItemTable"]
