/**
 * This module is one run of one instance, in all its threads, so that the library's loop is begun
 * and ended exactly once a thread, whatever the body does.
 *
 * The overshoot is by how many iterations a loop in batches ran past the number asked for. A run is
 * skipped where its instance has failed before.
 *
 * Invariant: when Run() returns, the library's loop has ended in every thread, and with as many
 * iterations as in every other good run of the instance. The library sets up, runs the threads and
 * tears down in this order, one run at a time.
 */
#ifndef HM_BENCH_GBENCH_PARTS_RUN_H
#define HM_BENCH_GBENCH_PARTS_RUN_H

#include "bench/gbench_parts/benchmark.h"

#include <condition_variable>
#include <mutex>

namespace hm_gbench_parts
{
/** The run under way. The main thread (thread 0 of every run) fills it, the others wait for it. */
struct run_context {
    std::mutex mutex; /**< Guards all of this, the records and counter_flags. */
    std::condition_variable became_ready;
    bool ready = false;
    bool skip = false;      /**< The instance failed before this run's body began. */
    bool had_setup = false; /**< So it gets its teardown. */
    hm_gbench_benchmark *owner = nullptr;
    instance_record *instance = nullptr;
};
inline run_context context;

/** A thread's part of a run; the C side sees its base. */
struct run_state : hm_gbench_state {
    enum phase { setting_up, before_loop, in_loop, after_loop, tearing_down };

    run_state(hm_gbench_benchmark *of, const State &to_read, State *to_drive, phase begin)
        : hm_gbench_state{0}, owner(of), view(to_read), drive(to_drive), now(begin)
    {
    }

    // Called from C: out of memory ends the process rather than throw into it.
    bool fail(const char *reason) noexcept;
    void begin() noexcept;
    bool take(int64_t iterations) noexcept;
    void finish() noexcept;
    void learn_overshoot();

    hm_gbench_benchmark *owner;
    const State &view;
    State *drive; /**< NULL in a teardown. */
    phase now;
    bool paused = false;
    bool failed = false;
    std::string message;
    int64_t overshoot = 0;
    int64_t expected_overshoot = -1; /**< Of an earlier run of as many iterations; -1: none. */
};

inline constexpr char batch_changed[] = "the batch size must be the same in every repetition";

inline run_state *from(hm_gbench_state *state)
{
    return static_cast<run_state *>(state);
}

inline const run_state *from(const hm_gbench_state *state)
{
    return static_cast<const run_state *>(state);
}

/** Makes this an error result. The library hears of it in finish(), so that its counts agree. */
inline bool run_state::fail(const char *reason) noexcept
{
    if (failed || now == tearing_down)
        return false;
    failed = true;
    message = reason;
    iterations_left = 0;
    {
        std::lock_guard<std::mutex> lock(context.mutex);
        owner->any_failed = true;
        if (!context.instance->failed) {
            context.instance->failed = true;
            context.instance->message = message;
        }
    }
    if (now == after_loop && !owner->has_complexity)
        drive->SkipWithError(message.c_str());
    return true;
}

/**
 * Begins the library's loop. It counts down its own number; of that one iteration is taken here
 * and the rest in finish(), with the overshoot that only the end can know. A run of one iteration
 * leaves no rest, so there the overshoot must be known now.
 */
inline void run_state::begin() noexcept
{
    now = in_loop;
    iterations_left = view.max_iterations;
    drive->KeepRunningBatch(view.max_iterations > 1 ? 1 : 1 + overshoot);
}

/** Takes `iterations` where the header's quick path cannot. */
inline bool run_state::take(int64_t iterations) noexcept
{
    if (now == before_loop) {
        int64_t surplus = iterations - view.max_iterations;
        if (view.max_iterations == 1) {
            if (expected_overshoot >= 0 && surplus != expected_overshoot)
                return fail(batch_changed), false;
            overshoot = surplus;
        }
        begin();
        if (surplus < 0) {
            iterations_left -= iterations;
            return true;
        }
    }
    if (iterations_left == 0)
        return false;
    overshoot = iterations - iterations_left;
    iterations_left = 0;
    return true;
}

/** Ends the library's loop (begins it before where the body never did) and its clock. */
inline void run_state::finish() noexcept
{
    bool differs = expected_overshoot >= 0 && overshoot != expected_overshoot;
    if (differs)
        fail(batch_changed);
    if (differs && (now == before_loop || view.max_iterations > 1))
        overshoot = expected_overshoot;
    if (now == before_loop)
        begin();
    if (paused)
        drive->ResumeTiming();
    paused = false;
    if (view.max_iterations > 1)
        drive->KeepRunningBatch(view.max_iterations - 1 + overshoot);
    if (failed && !owner->has_complexity)
        drive->SkipWithError(message.c_str());
    drive->KeepRunningBatch(1);
    now = after_loop;
    iterations_left = 0;
}

inline void run_state::learn_overshoot()
{
    std::lock_guard<std::mutex> lock(context.mutex);
    auto &known = context.instance->overshoots[static_cast<size_t>(view.thread_index())];
    if (!failed)
        known[view.max_iterations] = overshoot;
}

inline void before_run(const State &)
{
    context.ready = false;
    context.skip = false;
    context.had_setup = false;
}

inline void after_run(const State &state)
{
    hook teardown = context.owner->teardown;
    if (!context.had_setup || teardown.function == nullptr)
        return;
    run_state torn_down(context.owner, state, nullptr, run_state::tearing_down);
    teardown.function(&torn_down, teardown.user_data);
}

/** Thread 0 begins the run: it calls setup, unless the instance has failed, and lets all go on. */
inline void lead_in(run_state &own)
{
    context.owner = own.owner;
    context.instance = &own.owner->instance_of(own.view);
    context.skip = context.instance->failed;
    context.had_setup = !context.skip;
    hook setup = own.owner->setup;
    if (context.had_setup && setup.function != nullptr)
        setup.function(&own, setup.user_data);
    own.now = run_state::before_loop;
    std::lock_guard<std::mutex> lock(context.mutex);
    context.skip = context.instance->failed;
    context.ready = true;
    context.became_ready.notify_all();
}

/** Every thread waits for the run to be ready, and learns what earlier runs have left for it. */
inline void join_in(run_state &own)
{
    std::unique_lock<std::mutex> lock(context.mutex);
    context.became_ready.wait(lock, [] { return context.ready; });
    auto &known = context.instance->overshoots[static_cast<size_t>(own.view.thread_index())];
    auto found = known.find(own.view.max_iterations);
    own.expected_overshoot = found == known.end() ? -1 : found->second;
    if (context.skip) {
        own.failed = true;
        own.message = context.instance->message;
    }
}
} // namespace hm_gbench_parts

/** One thread's part of one run: setup by the main thread, the body, the loop's end. */
inline void hm_gbench_benchmark::Run(benchmark::State &state)
{
    using namespace hm_gbench_parts;
    bool leads = state.thread_index() == 0;
    run_state own(this, state, &state, leads ? run_state::setting_up : run_state::before_loop);
    if (leads)
        lead_in(own);
    join_in(own);
    if (!context.skip)
        body.function(&own, body.user_data);
    if (own.now != run_state::after_loop) {
        if (!own.failed)
            own.fail("the function returned before its loop had ended");
        own.finish();
    }
    own.learn_overshoot();
    if (has_complexity && leads && state.complexity_length_n() < 1) {
        own.fail("complexity was asked for, and hm_gbench_set_complexity_n was not called");
        state.SetComplexityN(1);
    }
}

#endif
