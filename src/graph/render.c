/**
 * This module is drawings as files: DOT as it is written, SVG as Graphviz's `dot` draws it. The
 * program is run without a shell, with the text in a file in memory as its input.
 */
#include "base/child.h"
#include "graph/drawing.h"
#include "graph/whole_file.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Writes the drawing's text to a descriptor, which stays open. */
static hm_status write_text(const hm_drawing *drawing, int descriptor, hm_error *error)
{
    int copy = dup(descriptor);
    FILE *file = copy < 0 ? NULL : fdopen(copy, "w");
    if (file == NULL) {
        if (copy >= 0)
            close(copy);
        return hm_error_set(error, HM_IO_ERROR, "a graph cannot be written: %s", strerror(errno));
    }
    hm_status status = hm_drawing_write(drawing, file, error);
    if (fclose(file) != 0 && status == HM_OK)
        status = hm_error_set(error, HM_IO_ERROR, "a graph cannot be written: %s", strerror(errno));
    return status;
}

hm_status hm_drawing_save_dot(const hm_drawing *drawing, const char *path, hm_error *error)
{
    hm_whole_file file;
    hm_status status = hm_whole_file_open(&file, path, error);
    if (status != HM_OK)
        return status;
    status = write_text(drawing, file.descriptor, error);
    if (status == HM_OK)
        return hm_whole_file_keep(&file, error);
    hm_whole_file_drop(&file);
    return status;
}

/* Starts `dot` with these three as its standard streams. */
static hm_status start_dot(const int streams[3], pid_t *process, hm_error *error)
{
    char *arguments[] = {"dot", "-Tsvg", NULL};
    posix_spawn_file_actions_t actions;
    int reason = posix_spawn_file_actions_init(&actions);
    if (reason != 0)
        goto end;
    for (int stream = 0; stream < 3 && reason == 0; stream++)
        reason = posix_spawn_file_actions_adddup2(&actions, streams[stream], stream);
    if (reason == 0)
        reason = posix_spawnp(process, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);

end:
    if (reason == 0) {
        hm_child_bind(*process, HM_CHILD_HELPER);
        return HM_OK;
    }
    if (reason == ENOENT || reason == ENOTDIR || reason == EACCES)
        return hm_error_set(error, HM_UNAVAILABLE,
                            "no program dot on PATH to draw an SVG: install Debian's package "
                            "graphviz");
    return hm_error_set(error, HM_IO_ERROR, "dot cannot be started: %s", strerror(reason));
}

/* The first line of what `dot` complained of. */
static void read_complaint(int descriptor, char text[256])
{
    ssize_t length = pread(descriptor, text, 255, 0);
    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

static hm_status wait_for_dot(pid_t process, int complaints, hm_error *error)
{
    int state = 0;
    char complaint[256];
    pid_t ended;
    do
        ended = waitpid(process, &state, 0);
    while (ended < 0 && errno == EINTR);
    if (ended < 0)
        return hm_error_set(error, HM_IO_ERROR, "dot cannot be waited for: %s", strerror(errno));
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0)
        return HM_OK;
    read_complaint(complaints, complaint);
    if (WIFSIGNALED(state))
        return hm_error_set(error, HM_IO_ERROR, "dot was killed by signal %d", WTERMSIG(state));
    return hm_error_set(error, HM_IO_ERROR, "dot failed with exit code %d: %s", WEXITSTATUS(state),
                        complaint);
}

static hm_status run_dot(const hm_drawing *drawing, int output, hm_error *error)
{
    pid_t process;
    int text = memfd_create("heapmark-dot", MFD_CLOEXEC);
    int complaints = memfd_create("heapmark-dot-errors", MFD_CLOEXEC);
    hm_status status = HM_OK;
    if (text < 0 || complaints < 0)
        status = hm_error_set(error, HM_IO_ERROR, "no file in memory for dot: %s", strerror(errno));
    if (status == HM_OK)
        status = write_text(drawing, text, error);
    if (status == HM_OK && lseek(text, 0, SEEK_SET) != 0)
        status =
            hm_error_set(error, HM_IO_ERROR, "dot's input cannot be rewound: %s", strerror(errno));
    if (status == HM_OK)
        status = start_dot((const int[]){text, output, complaints}, &process, error);
    if (status == HM_OK)
        status = wait_for_dot(process, complaints, error);
    if (text >= 0)
        close(text);
    if (complaints >= 0)
        close(complaints);
    return status;
}

hm_status hm_drawing_save_svg(const hm_drawing *drawing, const char *path, hm_error *error)
{
    hm_whole_file file;
    hm_status status = hm_whole_file_open(&file, path, error);
    if (status != HM_OK)
        return status;
    status = run_dot(drawing, file.descriptor, error);
    if (status == HM_OK)
        return hm_whole_file_keep(&file, error);
    hm_whole_file_drop(&file);
    return status;
}
