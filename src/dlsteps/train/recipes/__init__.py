"""What can be trained: one module each, found by listing this package.

A recipe is a module with these names:

- a docstring, whose first line says what is learned;
- `Settings`, a frozen dataclass on `Common`: every field can be set from the command line;
- `METRIC`, the entry of `metric`'s result that is the headline;
- `build(settings)`, the model; the generator is seeded before the call;
- `data(settings)`, called once; its result maps sample numbers (n,) to a batch, a dict or NamedTuple of
  tensors whose axis 0 is the sample. A sample is a function of (settings.seed, its number) alone;
- `loss(model, batch, settings)`, one value a sample, (n,);
- `metric(model, settings, progress)`, figures on held-out data.
"""
