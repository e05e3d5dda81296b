#include "bench/exec/tree.h"

#include "bench/measure/proc_file.h"
#include "bench/strings.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void hm_exec_tree_open(hm_exec_tree *tree)
{
    *tree = (hm_exec_tree){.self = getpid(), .look_every = 1};
}

/* ---- who belongs to the tree ---- */

/** The number the kernel gave last, threads included: without a new one there is no new process. */
static uint64_t last_process(void)
{
    char line[128];
    const char *space;
    if (!hm_proc_read_line("/proc/loadavg", line, sizeof line) || !(space = strrchr(line, ' ')))
        return 0;
    return strtoull(space + 1, NULL, 10);
}

/** The parent of `pid`; 0: it is gone. The short name lies in brackets and may hold anything. */
static pid_t parent_of(pid_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    const char *bracket = hm_proc_read_file(path, text, sizeof text) ? strrchr(text, ')') : NULL;
    return bracket && strlen(bracket) > 4 ? (pid_t)strtol(bracket + 4, NULL, 10) : 0;
}

static int compare_pids(const void *first, const void *second)
{
    pid_t left = *(const pid_t *)first;
    pid_t right = *(const pid_t *)second;
    return (left > right) - (left < right);
}

static hm_exec_live *find_live(const hm_exec_tree *tree, pid_t pid)
{
    for (size_t index = 0; index < tree->live_count; index++) {
        if (tree->live[index].pid == pid)
            return &tree->live[index];
    }
    return NULL;
}

static bool is_other(const hm_exec_tree *tree, pid_t pid)
{
    return tree->other_count > 0 && bsearch(&pid, tree->others, tree->other_count,
                                            sizeof *tree->others, compare_pids) != NULL;
}

/** Follows the parents of `pid` until one is known. */
static bool descends(const hm_exec_tree *tree, pid_t pid)
{
    while (pid > 1 && !is_other(tree, pid)) {
        if (pid == tree->self || find_live(tree, pid))
            return true;
        pid = parent_of(pid);
    }
    return false;
}

static void add_live(hm_exec_tree *tree, pid_t pid)
{
    hm_resident resident;
    if (hm_resident_open(&resident, pid, NULL) != HM_OK)
        return;
    tree->live = hm_grow(tree->live, tree->live_count + 1, sizeof *tree->live);
    tree->live[tree->live_count++] =
        (hm_exec_live){.pid = pid, .resident = resident, .seen = SIZE_MAX, .here = true};
}

/** All numbers in /proc, sorted; a new array. */
static pid_t *list_processes(size_t *count)
{
    DIR *folder = opendir("/proc");
    pid_t *pids = NULL;
    size_t room = 0;
    *count = 0;
    for (struct dirent *entry = NULL; folder && (entry = readdir(folder));) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (*end != '\0' || pid < 1)
            continue;
        if (*count == room) {
            room = room ? 2 * room : 256;
            pids = hm_grow(pids, room, sizeof *pids);
        }
        pids[(*count)++] = (pid_t)pid;
    }
    if (folder)
        closedir(folder);
    if (*count > 1)
        qsort(pids, *count, sizeof *pids, compare_pids);
    return pids;
}

/** Takes in new processes. Who is not of the tree now never will be: children are reaped here. */
static void find_new(hm_exec_tree *tree)
{
    size_t count, others = 0;
    uint64_t number = last_process();
    if (number != 0 && number == tree->last_process)
        return;
    tree->last_process = number;
    pid_t *pids = list_processes(&count);
    for (size_t index = 0; index < count; index++) {
        pid_t pid = pids[index];
        if (find_live(tree, pid))
            continue;
        if (pid != tree->self && !is_other(tree, pid) && descends(tree, pid))
            add_live(tree, pid);
        else if (pid != tree->self)
            pids[others++] = pid;
    }
    free(tree->others);
    tree->others = pids;
    tree->other_count = others;
}

/* ---- what a process is ---- */

/** What was learnt of a process's image. */
typedef enum image_state { IMAGE_KNOWN, IMAGE_FORBIDDEN, IMAGE_NOT_YET } image_state;

/**
 * The address of AT_RANDOM in the process's auxiliary vector. It is not there yet while an exec is
 * under way, and another user's is not shown.
 */
static image_state image_of(pid_t pid, uint64_t *image)
{
    ElfW(auxv_t) vector[64];
    char path[64];
    *image = 0;
    snprintf(path, sizeof path, "/proc/%ld/auxv", (long)pid);
    memset(vector, 0, sizeof vector);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return errno == EACCES || errno == EPERM ? IMAGE_FORBIDDEN : IMAGE_NOT_YET;
    hm_proc_read_descriptor(descriptor, (char *)vector, sizeof vector);
    close(descriptor);
    for (size_t index = 0; index < HM_COUNT_OF(vector) && vector[index].a_type != AT_NULL;
         index++) {
        if (vector[index].a_type == AT_RANDOM)
            *image = vector[index].a_un.a_val;
    }
    return *image == 0 ? IMAGE_NOT_YET : IMAGE_KNOWN;
}

static char *executable_of(pid_t pid)
{
    char path[64], target[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%ld/exe", (long)pid);
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    return hm_copy(target);
}

static size_t add_seen(hm_exec_tree *tree, pid_t pid, uint64_t image, uint64_t now_ns)
{
    tree->seen = hm_grow(tree->seen, tree->seen_count + 1, sizeof *tree->seen);
    tree->seen[tree->seen_count] = (hm_exec_seen){.pid = pid,
                                                  .image = image,
                                                  .executable = executable_of(pid),
                                                  .first_ns = now_ns,
                                                  .last_ns = now_ns};
    return tree->seen_count++;
}

/** Notes the process's name, unless an exec came between: it would be the next image's. */
static void note_name(hm_exec_seen *seen)
{
    char path[64], name[HM_EXEC_NAME_BYTES];
    uint64_t image;
    snprintf(path, sizeof path, "/proc/%ld/comm", (long)seen->pid);
    if (hm_proc_read_line(path, name, sizeof name) && image_of(seen->pid, &image) == IMAGE_KNOWN &&
        image == seen->image)
        memcpy(seen->name, name, sizeof name);
}

/** Notes the process's name and peak, under a new entry where it runs another image now. */
static void note(hm_exec_tree *tree, hm_exec_live *live, uint64_t now_ns)
{
    uint64_t peak = 0, image;
    image_state known = image_of(live->pid, &image);
    if (live->seen == SIZE_MAX && known == IMAGE_NOT_YET)
        return;
    if (live->seen == SIZE_MAX || (known == IMAGE_KNOWN && tree->seen[live->seen].image != image))
        live->seen = add_seen(tree, live->pid, image, now_ns);
    hm_exec_seen *seen = &tree->seen[live->seen];
    if (known == IMAGE_KNOWN)
        note_name(seen);
    seen->last_ns = now_ns;
    if (hm_resident_peak(&live->resident, &peak) && (int64_t)peak > seen->peak_rss_bytes)
        seen->peak_rss_bytes = (int64_t)peak;
    if (seen->peak_rss_bytes > tree->largest_peak_bytes)
        tree->largest_peak_bytes = seen->peak_rss_bytes;
}

/* ---- looking ---- */

void hm_exec_tree_add_point(hm_exec_tree *tree, uint64_t now_ns, int64_t rss_bytes)
{
    if (tree->look_ns == NULL) {
        tree->look_ns = hm_grow(NULL, HM_EXEC_MOST_POINTS, sizeof *tree->look_ns);
        tree->look_rss_bytes = hm_grow(NULL, HM_EXEC_MOST_POINTS, sizeof *tree->look_rss_bytes);
    }
    if (tree->looks++ % tree->look_every != 0) {
        int64_t *last = &tree->look_rss_bytes[tree->look_count - 1];
        *last = rss_bytes > *last ? rss_bytes : *last;
        return;
    }
    if (tree->look_count == HM_EXEC_MOST_POINTS) {
        for (size_t index = 0; index < HM_EXEC_MOST_POINTS; index += 2) {
            int64_t first = tree->look_rss_bytes[index], second = tree->look_rss_bytes[index + 1];
            tree->look_ns[index / 2] = tree->look_ns[index];
            tree->look_rss_bytes[index / 2] = first > second ? first : second;
        }
        tree->look_count = HM_EXEC_MOST_POINTS / 2;
        tree->look_every *= 2;
    }
    tree->look_ns[tree->look_count] = now_ns;
    tree->look_rss_bytes[tree->look_count++] = rss_bytes;
}

static void forget_gone(hm_exec_tree *tree)
{
    size_t kept = 0;
    for (size_t index = 0; index < tree->live_count; index++) {
        if (tree->live[index].here)
            tree->live[kept++] = tree->live[index];
        else
            hm_resident_close(&tree->live[index].resident);
    }
    tree->live_count = kept;
}

int64_t hm_exec_tree_look(hm_exec_tree *tree, uint64_t now_ns)
{
    int64_t sum = 0;
    find_new(tree);
    for (size_t index = 0; index < tree->live_count; index++) {
        hm_exec_live *live = &tree->live[index];
        uint64_t rss = 0;
        /* A process that has ended and waits to be reaped still has a statm, of zeros. */
        live->here = hm_resident_read(&live->resident, &rss);
        if (!live->here || rss == 0)
            continue;
        note(tree, live, now_ns);
        sum += (int64_t)rss;
    }
    forget_gone(tree);
    if (tree->live_count > tree->most_processes)
        tree->most_processes = tree->live_count;
    if (sum > tree->peak_rss_bytes)
        tree->peak_rss_bytes = sum;
    if (sum > 0)
        hm_exec_tree_add_point(tree, now_ns, sum);
    return sum;
}

size_t hm_exec_tree_kill(hm_exec_tree *tree)
{
    size_t killed = 0;
    tree->last_process = 0;
    find_new(tree);
    for (size_t index = 0; index < tree->live_count; index++)
        killed += kill(tree->live[index].pid, SIGKILL) == 0;
    return killed;
}

void hm_exec_tree_clear(hm_exec_tree *tree)
{
    for (size_t index = 0; index < tree->live_count; index++)
        hm_resident_close(&tree->live[index].resident);
    for (size_t index = 0; index < tree->seen_count; index++)
        free(tree->seen[index].executable);
    free(tree->others);
    free(tree->live);
    free(tree->seen);
    free(tree->look_ns);
    free(tree->look_rss_bytes);
    *tree = (hm_exec_tree){0};
}
