"""What can stop gdata, other than bad data.

Bad data is never an exception: it is a `gdata.problems.Problem`, collected with all the others.

    GdataError
    ├── UsageError            the command line asks for something that isn't there or can't be
    ├── ConfigError           sheets.yaml is wrong, or names something that doesn't exist
    ├── SchemaError           a .proto doesn't compile, or an option in it makes no sense
    ├── DataError             the sheets have errors where something is to be made of them
    ├── DamagedError          a bundle or release isn't what its manifest says
    │   ├── UnknownFormatError    it was written by a newer gdata
    │   └── SignatureError        it isn't signed by the key that was asked for
    ├── OutsideError          the world outside
    │   ├── SourceError           a spreadsheet can't be read: Google, network, file
    │   │   ├── CredentialsError      no login, or one that Google doesn't take
    │   │   ├── AccessError           the login has no right to this spreadsheet
    │   │   └── QuotaError            Google answers, but not now
    │   ├── ChangedError          a file changed while it was being read
    │   ├── StoreError            the release store can't be read or written
    │   └── OutputError           a file can't be written here
    ├── RefusedError          a rule says no: the gate, a channel that moved, a release marked bad
    ├── LookupFailed          the running server asked for a table, key or field that isn't there
    └── SharedRowChanged      its tests found code that writes to a row that all share

Each class has the `exit_code` its command ends with; each instance has a message that names the place,
and a `hint` that names the next step.
"""

from __future__ import annotations


class GdataError(Exception):
    """The root of everything gdata raises on purpose; `str()` is the message, `hint` the next step."""

    exit_code = 70

    def __init__(self, message: object, *, hint: object = "") -> None:
        """Either may be a `gdata.language.Sentence`: it is translated when somebody reads it."""
        super().__init__(message)
        # What leads a hint, as `gdata.text.did_you_mean` does, may be all of it.
        self.next_step = hint.rstrip() if isinstance(hint, str) else hint

    @property
    def hint(self) -> str:
        """The next step as people read it."""
        return str(self.next_step)

    @hint.setter
    def hint(self, text: str) -> None:
        self.next_step = text


class UsageError(GdataError):
    """The command line asks for something that isn't there or can't be."""

    exit_code = 2


class ConfigError(GdataError):
    """sheets.yaml is wrong, or names something that doesn't exist; the message starts with `file:line`."""

    exit_code = 2


class SchemaError(GdataError):
    """A .proto doesn't compile, or an option in it makes no sense; the message starts with `file:line`."""

    exit_code = 2


class DataError(GdataError):
    """The sheets have errors where something is to be made of them; `gdata check` tells them one by one."""

    exit_code = 1


class DamagedError(GdataError):
    """A bundle or a release isn't what its manifest says; the message names the file."""

    exit_code = 1


class UnknownFormatError(DamagedError):
    """A manifest, release or log entry asks for a format or feature that this gdata doesn't know."""


class SignatureError(DamagedError):
    """A manifest or log entry isn't signed by the key that the reader was given."""


class OutsideError(GdataError):
    """The world outside doesn't do its part: Google, network, credentials, store, disk."""

    exit_code = 3


class SourceError(OutsideError):
    """A spreadsheet can't be read."""


class CredentialsError(SourceError):
    """There is no login, or Google doesn't take it."""


class AccessError(SourceError):
    """The login has no right to this spreadsheet, or it isn't there."""


class QuotaError(SourceError):
    """Google answers, but not now: the quota is used up or the service is down."""


class ChangedError(OutsideError):
    """A file changed while it was being read, or before what was made of it was written in its place."""


class StoreError(OutsideError):
    """The release store can't be read or written."""


class OutputError(OutsideError):
    """A file can't be written: disk full, no permission, held open by another program."""


class RefusedError(GdataError):
    """A rule says no: the gate, a channel that moved meanwhile, a release marked bad."""

    exit_code = 4


class LookupFailed(GdataError, AttributeError, KeyError):
    """A table, key or field that isn't in the loaded data; caught as AttributeError or KeyError too."""

    exit_code = 1

    def __str__(self) -> str:
        return str(self.args[0])


class SharedRowChanged(GdataError):
    """A row that all threads share isn't what it was: found by `gdata.load(…, check_shared=True)`, in tests."""

    exit_code = 1
