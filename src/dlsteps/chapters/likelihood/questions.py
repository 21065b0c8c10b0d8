"""The questions of the chapter on likelihood: its functions say which answers are right."""

from __future__ import annotations

import math

import torch

from dlsteps.nn.likelihood import (
    cross_entropy,
    entropy,
    gaussian_negative_log_likelihood,
    kl_divergence,
    log_softmax,
    logistic_objective,
    negative_log_likelihood,
    negative_log_likelihood_derivative,
    newton,
    smooth_labels,
    softmax,
)
from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Matrix, Mistake, Pick, Quiz

CLOSE = 0.006  # two decimals are enough


def three_labels() -> Enter:
    """The likelihood of three labels."""
    q = torch.tensor([0.5, 0.5, 0.8], dtype=torch.float64)
    return Enter(
        name="three-labels",
        asks="A model gives the right labels of three samples the probabilities 0.5, 0.5 and 0.8. "
        "The samples are independent. How likely are all three labels together?",
        right=q.prod().item(),
        within=CLOSE,
        mistakes=[
            Mistake(q.mean().item(), "That is the mean. Independent events multiply."),
            Mistake(q.sum().item(), "That is the sum, and no probability exceeds 1."),
            Mistake(-q.log().sum().item(), "That is its negative logarithm, which comes next."),
        ],
        why="0.5 · 0.5 · 0.8. With a thousand samples the product is too small for a computer; its "
        "logarithm is not.",
    )


def best_coin() -> Enter:
    """The most likely q for four zeros and eight ones."""
    answers = torch.tensor([0] * 4 + [1] * 8)
    nothing = torch.zeros(12, 0, dtype=torch.float64)  # no features: the intercept alone
    best = newton(logistic_objective(nothing, answers)).parameters
    return Enter(
        name="best-coin",
        asks="Of twelve labels four are 0 and eight are 1. A model gives every sample the same probability "
        "q of a 1. Which q makes these labels as likely as they can be?",
        right=torch.sigmoid(best).item(),
        within=CLOSE,
        mistakes=[
            Mistake(0.5, "That would be for six of each.", "#likelihood:theta=0.0&step=cross-entropy"),
            Mistake(1.0, "Then each label 0 would be impossible, and so would be all twelve together."),
            Mistake(1 / 3, "That is the share of the zeros."),
        ],
        why="q is the share of the ones, 8/12: what was seen is most likely to a model that expects it.",
    )


def what_is_left() -> Enter:
    """The least cross-entropy of a model that cannot be p."""
    p = torch.tensor([0.5, 0.5], dtype=torch.float64)
    return Enter(
        name="what-is-left",
        asks="Half of the labels are 0 and half are 1, and the inputs say nothing about which. What is the "
        "least cross-entropy, in nats, that any model can reach?",
        right=entropy(p).item(),
        within=CLOSE,
        mistakes=[
            Mistake(0.0, "A loss of 0 needs each label to be certain. Here nothing tells them apart."),
            Mistake(1.0, "That is in bits; a nat is larger: log 2 is 0.693."),
            Mistake(0.5, "That is the accuracy of a guess."),
        ],
        why="It is the entropy of the labels, log 2. KL is 0 then, and no model gets below.",
    )


def logit_slope() -> Enter:
    """The slope of the loss toward the right class's logit."""
    z, y = torch.tensor([[2.0, 1.0, 0.0]], dtype=torch.float64), torch.tensor([0])
    q = softmax(z)[0, 0].item()
    return Enter(
        name="logit-slope",
        asks="Logits 2, 1, 0 make the probabilities 0.665, 0.245, 0.090. The label is class 0. "
        "What is the slope of the loss, −log q of class 0, toward the first logit?",
        right=negative_log_likelihood_derivative(z, y)[0, 0].item(),
        within=CLOSE,
        mistakes=[
            Mistake(q, "That is q. The label takes 1 from it."),
            Mistake(1 - q, "The size is right. A larger logit of the right class makes the loss smaller."),
            Mistake(-1 / q, "That is the slope toward q itself; the softmax still lies between."),
        ],
        why="What is believed less what is true: 0.665 − 1.",
    )


def accuracy_slope() -> Choose:
    """The gradient of accuracy."""
    z = torch.tensor([[2.0, 1.9], [0.3, -1.0], [0.1, 0.4]], dtype=torch.float64)
    moved = z + 1e-3 * torch.tensor([[-1.0, 1.0]], dtype=torch.float64)
    still = torch.equal(z.argmax(1), moved.argmax(1))
    return Choose(
        name="accuracy-slope",
        asks="A classifier is to be trained on its accuracy itself, by gradient descent. What is the "
        "gradient of the accuracy with respect to the weights?",
        answers=[
            Answer("0 almost everywhere", right=still),
            Answer(
                "large where samples are wrong",
                says="A sample that is wrong stays wrong under a small enough step, and adds nothing.",
            ),
            Answer(
                "the gradient of the cross-entropy",
                says="The cross-entropy changes with every step; accuracy does not.",
            ),
        ],
        why="It changes only where a sample changes sides, and there it jumps.",
    )


def rounded_zero() -> Choose:
    """The logarithm of a softmax in float32."""
    z = torch.tensor([0.0, 200.0])
    by_hand, ours = torch.softmax(z, 0).log()[0].item(), log_softmax(z)[0].item()
    return Choose(
        name="rounded-zero",
        asks="In float32, what is `torch.softmax(torch.tensor([0., 200.]), 0).log()[0]`?",
        answers=[
            Answer(
                f"{ours:.0f}",
                right=by_hand == ours,
                says="That is the true value, and `log_softmax` gives it. Here the softmax is rounded first.",
            ),
            Answer("−inf", right=by_hand == -math.inf),
            Answer("0", says="That is the other class's: its probability is rounded to 1."),
        ],
        why="e^(−200) is below the least float32, so the probability is 0, and its logarithm is gone.",
    )


def check_yourself() -> Quiz:
    """Seven questions on what the page promised."""
    return Quiz(
        untrained(),
        costs_most(),
        same_place(),
        wrong_way(),
        softmax_again(),
        smoothed_floor(),
        far_off(),
        title="Check yourself",
    )


def untrained() -> Enter:
    """The loss of a classifier that knows nothing."""
    z, y = torch.zeros(1, 10, dtype=torch.float64), torch.tensor([3])
    return Enter(
        name="untrained",
        asks="A classifier of ten digits has not been trained: all its logits are 0. What loss should the "
        "first batch show, in nats?",
        right=negative_log_likelihood(z, y).item(),
        within=CLOSE,
        mistakes=[
            Mistake(0.1, "That is the probability of each digit; the loss is −log of it."),
            Mistake(1.0, "That is log₁₀ 10. Losses use the natural logarithm."),
            Mistake(0.9, "That is the share it gets wrong."),
        ],
        why="log 10. A first loss far from log C is a sign that something is wrong before the first step.",
    )


def costs_most() -> Pick:
    """The class that adds most to the loss."""
    counts = torch.tensor([12.0, 6.0, 3.0, 1.0], dtype=torch.float64)
    q = torch.tensor([0.7, 0.08, 0.2, 0.02], dtype=torch.float64)
    cost = counts * -q.log()
    return Pick(
        name="costs-most",
        asks="Labels of four classes, and the probability q that a model gives each class, whatever the "
        "sample. Pick the q of the class that adds most to the sum of −log q.",
        panel=Matrix(
            title="q",
            note="12, 6, 3 and 1 labels",
            values=q[None],
            rows=["q"],
            columns=[f"class {c}: {n:.0f}" for c, n in enumerate(counts)],
        ),
        axes=("row", "class"),
        right=[int(cost.argmax())],
        mistakes=[
            Mistake(
                [int(q.argmin())],
                "A single label of it costs most, 3.91; but there is only one.",
                "#likelihood:data=four&step=likelihood&theta=-1.0",
            ),
            Mistake([int(counts.argmax())], "Twelve labels that cost 0.36 each make 4.28."),
            Mistake([2], "Three labels that cost 1.61 each make 4.83."),
        ],
        why="Six labels at −log 0.08 = 2.53 each make 15.15.",
    )


def same_place() -> ChooseAll:
    """What NLL, CE and KL share."""
    p = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)
    z = torch.tensor([1.0, 0.0, -1.0], dtype=torch.float64, requires_grad=True)
    ce, kl = cross_entropy(p, softmax(z)), kl_divergence(p, softmax(z))
    slopes = [torch.autograd.grad(loss, z, retain_graph=True)[0] for loss in (ce, kl)]
    one_slope = bool((slopes[0] - slopes[1]).abs().max() < 1e-12)
    return ChooseAll(
        name="same-place",
        asks="For one set of labels and any model: which of these are the same for the cross-entropy CE and "
        "for KL?",
        answers=[
            Answer("where they are least", right=one_slope),
            Answer("their gradients toward the weights", right=one_slope),
            Answer(
                "their values",
                right=bool((ce - kl).abs() < 1e-12),
                says="They differ by the entropy of the labels, which is 0 only if the labels are certain.",
                see="#likelihood:data=out%20of%20reach&step=H%20%2B%20KL",
            ),
        ],
        why="They differ by H, which no weight can change.",
    )


def wrong_way() -> Choose:
    """Which direction of KL a likelihood contains."""
    p, q = (torch.tensor(v, dtype=torch.float64) for v in ([0.5, 0.5, 0.0], [0.4, 0.4, 0.2]))
    finite = bool(kl_divergence(p, q).isfinite())
    return Choose(
        name="wrong-way",
        asks="The labels show two of three classes, half each: p = (0.5, 0.5, 0). The model says "
        "q = (0.4, 0.4, 0.2). Which divergence does maximum likelihood make small, and is it finite?",
        answers=[
            Answer("D(p‖q), and it is finite", right=finite),
            Answer(
                "D(q‖p), and it is finite",
                says="D(q‖p) weighs by the model, and is infinite here: q expects what p rules out.",
            ),
            Answer(
                "D(p‖q), and it is infinite",
                right=not finite,
                says="It would be if the model ruled out a class that came.",
            ),
        ],
        why="The average is over the labels that came, so p weighs. A class that never came costs only "
        "through the share it takes from the others.",
    )


def softmax_again() -> Enter:
    """The least loss of a softmax of probabilities."""
    C = 10
    sure = torch.zeros(1, C, dtype=torch.float64)
    sure[0, 0] = 1
    right = negative_log_likelihood(sure, torch.tensor([0])).item()
    return Enter(
        name="softmax-again",
        asks="A network for ten classes ends with a softmax, and the loss, which expects logits, takes "
        "another. What is the least loss that it can reach?",
        right=right,
        within=CLOSE,
        mistakes=[
            Mistake(0.0, "Probabilities are at most 1 apart, and to the second softmax that is little."),
            Mistake(math.log(C), "That is for ten equal logits. They can be 1, 0, …, 0."),
        ],
        why="The best logits of the second softmax are 1, 0, …, 0: log(e + 9) − 1.",
    )


def smoothed_floor() -> Choose:
    """What label smoothing does to the best loss."""
    p = smooth_labels(torch.tensor([0]), 10, 0.1)
    floor = entropy(p).item()
    return Choose(
        name="smoothed-floor",
        asks="With label smoothing of 0.1 over ten classes the training loss stops falling at about 0.5. "
        "Is something wrong?",
        answers=[
            Answer(
                "No: the smoothed labels have that entropy",
                right=abs(floor - 0.5) < 0.02,
            ),
            Answer("Yes: it should reach 0", says="CE = H + KL, and H of a smoothed label is not 0."),
            Answer(
                "Yes: the learning rate is too small",
                says="At the least loss there is, no learning rate helps.",
            ),
        ],
        why=f"H = {floor:.3f} nats, and KL is 0 there.",
    )


def far_off() -> Enter:
    """The cost of an outlier in a regression."""
    zero = torch.zeros(1, dtype=torch.float64)
    least, far = (gaussian_negative_log_likelihood(zero, zero + miss).item() for miss in (0.0, 10.0))
    return Enter(
        name="far-off",
        asks="One output neuron, a normal distribution of variance 1 around it. A target that is missed by "
        "1 costs 0.5 nats more than one that is hit. How much more does a target that is missed by 10 cost?",
        right=far - least,
        within=CLOSE,
        mistakes=[
            Mistake(5.0, "It grows with the square of the miss."),
            Mistake(100.0, "Half of that: the exponent of the normal distribution is −(y − μ)²/2."),
        ],
        why="100/2. One far outlier weighs as much as a hundred targets missed by 1.",
    )
