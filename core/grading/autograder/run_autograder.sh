#!/usr/bin/env bash
# Runs for each hand-in. Each has a container of its own: where its kernel cannot confine the reader
# of files further, grading goes on.
root=${AUTOGRADER_ROOT:-/autograder}
cd "$root/source" || exit 1
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 PARETO_LAB_ALLOW_UNCONFINED=1
results=$root/results/results.json
mkdir -p "$root/results"
rm -f "$results"
environment/bin/python -m core.grading.autograder.grader "$root/source" "$root/submission" "$results"
if [ ! -s "$results" ]; then
    cat > "$results" <<'END'
{"score": 0, "output": "The grader was ended before it was done, probably because the container has too little memory. This says nothing about your file: tell the course staff.", "tests": []}
END
fi
