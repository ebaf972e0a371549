"""The ways the world writes its digits: those that MNIST hardly has, and the plain ones beside them.

A `Style` is one way to write one digit, a one with a foot or an open four. Its skeleton is a few strokes of control
points in a box of height 1, in proportions that are drawn anew for every sample, built in `skeletons`; `handwriting`
does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mnist_core.synthetic.handwriting import Curve, Hand, Points
from mnist_core.synthetic.skeletons import eights, fives, fours, nines, ones, sevens, sixes, threes, twos, zeros


@dataclass(frozen=True, slots=True)
class Style:
    """One way to write a digit, or another class; `weight` is how common it is beside the others of its class.

    What a hand makes of it can be another digit to anybody: where it is not `legible`, it is written again.
    """

    label: str
    name: str
    weight: float
    build: Callable[[Hand], list[Points]]
    legible: Callable[[Sequence[Curve]], bool] = lambda _: True

    @property
    def digit(self) -> int:
        """The digit that is written; raises `ValueError` for what is none."""
        return int(self.label)

    def __str__(self) -> str:
        return f"{self.label} {self.name}"


STYLES = (
    Style("0", "plain", 7, zeros.plain_zero),
    Style("0", "slashed", 3, zeros.slashed_zero),
    Style("0", "dotted", 0.5, zeros.dotted_zero),
    Style("0", "barred", 0.8, zeros.barred_zero),
    Style("0", "struck", 0.8, zeros.struck_zero),
    Style("0", "tailed", 0.6, zeros.tailed_zero),
    Style("0", "unclosed", 0.6, zeros.unclosed_zero),
    Style("1", "plain", 3, ones.plain_one),
    Style("1", "flagged", 3, ones.flagged_one, ones.is_no_seven),
    Style("1", "long-flagged", 2.5, ones.long_flagged_one, ones.is_no_seven),
    Style("1", "footed", 1, ones.footed_one),
    Style("1", "flagged and footed", 2, ones.flagged_footed_one),
    Style("1", "long-footed", 0.6, ones.long_footed_one),
    Style("1", "unlifted, footed", 0.5, ones.unlifted_footed_one),
    Style("1", "flat-flagged and footed", 0.8, ones.flat_flagged_one),
    Style("1", "low-flagged", 0.6, ones.low_flagged_one),
    Style("1", "peaked", 0.6, ones.peaked_one),
    Style("1", "ticked", 0.8, ones.ticked_one, ones.is_no_seven),
    Style("1", "turned-in", 0.8, ones.turned_in_one, ones.is_no_four),
    Style("1", "hooked", 0.5, ones.hooked_one),
    Style("2", "plain", 4, twos.plain_two),
    Style("2", "wavy", 2, twos.wavy_two),
    Style("2", "looped", 2, twos.looped_two),
    Style("2", "angular", 1.5, twos.angular_two),
    Style("2", "closed", 1.2, twos.closed_two),
    Style("2", "hooked", 1, twos.hooked_two),
    Style("2", "small-looped", 0.6, twos.small_looped_two),
    Style("2", "short-based", 1, twos.short_based_two),
    Style("3", "round", 5, threes.round_three),
    Style("3", "swept", 1, threes.swept_three),
    Style("3", "looped", 2, threes.looped_three),
    Style("3", "flat-topped", 2, threes.flat_topped_three),
    Style("3", "narrow", 0.8, threes.narrow_three),
    Style("3", "hook-topped", 0.8, threes.hook_topped_three),
    Style("3", "closed", 0.8, threes.closed_three),
    Style("4", "open", 3, fours.open_four),
    Style("4", "tall", 2, fours.tall_four),
    Style("4", "low", 2.5, fours.low_four),
    Style("4", "cupped", 2, fours.cupped_four),
    Style("4", "closed", 2.5, fours.closed_four),
    Style("4", "unlifted", 2, fours.unlifted_four),
    Style("4", "backward", 0.5, fours.backward_four),
    Style("4", "lightning", 0.8, fours.lightning_four),
    Style("4", "apart", 0.8, fours.apart_four),
    Style("4", "wide", 0.6, fours.wide_four),
    Style("5", "unlifted", 4, fives.unlifted_five),
    Style("5", "capped", 4, fives.capped_five),
    Style("5", "s-like", 2, fives.s_like_five),
    Style("5", "crossed", 0.8, fives.crossed_five),
    Style("5", "detached", 0.8, fives.detached_five),
    Style("5", "looped", 0.5, fives.looped_five),
    Style("6", "curved", 5, sixes.curved_six),
    Style("6", "straight", 3, sixes.straight_six),
    Style("6", "small", 1.5, sixes.small_six),
    Style("6", "curled", 1, sixes.curled_six),
    Style("6", "tiny-looped", 0.6, sixes.tiny_looped_six),
    Style("6", "unclosed", 0.8, sixes.unclosed_six),
    Style("7", "plain", 4, sevens.plain_seven),
    Style("7", "serif", 1.5, sevens.serif_seven),
    Style("7", "barred", 3, sevens.barred_seven),
    Style("7", "serif and barred", 1.5, sevens.serif_barred_seven),
    Style("7", "curled and barred", 0.6, sevens.curled_barred_seven),
    Style("7", "ticked", 0.6, sevens.ticked_seven),
    Style("7", "drop-barred", 0.6, sevens.drop_barred_seven),
    Style("7", "dropped", 0.6, sevens.dropped_seven),
    Style("7", "round", 0.8, sevens.round_seven),
    Style("8", "s-first", 4, eights.s_first_eight),
    Style("8", "open", 2, eights.open_eight),
    Style("8", "endless", 2, eights.endless_eight),
    Style("8", "two circles", 2, eights.two_circles_eight),
    Style("8", "ribbon", 0.7, eights.ribbon_eight),
    Style("8", "apart", 0.7, eights.apart_eight),
    Style("8", "left-begun", 0.7, eights.left_begun_eight),
    Style("9", "straight", 4, nines.straight_nine),
    Style("9", "hooked", 3, nines.hooked_nine),
    Style("9", "curled", 1.5, nines.curled_nine),
    Style("9", "open", 1, nines.open_nine),
    Style("9", "ring and stem", 1.5, nines.ring_and_stem_nine),
    Style("9", "small-headed", 0.8, nines.small_headed_nine),
    Style("9", "flat-headed", 0.6, nines.flat_headed_nine),
    Style("9", "hook-headed", 0.8, nines.hook_headed_nine),
    Style("9", "swept", 0.6, nines.swept_nine),
)
