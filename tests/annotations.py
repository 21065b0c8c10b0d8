"""The type checker that holds the annotations of `dlsteps` while the tests run."""

from beartype import BeartypeConf, beartype

# An int is a float here, as for every static type checker: `eps=1` is no mistake.
check = beartype(conf=BeartypeConf(is_pep484_tower=True))
