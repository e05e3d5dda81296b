#include "bench/measure/speed.h"

#include "bench/measure/clock.h"

enum { TRIES = 3, ROUNDS = 10000 };

/* Eight chains that do not wait for each other: more than one hardware thread's units can do, so a
 * neighbour on the same core takes from it. */
static uint64_t arithmetic(uint64_t seed)
{
    uint64_t a = seed, b = seed + 1, c = seed + 2, d = seed + 3;
    uint64_t e = seed + 4, f = seed + 5, g = seed + 6, h = seed + 7;
    for (int round = 0; round < ROUNDS; round++) {
        a += b ^ (a >> 7);
        b ^= a + 0x9e37;
        c += d ^ (c >> 5);
        d ^= c + 0x79b9;
        e += f ^ (e >> 3);
        f ^= e + 0x7f4a;
        g += h ^ (g >> 9);
        h ^= g + 0x7c15;
        __asm__ volatile(""
                         : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f), "+r"(g), "+r"(h));
    }
    return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

uint64_t hm_speed_probe_ns(void)
{
    uint64_t quickest_ns = UINT64_MAX;
    for (int try = 0; try < TRIES; try++) {
        uint64_t began_ns = hm_clock_wall_ns();
        uint64_t result = arithmetic(began_ns);
        __asm__ volatile("" : : "r"(result));
        uint64_t took_ns = hm_clock_wall_ns() - began_ns;
        if (took_ns < quickest_ns)
            quickest_ns = took_ns;
    }
    return quickest_ns;
}
