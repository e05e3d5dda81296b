#include "bench/exec/judge.h"

#include "base/quantity.h"
#include "bench/exec/program.h"

#include <gnu/lib-names.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- how it ended ---- */

/** "SIGSEGV", or "signal 99" where it has no name. */
static const char *signal_name(int number, char *text, size_t size)
{
    const char *name = sigabbrev_np(number);
    if (name)
        snprintf(text, size, "SIG%s", name);
    else
        snprintf(text, size, "signal %d", number);
    return text;
}

static void judge_timeout(const hm_exec_case *self, char *reason)
{
    double limit = self->options->timeout_seconds;
    char after[64];
    if (self->result->wall_ns < (uint64_t)(limit * 1e9))
        snprintf(reason, HM_EXEC_REASON_BYTES,
                 "the command ended after %s but processes it had started still ran at the timeout "
                 "of %g s",
                 hm_format_nanoseconds((double)self->result->wall_ns, after, sizeof after), limit);
    else
        snprintf(reason, HM_EXEC_REASON_BYTES, "it did not end within %g s", limit);
}

static void add_last_words(const hm_exec_case *self, char *reason)
{
    size_t used = strlen(reason);
    if (*self->result->words.last)
        snprintf(reason + used, HM_EXEC_REASON_BYTES - used, "; it last wrote: %s",
                 self->result->words.last);
}

static void judge_end(const hm_exec_case *self, char *reason)
{
    char first[64], second[64];
    const hm_exec_result *result = self->result;
    switch (result->end) {
    case HM_PROCESS_INTERRUPTED:
        snprintf(reason, HM_EXEC_REASON_BYTES, "interrupted");
        return;
    case HM_PROCESS_TIMED_OUT:
        judge_timeout(self, reason);
        break;
    case HM_PROCESS_TOO_LARGE:
        snprintf(reason, HM_EXEC_REASON_BYTES, "resident memory %s passed the limit of %s",
                 hm_format_bytes((double)result->last_sum_bytes, first, sizeof first),
                 hm_format_bytes((double)self->options->memory_limit_bytes, second, sizeof second));
        break;
    case HM_PROCESS_KILLED:
        snprintf(reason, HM_EXEC_REASON_BYTES, "it was killed by %s",
                 signal_name(result->code, first, sizeof first));
        break;
    case HM_PROCESS_EXITED:
        if (result->code == self->options->expected_status)
            return;
        snprintf(reason, HM_EXEC_REASON_BYTES, "it ended with exit code %d instead of %d",
                 result->code, self->options->expected_status);
        break;
    }
    add_last_words(self, reason);
}

/* ---- who served it ---- */

static bool same_file(const char *first, const char *second)
{
    struct stat left, right;
    return stat(first, &left) == 0 && stat(second, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

bool hm_exec_is_expected(const hm_exec_variant *variant, const char *file)
{
    const char *slash = strrchr(file, '/');
    if (*variant->library)
        return same_file(file, variant->library);
    return strcmp(slash ? slash + 1 : file, LIBC_SO) == 0;
}

static const char *short_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/** A process said that its malloc comes from elsewhere. */
static void tell_wrong_origin(const hm_exec_case *self, const hm_exec_word *word, char *reason)
{
    const char *expected = *self->variant->library ? self->variant->library : LIBC_SO;
    const char *loader = self->result->words.loader;
    if (strcmp(word->malloc_file, word->executable) == 0)
        snprintf(reason, HM_EXEC_REASON_BYTES,
                 "%.300s defines a malloc of its own, which comes before any that is preloaded",
                 word->executable);
    else
        snprintf(reason, HM_EXEC_REASON_BYTES,
                 "%.100s got malloc from %.200s instead of %.200s%s%s",
                 short_name(word->executable), word->malloc_file, expected,
                 *loader ? "; the dynamic linker said: " : "", loader);
}

/** A program ran that said nothing. */
static void tell_no_proof(const char *executable, char *reason)
{
    const char *why = *executable ? hm_exec_why_unreachable(executable) : NULL;
    snprintf(reason, HM_EXEC_REASON_BYTES, "nothing proves its allocator: %.300s %s",
             *executable ? executable : "a process that cannot be read",
             why ? why
                 : "ran without the witness: it was started without LD_PRELOAD or does not use "
                   "this machine's dynamic linker");
}

/** An image that was seen without a word; NULL: each has one. */
static const hm_exec_seen *find_silent(const hm_exec_case *self)
{
    const hm_exec_tree *tree = &self->result->tree;
    for (size_t index = 0; index < tree->seen_count; index++) {
        const hm_exec_seen *seen = &tree->seen[index];
        if (!self->options->every_process && seen->pid != self->result->pid)
            continue;
        if (!hm_exec_testimony_of(self->testimony, seen->image))
            return seen;
    }
    return NULL;
}

/**
 * Whether the command ended under a name that no image of its own had that testified: too short for
 * a look, it may have become another program.
 */
static bool ended_as_another(const hm_exec_case *self)
{
    const hm_exec_result *result = self->result;
    const hm_exec_word *word = hm_exec_testimony_last(self->testimony, result->pid);
    if (*result->name == '\0' || strcmp(word->name, result->name) == 0)
        return false;
    for (size_t index = 0; index < result->tree.seen_count; index++) {
        const hm_exec_seen *seen = &result->tree.seen[index];
        /* It was seen to call itself that. */
        if (seen->pid == result->pid && seen->image == word->image &&
            strcmp(seen->name, result->name) == 0)
            return false;
    }
    return true;
}

static void judge_proof(const hm_exec_case *self, char *reason)
{
    const hm_exec_testimony *testimony = self->testimony;
    for (size_t index = 0; index < testimony->count; index++) {
        if (!hm_exec_is_expected(self->variant, testimony->words[index].malloc_file)) {
            tell_wrong_origin(self, &testimony->words[index], reason);
            return;
        }
    }
    const hm_exec_seen *silent = find_silent(self);
    if (silent)
        tell_no_proof(silent->executable, reason);
    else if (!hm_exec_testimony_last(testimony, self->result->pid))
        tell_no_proof(self->executable, reason);
    else if (ended_as_another(self))
        snprintf(reason, HM_EXEC_REASON_BYTES,
                 "nothing proves its allocator: it ended under the name '%s', and no program of "
                 "that name told where its malloc came from",
                 self->result->name);
}

void hm_exec_judge(const hm_exec_case *self, char *reason)
{
    *reason = '\0';
    judge_end(self, reason);
    if (*reason == '\0')
        judge_proof(self, reason);
}
