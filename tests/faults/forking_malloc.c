/* An allocator that starts a process of its own when it is loaded, which does not end. */
#include <unistd.h>

#include "../fixtures/tiny_malloc.c"

__attribute__((constructor)) static void start_another(void)
{
    if (fork() == 0) {
        for (;;)
            pause();
    }
}
