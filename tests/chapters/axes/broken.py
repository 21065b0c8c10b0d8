"""For each check of the chapter: wrong forms, each of which has to make it come out false."""

BROKEN = {
    "c06": [
        {"flatten": lambda x: x.reshape(x.shape[0], -1)},
        {"flatten": lambda x: x.clone().view(x.shape[0], -1)},
        {"flatten": lambda x: x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)},
    ],
}
