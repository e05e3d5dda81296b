# shellcheck shell=bash
# This library runs a script's steps one after another, so that one that failed does not hide the next,
# and so that a run that was stopped goes on where it ended.
#
# step      a name and a command. What it prints goes to the terminal and into FOLDER/<slug>/output.txt;
#           what else it leaves (JUnit reports) lies beside that. FOLDER/steps.tsv gets a line for each
#           step that ended: verdict (passed, failed, or kept: it passed before), seconds, seconds of
#           processor time, slug, name.
# progress  what passed, a line each, in PROGRESS/passed: steps, and tests inside a step of each_alone.
#           It holds for the state of the tree in PROGRESS/state and is forgotten with another.
#
# Invariant: PROGRESS/passed names only what has passed whole since PROGRESS/state was written.

steps_folder='' steps_progress='' steps_again='' steps_job='' step_name='' step_folder=''
ctest_under=() # what ctest is started by, such as setarch -R

# The state of the tree this is called in: its commit, what differs from it, and files not added yet.
tree_state() {
  { git rev-parse HEAD && git diff --binary HEAD &&
    git ls-files -z --others --exclude-standard | xargs -0 -r sha256sum --; } | sha256sum | cut -d ' ' -f 1
}

# steps_begin FOLDER PROGRESS STATE RESUME AGAIN: with RESUME yes, and where PROGRESS was made in STATE, what
# passed then is kept; else all is forgotten. AGAIN is the command that goes on, for the one who stops this.
steps_begin() {
  local state=$3 resume=$4
  if [ "$resume" = yes ] && [ "$(cat "$2/state" 2>/dev/null)" != "$state" ]; then
    echo '== nothing to resume: this tree, or what is asked of it, is another than that of the last run'
    resume=no
  fi
  [ "$resume" = yes ] || rm -rf -- "$1" "$2"
  mkdir -p "$1" "$2"
  steps_folder=$(cd "$1" && pwd) steps_progress=$(cd "$2" && pwd) steps_again=$5
  : >"$steps_folder/steps.tsv"
  touch "$steps_progress/passed"
  times >"$steps_progress/times"
  echo "$state" >"$steps_progress/state"
  trap 'steps_stop INT 130' INT
  trap 'steps_stop TERM 143' TERM
  trap 'steps_stop HUP 129' HUP
}

# What passed before: KIND (step or test) and its name.
steps_remember() {
  printf '%s\t%s\n' "$1" "$2" >>"$steps_progress/passed"
}

steps_passed_before() {
  grep -qxF -- "$1"$'\t'"$2" "$steps_progress/passed"
}

# step NAME COMMAND...: runs a function or a program. Always returns 0: steps.tsv has the verdict.
step() {
  local verdict=passed began=$SECONDS processor
  processor=$(steps_processor)
  step_name=$1
  shift
  step_folder=$steps_folder/$(tr -cs 'a-zA-Z0-9' '-' <<<"$step_name" | sed 's/^-*//; s/-*$//')
  mkdir -p "$step_folder"
  echo "== $step_name"
  if steps_passed_before step "$step_name"; then
    verdict=kept
    echo "== $step_name: passed before"
  elif steps_watch "$@"; then
    steps_remember step "$step_name"
  else
    verdict=failed
    echo "== $step_name FAILED"
  fi
  times >"$steps_progress/times"
  printf '%s\t%s\t%s\t%s\t%s\n' "$verdict" $((SECONDS - began)) $(($(steps_processor) - processor)) \
    "${step_folder##*/}" "$step_name" >>"$steps_folder/steps.tsv"
}

# The seconds of processor time that all the steps before have had; `times` counts for the shell it runs in.
steps_processor() {
  awk 'NR == 2 { gsub(/[ms]/, " "); print int($1 * 60 + $2 + $3 * 60 + $4) }' "$steps_progress/times"
}

# Runs a command in a process group of its own, which the script waits for with its ears open: a signal is
# served at once, and all that the command started ends with it.
steps_watch() {
  local status=0
  set -m
  { "$@" 2>&1 | tee "$step_folder/output.txt"; } </dev/null &
  steps_job=$!
  set +m
  wait "$steps_job" || status=$?
  steps_job=''
  return "$status"
}

steps_stop() { # SIGNAL EXIT-CODE
  local _
  trap '' INT TERM HUP
  if [ -n "$steps_job" ]; then
    kill -TERM -- "-$steps_job" 2>/dev/null || true
    for _ in {1..50}; do
      kill -0 -- "-$steps_job" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-$steps_job" 2>/dev/null || true
  fi
  echo "== stopped by SIG$1 in: $step_name; go on with: $steps_again" >&2
  exit "$2"
}

# each_alone BUILD CTEST-ARGUMENT...: the tests of a build that the arguments choose, one by one, each with a
# report of its own. One that passed before is not run again, so this step goes on in its middle.
each_alone() {
  local build=$1 test status=0 tests
  shift
  mapfile -t tests < <(ctest --test-dir "$build" -N "$@" | sed -n 's/^ *Test *#[0-9]*: //p')
  if [ ${#tests[@]} -eq 0 ]; then
    echo "no test in $build is chosen by: $*"
    return 1
  fi
  for test in "${tests[@]}"; do
    if steps_passed_before test "$step_name: $test"; then
      echo "$test: passed before"
    elif run_ctest "$step_folder/$test.xml" --test-dir "$build" -R "^${test//./[.]}\$"; then
      steps_remember test "$step_name: $test"
    else
      status=1
    fi
  done
  return "$status"
}

# run_ctest REPORT CTEST-ARGUMENT...: with what failed shown, and every word of every test in the report.
run_ctest() {
  local report=$1
  shift
  rm -f -- "$report"
  "${ctest_under[@]}" ctest --output-on-failure --no-tests=error --test-output-size-passed 10000000 \
    --test-output-size-failed 10000000 --output-junit "$report" "$@" | grep --line-buffered -v '^ *Start '
}
