"""What each chapter adds to the ideas, a folder each, named as its page.

Nothing lists what is here. Explorers, experiments and checks are found by looking:

- `scene` (or another module) has a function `explorer`;
- `evidence` has the check of claim N30 as `n30`;
- `experiments/` has a module for each experiment, and its result in `experiments/results/`;
- `figures` has the plots.

Chapters do not import each other. What several share stands in `dlsteps.claims`, `experiments` and `show`.
"""
