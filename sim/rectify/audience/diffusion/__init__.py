"""The published takedown model (Truong et al. 2025): messages on a graph that stays, without a life of accounts."""

from rectify.audience.diffusion.fading import Fading
from rectify.audience.diffusion.model import DiffusionParams, MessageDiffusion
from rectify.audience.diffusion.records import COLUMNS, StepRecords

__all__ = ["COLUMNS", "DiffusionParams", "Fading", "MessageDiffusion", "StepRecords"]
