"""Errors a user can cause: every message names the cause and the remedy."""


class LabError(Exception):
    """Base of all errors that are shown to a person as a sentence."""


class SettingsError(LabError):
    """A setting is outside its limits or of the wrong kind."""


class RecordError(LabError):
    """Stored settings or results of a run are not what they should be: damaged, or too new."""


class UploadError(LabError):
    """An uploaded file was refused."""


class TrainingError(LabError):
    """A training cannot go on: its loss is not a number any more."""


class WeightsError(LabError):
    """A weights file does not fit the network, or is not one."""


class DownloadError(LabError):
    """A built-in data set could not be fetched from the internet."""


class NotFoundError(LabError):
    """A run, data set or file with that name does not exist here."""


class StoreError(LabError):
    """The store of runs cannot be used as it is."""


class JobError(LabError):
    """A job cannot do what was asked of it in its present state."""
