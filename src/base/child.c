#include "base/child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EXIT_NOT_STARTED = 127, GRACE_SECONDS = 5 };

/* Lowers a limit; one that is lower stays, and the hard one is never raised. */
static void lower(pid_t child, __rlimit_resource_t what, rlim_t soft, rlim_t hard)
{
    struct rlimit limit;
    if (prlimit(child, what, NULL, &limit) != 0)
        return;
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > hard)
        limit.rlim_max = hard;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > soft)
        limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    prlimit(child, what, &limit, NULL);
}

void hm_child_bind(pid_t child, hm_child_bounds bounds)
{
    lower(child, RLIMIT_CORE, 0, 0);
    if (bounds.cpu_seconds > 0)
        lower(child, RLIMIT_CPU, bounds.cpu_seconds, bounds.cpu_seconds + GRACE_SECONDS);
    if (bounds.memory_bytes > 0)
        lower(child, RLIMIT_DATA, bounds.memory_bytes, bounds.memory_bytes);
}

void hm_child_enter(pid_t parent, hm_child_bounds bounds)
{
    /* The parent may have died before prctl: then its child has another one already. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(EXIT_NOT_STARTED);
    hm_child_bind(0, bounds);
    if (bounds.wall_seconds > 0) {
        signal(SIGALRM, SIG_DFL);
        alarm(bounds.wall_seconds);
    }
}
