"""Everything that can go wrong and that a person can mend.

Each message is a sentence or two, fit for a screen: what was found, what was expected, what to do next.
A mistake of the calling program is a `ValueError` or `TypeError` as usual.

    MnistExplorerError
    ├── DataError            the data set is damaged, or could not be fetched
    │   └── MissingData      it is not on this machine
    ├── NotAllowed           visitors of this server may not do that
    ├── DrawingError         strokes that cannot be read
    ├── PictureError         a picture that cannot be read as a digit
    ├── KeptDrawingsError    the drawings that a person has kept cannot be read or changed
    ├── RecipeError          a setting outside its range
    ├── TrainingError        a training cannot be begun, or cannot go on
    │   ├── Busy             another training is running on this machine
    │   ├── RunError         an unfinished run of that name is missing, unreadable or in the way
    │   ├── LostRank         another of the processes that train together has ended
    │   └── Diverged         its loss is no longer a number
    └── ModelError
        ├── BadName          a name that no model may have
        ├── ModelNotFound    no model of that name
        ├── NotEvaluated     its answers to the test digits were not kept
        ├── Untraceable      its network has no layers that can be shown
        ├── ExportError      it cannot be made a program of its own
        ├── BadArchive       a zip that is no model, or more than one
        └── DamagedModel     a model folder that must not be used
"""

import re

# An absolute path: within quotation marks up to the second of them, else up to a space.
_QUOTED = re.compile(r"""(['"])(?:[A-Za-z]:)?[/\\](?:(?!\1).)*?([^/\\]*?)[/\\]*\1""")
_BARE = re.compile(r"""(?<![\w.:/\\~<>'"-])(?:[A-Za-z]:)?[/\\](?:[^\s/\\'":,;]+[/\\])*([^\s/\\'":,;]+)[/\\]*""")


def without_folders(text: str) -> str:
    """Return a text in which every absolute path is its last part alone: a visitor need not know where files lie."""
    return _BARE.sub(r"\1", _QUOTED.sub(r"\1\2\1", text))


class MnistExplorerError(Exception):
    """A problem that a person can mend; its message says how."""


class DataError(MnistExplorerError):
    """The data set is damaged, or could not be fetched."""


class MissingData(DataError):
    """The data set is not on this machine."""


class NotAllowed(MnistExplorerError):
    """Visitors of this server may not do that."""


class DrawingError(MnistExplorerError):
    """The strokes cannot be read."""


class PictureError(MnistExplorerError):
    """The picture cannot be read as a digit."""


class KeptDrawingsError(MnistExplorerError):
    """The drawings that a person has kept cannot be read, or not be changed."""


class RecipeError(MnistExplorerError):
    """A setting of a recipe is outside its range."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class TrainingError(MnistExplorerError):
    """A training cannot be begun, or cannot go on."""


class Busy(TrainingError):
    """Another training is running on this machine."""


class RunError(TrainingError):
    """An unfinished run of this name is missing, unreadable, or in the way of a new one."""


class LostRank(TrainingError):
    """Another of the processes that train one network together has ended."""


class Diverged(TrainingError):
    """The loss is no longer a finite number, so the weights are worthless."""


class ModelError(MnistExplorerError):
    """A model cannot be used."""


class BadName(ModelError):
    """No model may have this name."""


class ModelNotFound(ModelError):
    """There is no model of this name."""


class NotEvaluated(ModelError):
    """The model's answers to the test digits were not kept, or not beside their labels; evaluating it anew helps."""


class Untraceable(ModelError):
    """The network is no list of layers, or has one whose inside cannot be shown."""


class ExportError(ModelError):
    """The model cannot be made a program of its own."""


class BadArchive(ModelError):
    """The zip is not one model in plain files; nothing of it was kept."""


class DamagedModel(ModelError):
    """The model folder is incomplete, altered or not ours; it must not be used."""
