/**
 * This program gives free, realloc or malloc_usable_size a pointer that malloc never gave, as its
 * arguments say: CALL KIND. A good allocator stops it with a message; if it goes on, it exits 0.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static char in_data[256];

static void *pointer(const char *kind)
{
    static volatile size_t step = 16; /* the compiler must not see what is wrong */
    char *huge = malloc((size_t)8 << 20), *large = malloc(100000);
    if (strcmp(kind, "data") == 0)
        return in_data + step;
    if (strcmp(kind, "stack") == 0)
        return __builtin_frame_address(0);
    if (strcmp(kind, "mapped") == 0)
        return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (strcmp(kind, "inside-huge") == 0)
        return huge + step;
    if (strcmp(kind, "far-inside-huge") == 0)
        return huge + (step << 18);
    if (strcmp(kind, "freed-huge") == 0)
        free(huge);
    if (strcmp(kind, "freed-huge") == 0)
        return huge;
    if (strcmp(kind, "inside-large") == 0)
        return large + step;
    if (strcmp(kind, "freed-large") == 0)
        free(large);
    if (strcmp(kind, "freed-large") == 0)
        return large;
    return (void *)0x123456789abcdef0; /* no address of a program's */
}

int main(int count, char **texts)
{
    void *block = count == 3 ? pointer(texts[2]) : NULL;
    if (block == NULL)
        return 2;
    if (strcmp(texts[1], "free") == 0)
        free(block);
    else if (strcmp(texts[1], "realloc") == 0)
        block = realloc(block, 200000);
    else
        printf("%zu\n", malloc_usable_size(block));
    printf("went on with %p\n", block);
    return 0;
}
