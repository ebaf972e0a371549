"""How a model folder and a run's folder are laid out: the names of their files, and how large each may be, in bytes.

    models/<name>/weights.safetensors         the numbers, no code (never a pickle)
    models/<name>/card.json                   what it is and how it was made: `Card`
    models/<name>/history.jsonl               one line a logged point of its training
    models/<name>/evaluation.json             its evaluation on a test set: `Evaluation`
    models/<name>/probabilities.safetensors   what that was computed from: `Answers`,
                                              "test" (N, K) float32 and "labels" (N,) uint8
    models/<name>/map.safetensors             the test digits on a map, where one was drawn: `projection`
    models/<name>/snapshots.safetensors       the network at some moments of its training: `snapshots`
    models/<name>/validation_over_time.safetensors   how it answered at those moments, where that was asked: `over_time`
    models/<name>/test_over_time.safetensors  the same, of the test digits
    models/<name>/teaching.json               what changed where it was taught a person's drawings: `Teaching`; not in a
                                              zip, for it says what a person wrote
    models/<name>/output.txt                  what the process of its training printed, where a page launched it; not in
                                              a zip, for it may name folders
    models/<name>/made-by-a-visitor           is there where a visitor of an app for several people made it: `rights`

    models/.runs/<name>/                      a run that is not finished
    models/.runs/<name>/run.json              what is being trained, and how it ended if it did: `Run`
    models/.runs/<name>/history.jsonl         as above
    models/.runs/<name>/checkpoint.safetensors  all that it takes to resume, bit for bit
    models/.runs/<name>/snapshots.safetensors   as above
    models/.runs/<name>/progress.json         how far it is before its first step and after its last: `Progress`
    models/.runs/<name>/start.safetensors     the weights that a teaching began from, whose model may go meanwhile,
    models/.runs/<name>/start.json            that model's card,
    models/.runs/<name>/answers.safetensors   its answers to the test digits, where it has any,
    models/.runs/<name>/lesson.jsonl          and the drawings to learn from; all four go when it is finished
    models/.runs/<name>/rate.json             by what somebody asks its learning rate to be multiplied
    models/.runs/<name>/stop                  is there when somebody asks it to stop
    models/.runs/<name>.txt                   what its process printed, where a page launched it

    models/.bin/<when>-model-<name>/          what was deleted or replaced, for a week: `bin`
    models/.bin/<when>-run-<name>/
    models/.tmp-…                             what is not finished, or is to go; also beside any file: `changes`
    models/SHA256SUMS                         the weights that came with the project, as `sha256sum -c` reads them

A finished run is a model: its folder has moved to `models/<name>/`, its history with it.
"""

CARD, WEIGHTS, HISTORY = "card.json", "weights.safetensors", "history.jsonl"
EVALUATION, PROBABILITIES, MAP = "evaluation.json", "probabilities.safetensors", "map.safetensors"
SNAPSHOTS = "snapshots.safetensors"
VALIDATION_OVER_TIME, TEST_OVER_TIME = "validation_over_time.safetensors", "test_over_time.safetensors"
RUNS, RUN, CHECKPOINT, STOP = ".runs", "run.json", "checkpoint.safetensors", "stop"
BIN, SHIPPED = ".bin", "SHA256SUMS"
PROGRESS, RATE = "progress.json", "rate.json"
TEACHING, OUTPUT = "teaching.json", "output.txt"
START_WEIGHTS, START_CARD, START_ANSWERS = "start.safetensors", "start.json", "answers.safetensors"
LESSON = "lesson.jsonl"

MAX_WEIGHTS = 200_000_000
MAX_CHECKPOINT = 1_000_000_000
MAX_HISTORY = 50_000_000
MAX_TEACHING = 10_000_000
MAX_SNAPSHOTS = 2_000_000
MAX_RATE = 1000
MAX_OUTPUT = 100_000  # of what a process printed that are shown, the last ones
MAX_ZIPPED = {  # of each file in a zip that somebody gives, several times what it takes
    CARD: 100_000,
    WEIGHTS: 10_000_000,
    HISTORY: 5_000_000,
    EVALUATION: 300_000,
    PROBABILITIES: 6_000_000,
    MAP: 500_000,
    SNAPSHOTS: MAX_SNAPSHOTS,
    VALIDATION_OVER_TIME: 2_000_000,
}
