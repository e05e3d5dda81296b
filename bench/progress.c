#include "bench/progress.h"

#include "base/check.h"
#include "bench/measure/clock.h"
#include "bench/strings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const uint64_t second_ns = 1000000000u;

bool hm_when_holds(hm_when when, int descriptor, bool color)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    if (when != HM_AUTO)
        return when == HM_ALWAYS;
    if (color && no_color && *no_color)
        return false;
    return isatty(descriptor) && !(color && terminal && strcmp(terminal, "dumb") == 0);
}

void hm_progress_start(hm_progress *progress, const hm_run_options *options, size_t total,
                       size_t done)
{
    *progress = (hm_progress){.total = total, .done = done, .done_before = done};
    /* Not on a terminal `auto` prints a line now and then, `always` one for each sample. */
    progress->shown = options->progress != HM_NEVER;
    progress->every_sample = options->progress == HM_ALWAYS;
    progress->terminal = isatty(STDERR_FILENO);
    progress->colored = hm_when_holds(options->color, STDERR_FILENO, true);
    progress->started_ns = hm_clock_wall_ns();
}

/** "1:23" or "1:02:03". */
static const char *format_span(double seconds, char *text, size_t size)
{
    unsigned long whole = seconds > 0 ? (unsigned long)(seconds + 0.5) : 0;
    if (whole >= 3600)
        snprintf(text, size, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(text, size, "%lu:%02lu", whole / 60, whole % 60);
    return text;
}

static int terminal_columns(void)
{
    struct winsize window;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col < 20)
        return 80;
    return window.ws_col;
}

static void format_line(const hm_progress *progress, char *text, size_t size)
{
    char elapsed[32];
    char left[32] = "?";
    uint64_t now = hm_clock_wall_ns();
    size_t measured = progress->done - progress->done_before;
    format_span((double)(now - progress->started_ns) / 1e9, elapsed, sizeof elapsed);
    if (measured > 0) {
        double each = (double)(now - progress->measuring_since_ns) / 1e9 / (double)measured;
        format_span(each * (double)(progress->total - progress->done), left, sizeof left);
    }
    snprintf(text, size, "%zu/%zu  %s elapsed, %s left  %s", progress->done, progress->total,
             elapsed, left, progress->current);
}

static void draw(hm_progress *progress)
{
    char line[512];
    if (!progress->shown)
        return;
    progress->drawn_ns = hm_clock_wall_ns();
    format_line(progress, line, sizeof line);
    if (!progress->terminal) {
        fprintf(stderr, "%s\n", line);
        return;
    }
    int columns = terminal_columns() - 1;
    fprintf(stderr, "\r%s%.*s%s\033[K", progress->colored ? "\033[2m" : "", columns, line,
            progress->colored ? "\033[0m" : "");
    fflush(stderr);
    progress->drawn = true;
}

void hm_progress_doing(hm_progress *progress, const char *current)
{
    snprintf(progress->current, sizeof progress->current, "%s", current);
    if (progress->terminal)
        draw(progress);
}

void hm_progress_tick(void *context)
{
    hm_progress *progress = context;
    uint64_t pause_ns = progress->terminal ? second_ns : 10 * second_ns;
    if (hm_clock_wall_ns() - progress->drawn_ns >= pause_ns)
        draw(progress);
}

void hm_progress_finished(hm_progress *progress, const char *id, const char *reason)
{
    progress->done++;
    if (reason)
        hm_progress_say(progress, "invalid: %s: %s", id, reason);
    else if (!progress->terminal && (progress->done == progress->total || progress->every_sample))
        draw(progress);
}

void hm_progress_say(hm_progress *progress, const char *format, ...)
{
    va_list arguments;
    if (!progress->shown)
        return;
    hm_progress_end(progress);
    va_start(arguments, format);
    char *said = NULL;
    int length = vasprintf(&said, format, arguments);
    va_end(arguments);
    HM_CHECK(length >= 0);
    char *plain = hm_plain_line(said);
    fprintf(stderr, "%s\n", plain);
    free(plain);
    free(said);
}

void hm_progress_end(hm_progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}
