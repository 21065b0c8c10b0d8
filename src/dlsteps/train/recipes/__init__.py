"""What can be trained: one module each, found by listing this package.

A recipe is a module with these names:

- a docstring, whose first line says what is learned;
- `Settings`, a frozen dataclass on `Common`: every field can be set from the command line;
- `METRIC`, the entry of `metric`'s result that is the headline;
- `build(settings)`, the model; the generator is seeded before the call;
- `data(settings)`, called once; its result maps sample numbers (n,) to a batch, a dict or NamedTuple of
  tensors whose axis 0 is the sample. A sample is a function of (settings.seed, its number) alone;
- `loss(model, batch, settings)`, one value a sample, (n,);
- `metric(model, settings, progress)`, figures on held-out data;

and, if it wants, with these:

- `prepare(settings)`, called before all else: it looks at all parts of the data, those of the metric too,
  raises ValueError for what the run could not do, and returns the settings, with what only the data know (the
  names of the classes), and facts by which the same data are known again;
- `JUDGED`, the names of settings that only the metric reads: a run may be resumed, or judged, with others;
- `describe(settings)`, what people need who have only the weights: sizes, range of values, names of classes.
"""
