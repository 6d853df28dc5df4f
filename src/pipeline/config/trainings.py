"""Settings of trainings: how a network learns."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, model_validator

from pipeline.config.base import Settings

Count = Annotated[int, Field(ge=0)]
NonNegative = Annotated[float, Field(ge=0)]


class ImageAugmentSettings(Settings):
    """Augmentation of each training image, drawn anew in every epoch; all zero for none.

    Attributes:
        shift: farthest shift in time, as a share of the width; silence comes in.
        stretch: farthest change of tempo, as a share: 0.1 is 0.9 to 1.1 times.
        bands: farthest shift in pitch, as a share of the height.
        warp: farthest stretch of the frequency axis, as a share: another vocal tract.
        time_masks: SpecAugment's masks over time in each image.
        time_mask: their greatest width, as a share of the width.
        frequency_masks: SpecAugment's masks over frequency in each image.
        frequency_mask: their greatest height, as a share of the height.
        gain: deviation of what is added to the whole image, as a share of full scale.
    """

    shift: NonNegative
    stretch: Annotated[float, Field(ge=0, lt=1)]
    bands: NonNegative
    warp: Annotated[float, Field(ge=0, lt=1)]
    time_masks: Count
    time_mask: Annotated[float, Field(ge=0, le=1)]
    frequency_masks: Count
    frequency_mask: Annotated[float, Field(ge=0, le=1)]
    gain: NonNegative


class TrainingSettings(Settings):
    """How a network learns.

    Attributes:
        epochs: how many at most; schedules end there.
        validation: ``stop`` takes the epoch with the best validation UAR and stops
            early; ``learn`` trains on the validation clips too, takes the last epoch,
            and so leaves nothing to choose.
        patience: epochs without a better validation UAR before stopping; null for never.
        frozen: first epochs in which initial weights that were not drawn stay as they
            are, and only the other weights learn.
        batch: clips per step.
        rate: the highest learning rate of AdamW.
        weight_decay: of AdamW.
        schedule: of the learning rate.
        label_smoothing: share of the target that is spread over all emotions.
        mixup: alpha of the Beta distribution that mixes two clips; 0 for none.
        average: decay per step of the running average of the weights that is used
            instead of the last weights; null for none.
        augment: augmentation of images.
        test_views: shifted and stretched copies of a clip whose probabilities are
            averaged in prediction; 1 for the clip as it is.
        precision: ``float32``, or ``mixed``: bfloat16 where there is a GPU.
        compile: compile the network; costs a minute, pays on a GPU.
    """

    epochs: Annotated[int, Field(ge=1)]
    validation: Literal["stop", "learn"]
    patience: Annotated[int, Field(ge=1)] | None
    frozen: Count
    batch: Annotated[int, Field(ge=2)]
    rate: PositiveFloat
    weight_decay: NonNegative
    schedule: Literal["one-cycle", "cosine", "constant"]
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    mixup: NonNegative
    average: Annotated[float, Field(gt=0, lt=1)] | None
    augment: ImageAugmentSettings
    test_views: Annotated[int, Field(ge=1, le=9)]
    precision: Literal["float32", "mixed"]
    compile: bool

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.validation == "learn" and self.patience is not None:
            raise ValueError("patience must be null where validation is 'learn'")
        return self
