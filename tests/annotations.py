"""The type checker that holds the shapes in public signatures while the tests run."""

from beartype import BeartypeConf, beartype

# Every part of dlsteps that writes shapes into its signatures (test_architecture.py sees to that).
CHECKED = ("nn", "tensors", "graphs", "detection", "diffusion", "data", "train", "experiments")

# An int is a float here, as for every static type checker: `eps=1` is no mistake.
check = beartype(conf=BeartypeConf(is_pep484_tower=True))
