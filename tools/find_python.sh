#!/bin/sh
# Print the first Python that can make the environment: 3.11 or later, with venv. PYTHON=... chooses one by hand.
# The oldest comes first: the book's outputs were computed on 3.11, and every dependency has wheels for it.

usable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

for python in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3 python}; do
    if usable "$python"; then
        echo "$python"
        exit 0
    fi
done

found=$(${PYTHON:-python3} --version 2>&1 | head -n 1)
echo "Python 3.11 or later with its venv module is needed; found: ${found:-none}." >&2
echo "Install it (Debian and Ubuntu: apt install python3 python3-venv) or name one: make PYTHON=/path/to/python3.12" >&2
exit 1
