/* What the witnesses of `heapmark exec` wrote: a file that the user's program could write to. */
#include "bench/exec/testimony.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hm_exec_testimony testimony = {0};
    hm_exec_testimony_parse(&testimony, (const char *)data, size);
    HM_CHECK(testimony.count <= size / 5);
    for (size_t index = 0; index < testimony.count; index++) {
        const hm_exec_word *word = &testimony.words[index];
        HM_CHECK(strlen(word->name) + strlen(word->executable) + strlen(word->malloc_file) < size);
        HM_CHECK(hm_exec_testimony_last(&testimony, word->pid)->pid == word->pid);
        HM_CHECK(hm_exec_testimony_of(&testimony, word->image)->image == word->image);
    }
    hm_exec_testimony_clear(&testimony);
    return 0;
}
