"""Every question of the book, by name: what must hold for all of them is tested over what is found here."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from dlsteps import chapters
from dlsteps.stage import Quiz
from dlsteps.stage.question import Question


def _made() -> Iterator[tuple[str, Question | Quiz]]:
    for chapter in pkgutil.iter_modules(chapters.__path__, f"{chapters.__name__}."):
        folder = importlib.import_module(chapter.name).__path__
        if "questions" not in {module.name for module in pkgutil.iter_modules(folder)}:
            continue
        module = importlib.import_module(f"{chapter.name}.questions")
        for name, make in inspect.getmembers(module, inspect.isfunction):
            if not name.startswith("_") and make.__module__ == module.__name__:
                yield chapter.name, make()


def found() -> dict[str, Question]:
    """Each question once, as "chapter/name"."""
    questions: dict[str, Question] = {}
    for chapter, made in _made():
        for question in made.questions if isinstance(made, Quiz) else [made]:
            questions[f"{chapter.rpartition('.')[2]}/{question.name}"] = question
    return questions


QUESTIONS = found()
