"""Diffusion: add noise until nothing is left, and learn the way back."""

from dlsteps.diffusion.bound import Bound, variational_bound
from dlsteps.diffusion.denoiser import Denoiser
from dlsteps.diffusion.mixture import Mixture
from dlsteps.diffusion.process import (
    KINDS,
    VARIANCES,
    Gaussian,
    Kind,
    Prediction,
    ReverseStep,
    in_all_forms,
    p_sample,
    q_posterior,
    q_sample,
    q_step,
    reverse_variance,
    sample_losses,
    simple_loss,
)
from dlsteps.diffusion.quality import frechet_distance, matched_frechet_distance, nearest_distances
from dlsteps.diffusion.sampling import (
    Samples,
    ancestral,
    ddim,
    ddim_step,
    ddim_times,
    drop_labels,
    guided,
)
from dlsteps.diffusion.schedule import Schedule, cosine_schedule, linear_schedule
from dlsteps.diffusion.time_embedding import TimeEmbedding, time_embedding
from dlsteps.diffusion.unet import AttentionBlock, ResidualBlock, UNet

__all__ = [
    "KINDS",
    "VARIANCES",
    "AttentionBlock",
    "Bound",
    "Denoiser",
    "Gaussian",
    "Kind",
    "Mixture",
    "Prediction",
    "ResidualBlock",
    "ReverseStep",
    "Samples",
    "Schedule",
    "TimeEmbedding",
    "UNet",
    "ancestral",
    "cosine_schedule",
    "ddim",
    "ddim_step",
    "ddim_times",
    "drop_labels",
    "frechet_distance",
    "guided",
    "in_all_forms",
    "linear_schedule",
    "matched_frechet_distance",
    "nearest_distances",
    "p_sample",
    "q_posterior",
    "q_sample",
    "q_step",
    "reverse_variance",
    "sample_losses",
    "simple_loss",
    "time_embedding",
    "variational_bound",
]
