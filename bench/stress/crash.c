#include "bench/stress/crash.h"

#include <signal.h>

static hm_stress_record *watched;
static _Thread_local unsigned own_thread;
static void (*explain_crash)(void);

void hm_stress_crash_explain(void (*explain)(void))
{
    explain_crash = explain;
}

void hm_stress_crash_is_of(unsigned thread)
{
    own_thread = thread;
}

#ifdef HM_SANITIZED

void hm_stress_crash_watch(hm_stress_record *record)
{
    watched = record;
}

#else

/* The handler is gone when it returns, so that the crash, met again, ends the process. */
static void on_crash(int number)
{
    HM_UNUSED(number);
    atomic_store(&watched->crashed_thread, (int)own_thread + 1);
    if (explain_crash != NULL)
        explain_crash();
}

void hm_stress_crash_watch(hm_stress_record *record)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP};
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND};
    watched = record;
    for (size_t index = 0; index < HM_COUNT_OF(numbers); index++)
        sigaction(numbers[index], &action, NULL);
}

#endif
