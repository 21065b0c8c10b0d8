"""The book's plots: one module a chapter, one function a plot, all in one style."""
