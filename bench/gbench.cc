/**
 * This module is the C++ side of gbench.h, so that all else is C. It holds each benchmark as an
 * object of a class of its own, drives the library's loop for it, and stands between the library
 * and the reporters.
 *
 * Invariant: the library's checks abort the process, and version 1.7.1 crashes where a family with
 * complexity has no good run, where only some repetitions of a benchmark fail, where it keeps
 * pointers into a vector that grew, and where its default reporter is used twice. So every call is
 * checked here first, every run is brought to its end here, and results are put right on their way
 * (see results_filter::put_right). The order in which the library works is relied on: for each run
 * setup, threads, teardown, and statistics and report of an instance right after its last run.
 */
#include "bench/gbench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cmath>
#include <condition_variable>
#include <cstdarg>
#include <cstring>
#include <ext/stdio_sync_filebuf.h>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace benchmark
{
// The library exports its flags, but its header does not declare them.
extern std::string FLAGS_benchmark_color;
extern std::string FLAGS_benchmark_format;
extern std::string FLAGS_benchmark_out;
extern std::string FLAGS_benchmark_out_format;
extern std::string FLAGS_benchmark_time_unit;
} // namespace benchmark

namespace
{
using benchmark::BenchmarkReporter;
using benchmark::Counter;
using benchmark::State;

thread_local char last_error[256] = "";
bool benchmarks_run = false;
std::vector<hm_gbench_benchmark *> registered; // Owned by the library.

/** Notes what is wrong for hm_gbench_error(); false, for the caller to return. */
__attribute__((format(printf, 1, 2))) bool refuse(const char *format, ...) noexcept
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(last_error, sizeof last_error, format, arguments);
    va_end(arguments);
    return false;
}

/** Runs `action`; an exception becomes false. */
template <class Action> bool guarded(Action &&action) noexcept
{
    try {
        return action();
    } catch (const std::exception &problem) {
        return refuse("Google Benchmark failed: %s", problem.what());
    } catch (...) {
        return refuse("Google Benchmark failed");
    }
}

struct hook {
    hm_gbench_function *function = nullptr;
    void *user_data = nullptr;
};

struct custom_statistic {
    hm_gbench_statistic *function;
    void *user_data;
};

/** What all runs of one instance (a benchmark, its arguments, its threads) share. */
struct instance_record {
    /** Of each thread: by how much the loop overshot, by the number of iterations asked for. */
    std::vector<std::map<int64_t, int64_t>> overshoots;
    std::vector<benchmark::MemoryManager::Result> memory; /**< One a repetition. */
    bool failed = false;
    std::string message;
};
} // namespace

struct hm_gbench_benchmark final : benchmark::internal::Benchmark {
    hm_gbench_benchmark(const char *wanted_name, hook wanted_body)
        : Benchmark(wanted_name), name(wanted_name), body(wanted_body)
    {
    }

    void Run(State &state) override;

    bool takes(size_t count) const
    {
        return ArgsCnt() == -1 || static_cast<size_t>(ArgsCnt()) == count;
    }
    size_t argument_count() const
    {
        return static_cast<size_t>(std::max(ArgsCnt(), 0));
    }
    instance_record &instance_of(const State &state);

    const std::string name;
    const hook body;
    hook setup, teardown;
    hm_gbench_complexity_shape *shape = nullptr;
    void *shape_data = nullptr;
    std::vector<custom_statistic> custom_statistics;
    bool has_iterations = false, has_time = false, real_time = false, manual_time = false;
    bool has_complexity = false, any_failed = false;
    std::map<std::string, unsigned> counter_flags;
    std::map<std::vector<int64_t>, instance_record> instances;
};

namespace
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
run_context context;

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

constexpr char batch_changed[] = "the batch size must be the same in every repetition";

run_state *from(hm_gbench_state *state)
{
    return static_cast<run_state *>(state);
}

const run_state *from(const hm_gbench_state *state)
{
    return static_cast<const run_state *>(state);
}

/** Makes this an error result. The library hears of it in finish(), so that its counts agree. */
bool run_state::fail(const char *reason) noexcept
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
void run_state::begin() noexcept
{
    now = in_loop;
    iterations_left = view.max_iterations;
    drive->KeepRunningBatch(view.max_iterations > 1 ? 1 : 1 + overshoot);
}

/** Takes `iterations` where the header's quick path cannot. */
bool run_state::take(int64_t iterations) noexcept
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
void run_state::finish() noexcept
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

void run_state::learn_overshoot()
{
    std::lock_guard<std::mutex> lock(context.mutex);
    auto &known = context.instance->overshoots[static_cast<size_t>(view.thread_index())];
    if (!failed)
        known[view.max_iterations] = overshoot;
}

void before_run(const State &)
{
    context.ready = false;
    context.skip = false;
    context.had_setup = false;
}

void after_run(const State &state)
{
    hook teardown = context.owner->teardown;
    if (!context.had_setup || teardown.function == nullptr)
        return;
    run_state torn_down(context.owner, state, nullptr, run_state::tearing_down);
    teardown.function(&torn_down, teardown.user_data);
}

double complexity_trampoline(benchmark::IterationCount n)
{
    return context.owner->shape(n, context.owner->shape_data);
}

/** The library's statistics carry no data, so each number of a statistic is a function. */
template <size_t Index> double statistic_trampoline(const std::vector<double> &values)
{
    const custom_statistic &statistic = context.owner->custom_statistics[Index];
    return statistic.function(values.data(), values.size(), statistic.user_data);
}

template <size_t... Indices>
benchmark::StatisticsFunc *trampoline_of(size_t index, std::index_sequence<Indices...>)
{
    static benchmark::StatisticsFunc *const table[] = {&statistic_trampoline<Indices>...};
    return table[index];
}

} // namespace

instance_record &hm_gbench_benchmark::instance_of(const State &state)
{
    std::vector<int64_t> key{state.threads()};
    for (size_t position = 0; position < argument_count(); position++)
        key.push_back(state.range(position));
    instance_record &record = instances[key];
    record.overshoots.resize(static_cast<size_t>(state.threads()));
    return record;
}

/** One thread's part of one run: setup by the main thread, the body, the loop's end. */
void hm_gbench_benchmark::Run(State &state)
{
    run_state own(this, state, &state,
                  state.thread_index() == 0 ? run_state::setting_up : run_state::before_loop);
    if (state.thread_index() == 0) {
        context.owner = this;
        context.instance = &instance_of(state);
        context.skip = context.instance->failed;
        context.had_setup = !context.skip;
        if (context.had_setup && setup.function != nullptr)
            setup.function(&own, setup.user_data);
        own.now = run_state::before_loop;
        std::lock_guard<std::mutex> lock(context.mutex);
        context.skip = context.instance->failed;
        context.ready = true;
        context.became_ready.notify_all();
    }
    {
        std::unique_lock<std::mutex> lock(context.mutex);
        context.became_ready.wait(lock, [] { return context.ready; });
        auto &known = context.instance->overshoots[static_cast<size_t>(state.thread_index())];
        auto found = known.find(state.max_iterations);
        own.expected_overshoot = found == known.end() ? -1 : found->second;
        if (context.skip) {
            own.failed = true;
            own.message = context.instance->message;
        }
    }
    if (!context.skip)
        body.function(&own, body.user_data);
    if (own.now != run_state::after_loop) {
        if (!own.failed)
            own.fail("the function returned before its loop had ended");
        own.finish();
    }
    own.learn_overshoot();
    if (has_complexity && state.thread_index() == 0 && state.complexity_length_n() < 1) {
        own.fail("complexity was asked for, and hm_gbench_set_complexity_n was not called");
        state.SetComplexityN(1);
    }
}

namespace
{
/** The C side's memory manager for the library. */
struct memory_manager final : benchmark::MemoryManager {
    hm_gbench_memory_manager callbacks{};
    int64_t tombstone =
        0; /**< Stands for "unknown"; TombstoneValue is not in every libbenchmark. */

    void Start() override
    {
        callbacks.start(callbacks.user_data);
    }
    void Stop(Result *result) override
    {
        Stop(*result);
    }
    void Stop(Result &result) override
    {
        hm_gbench_memory memory = {0, 0, HM_GBENCH_UNKNOWN, HM_GBENCH_UNKNOWN};
        tombstone = result.net_heap_growth; // As the library made it.
        callbacks.stop(&memory, callbacks.user_data);
        result.num_allocs = memory.allocations;
        result.max_bytes_used = memory.max_bytes_used;
        if (memory.total_allocated_bytes != HM_GBENCH_UNKNOWN)
            result.total_allocated_bytes = memory.total_allocated_bytes;
        if (memory.net_heap_growth_bytes != HM_GBENCH_UNKNOWN)
            result.net_heap_growth = memory.net_heap_growth_bytes;
        if (context.instance != nullptr)
            context.instance->memory.push_back(result);
    }
};
memory_manager the_memory_manager;

// --- Counters' flags, C to C++ and back ----------------------------------------------------

constexpr unsigned all_flags = 31;

Counter::Flags library_flags(unsigned flags)
{
    unsigned low = flags & ~unsigned{HM_GBENCH_COUNTER_INVERT};
    auto inverted = (flags & HM_GBENCH_COUNTER_INVERT) != 0 ? Counter::kInvert : Counter::kDefaults;
    return static_cast<Counter::Flags>(low) | inverted;
}

unsigned own_flags(Counter::Flags flags)
{
    unsigned bits = static_cast<unsigned>(flags);
    bool inverted = (bits & static_cast<unsigned>(Counter::kInvert)) != 0;
    return (bits & 15U) | (inverted ? unsigned{HM_GBENCH_COUNTER_INVERT} : 0U);
}

static_assert(int{Counter::kIsRate} == HM_GBENCH_COUNTER_RATE &&
                  int{Counter::kAvgThreads} == HM_GBENCH_COUNTER_AVERAGE_THREADS &&
                  int{Counter::kIsIterationInvariant} == HM_GBENCH_COUNTER_ITERATION_INVARIANT &&
                  int{Counter::kAvgIterations} == HM_GBENCH_COUNTER_AVERAGE_ITERATIONS,
              "the flags are passed on as they are");
static_assert(int{benchmark::kSecond} == HM_GBENCH_SECOND &&
                  int{benchmark::oLambda} == HM_GBENCH_COMPLEXITY_FUNCTION &&
                  int{benchmark::kPercentage} == HM_GBENCH_STATISTIC_PERCENTAGE,
              "the enumerations are passed on as they are");

// --- Reporters -----------------------------------------------------------------------------

/** Hands each result to a C function. */
struct function_reporter final : BenchmarkReporter {
    function_reporter(hm_gbench_result_function *function, void *data)
        : call(function), user_data(data)
    {
    }
    bool ReportContext(const Context &) override
    {
        return true;
    }
    void ReportRuns(const std::vector<Run> &runs) override
    {
        for (const Run &run : runs)
            report(run);
    }
    void report(const Run &run) const;

    hm_gbench_result_function *call;
    void *user_data;
};

hm_gbench_memory own_memory(const benchmark::MemoryManager::Result &result)
{
    auto known = [](int64_t value) {
        return value == the_memory_manager.tombstone ? HM_GBENCH_UNKNOWN : value;
    };
    return {result.num_allocs, result.max_bytes_used, known(result.total_allocated_bytes),
            known(result.net_heap_growth)};
}

void function_reporter::report(const Run &run) const
{
    const std::string name = run.benchmark_name();
    std::vector<hm_gbench_counter> counters;
    for (const auto &[key, counter] : run.counters)
        counters.push_back({key.c_str(), counter.value, own_flags(counter.flags),
                            static_cast<hm_gbench_thousand>(counter.oneK)});
    hm_gbench_memory memory{};
    if (run.memory_result != nullptr)
        memory = own_memory(*run.memory_result);
    bool aggregate = run.run_type == Run::RT_Aggregate;
    bool share = aggregate && !run.report_rms && run.aggregate_unit == benchmark::kPercentage;

    hm_gbench_result result{};
    result.name = name.c_str();
    result.function_name = run.run_name.function_name.c_str();
    result.arguments = run.run_name.args.c_str();
    result.label = run.report_label.c_str();
    result.error_message = run.error_occurred ? run.error_message.c_str() : nullptr;
    result.is_aggregate = aggregate;
    result.aggregate_name = run.aggregate_name.c_str();
    result.aggregate_unit = static_cast<hm_gbench_statistic_unit>(run.aggregate_unit);
    result.time_unit = static_cast<hm_gbench_time_unit>(run.time_unit);
    result.iterations = run.iterations;
    result.threads = run.threads;
    result.repetition_index = aggregate ? -1 : run.repetition_index;
    result.repetitions = run.repetitions;
    result.family_index = run.family_index;
    result.real_time = share ? run.real_accumulated_time : run.GetAdjustedRealTime();
    result.cpu_time = share ? run.cpu_accumulated_time : run.GetAdjustedCPUTime();
    result.real_seconds = aggregate ? 0 : run.real_accumulated_time;
    result.cpu_seconds = aggregate ? 0 : run.cpu_accumulated_time;
    result.is_big_o = run.report_big_o;
    result.is_rms = run.report_rms;
    result.complexity = static_cast<hm_gbench_complexity_order>(run.complexity);
    result.complexity_n = run.complexity_n;
    result.memory = run.memory_result != nullptr ? &memory : nullptr;
    result.allocations_per_iteration = run.allocs_per_iter;
    result.counters = counters.data();
    result.counter_count = counters.size();
    call(&result, user_data);
}

BENCHMARK_DISABLE_DEPRECATED_WARNING
std::unique_ptr<BenchmarkReporter> new_reporter(hm_gbench_format format)
{
    if (format == HM_GBENCH_JSON)
        return std::make_unique<benchmark::JSONReporter>();
    if (format == HM_GBENCH_CSV)
        return std::make_unique<benchmark::CSVReporter>();
    return std::make_unique<benchmark::ConsoleReporter>(benchmark::ConsoleReporter::OO_None);
}
BENCHMARK_RESTORE_DEPRECATED_WARNING

hm_gbench_format format_named(const std::string &name)
{
    return name == "json" ? HM_GBENCH_JSON : name == "csv" ? HM_GBENCH_CSV : HM_GBENCH_CONSOLE;
}

/** Stands between the library and the reporters of a run, and puts results right. */
struct results_filter final : BenchmarkReporter {
    bool ReportContext(const Context &report_context) override
    {
        bool goes_on = true;
        for (BenchmarkReporter *reporter : reporters) {
            if (hands_streams_on) {
                reporter->SetOutputStream(&GetOutputStream());
                reporter->SetErrorStream(&GetErrorStream());
            }
            goes_on = reporter->ReportContext(report_context) && goes_on;
        }
        return goes_on;
    }
    void ReportRuns(const std::vector<Run> &runs) override
    {
        std::vector<Run> right = runs;
        for (Run &run : right)
            put_right(run);
        for (BenchmarkReporter *reporter : reporters) {
            reporter->ReportRuns(right);
            reporter->GetOutputStream().flush();
        }
    }
    void Finalize() override
    {
        for (BenchmarkReporter *reporter : reporters) {
            reporter->Finalize();
            reporter->GetOutputStream().flush();
        }
    }
    static void put_right(Run &run);

    std::vector<BenchmarkReporter *> reporters;
    bool hands_streams_on = false; /**< The library sets this one's streams: --benchmark_out. */
};

/**
 * A run's memory is the record's (the library's pointer may dangle after a repetition), a fit's
 * time unit that of its benchmark, and where a family has complexity its failed runs, of which the
 * library must not hear, are errors again, and a fit that they took part in is one too.
 */
void results_filter::put_right(Run &run)
{
    if (context.owner == nullptr || run.run_name.function_name != context.owner->name)
        return; // Registered from C++, in the same process.
    const instance_record &instance = *context.instance;
    if (run.memory_result != nullptr)
        run.memory_result = &instance.memory.at(static_cast<size_t>(run.repetition_index));
    bool is_fit = run.report_big_o || run.report_rms;
    if (run.report_big_o)
        run.time_unit = context.owner->GetTimeUnit();
    if (!context.owner->has_complexity || !(is_fit ? context.owner->any_failed : instance.failed))
        return;
    run.error_occurred = true;
    run.error_message =
        is_fit ? "a run of this family failed, so nothing is fitted" : instance.message;
    run.real_accumulated_time = 0;
    run.cpu_accumulated_time = 0;
    run.counters.clear();
}
} // namespace

/** Where the text of a reporter goes: `file`, or `text` where that is NULL. */
struct hm_gbench_reporter {
    hm_gbench_format format = HM_GBENCH_CONSOLE;
    FILE *file = nullptr;
    bool owns_file = false;
    std::unique_ptr<function_reporter> function;
    std::unique_ptr<std::streambuf> buffer;
    std::ostream stream{nullptr};
    std::string text;
    std::unique_ptr<BenchmarkReporter> current; /**< A new one for every run: a new document. */

    bool good() const
    {
        return function != nullptr || (stream.good() && (file == nullptr || ferror(file) == 0));
    }
    BenchmarkReporter *begin_run()
    {
        if (function != nullptr)
            return function.get();
        current = new_reporter(format);
        current->SetOutputStream(&stream);
        if (format != HM_GBENCH_CSV)
            current->SetErrorStream(&stream);
        return current.get();
    }
    void end_run()
    {
        if (auto *own_text = dynamic_cast<std::stringbuf *>(buffer.get()))
            text = own_text->str();
    }
    ~hm_gbench_reporter()
    {
        if (owns_file && file != nullptr)
            fclose(file);
    }
};

namespace
{
/** A reporter that writes to `file`, or to a text where that is NULL; NULL: refused. */
hm_gbench_reporter *new_text_reporter(hm_gbench_format format, FILE *file, bool owns_file) noexcept
{
    std::unique_ptr<hm_gbench_reporter> reporter;
    guarded([&] {
        reporter = std::make_unique<hm_gbench_reporter>();
        reporter->format = format;
        if (file != nullptr)
            reporter->buffer = std::make_unique<__gnu_cxx::stdio_sync_filebuf<char>>(file);
        else
            reporter->buffer = std::make_unique<std::stringbuf>();
        reporter->stream.rdbuf(reporter->buffer.get());
        reporter->file = file;
        reporter->owns_file = owns_file;
        return true;
    });
    return reporter.release();
}

bool valid_format(hm_gbench_format format)
{
    return format == HM_GBENCH_CONSOLE || format == HM_GBENCH_JSON || format == HM_GBENCH_CSV ||
           refuse("format %d is none of console, JSON and CSV", static_cast<int>(format));
}

/** One call on a benchmark: refused where it is NULL or `valid` is false, else done. */
template <class Action>
bool configure(hm_gbench_benchmark *benchmark, bool valid, const char *complaint, Action action)
{
    if (benchmark == nullptr)
        return refuse("there is no benchmark: the handle is NULL");
    if (benchmarks_run)
        return refuse("benchmarks run; change them before or after");
    if (!valid)
        return refuse("benchmark %s: %s", benchmark->name.c_str(), complaint);
    return guarded([&] {
        action();
        return true;
    });
}

bool takes(const hm_gbench_benchmark *benchmark, size_t count)
{
    return benchmark != nullptr && benchmark->takes(count);
}

constexpr char needs_same_count[] = "its argument lists must all have the same length";

/** How many values the list has, and whether they can be added: at most HM_GBENCH_MAX_INSTANCES. */
bool valid_dense_range(int64_t start, int64_t limit, int step)
{
    if (step < 1 || start > limit || limit > INT64_MAX - step)
        return false;
    uint64_t distance = static_cast<uint64_t>(limit) - static_cast<uint64_t>(start);
    return distance / static_cast<uint64_t>(step) < HM_GBENCH_MAX_INSTANCES;
}

bool valid_lists(const hm_gbench_values *lists, size_t count)
{
    size_t total = 1;
    for (size_t index = 0; lists != nullptr && index < count; index++) {
        if (lists[index].values == nullptr || lists[index].count == 0 ||
            lists[index].count > HM_GBENCH_MAX_INSTANCES / total)
            return false;
        total *= lists[index].count;
    }
    return lists != nullptr && count > 0;
}

bool valid_threads(int min_threads, int max_threads)
{
    return min_threads >= 1 && min_threads <= max_threads && max_threads <= HM_GBENCH_MAX_THREADS;
}

constexpr char needs_threads[] = "threads must be from 1 to 1024, the smaller number first";

bool all_named(const char *const *names, size_t count)
{
    return names != nullptr && count > 0 &&
           std::none_of(names, names + count, [](const char *name) { return name == nullptr; });
}

/** The library ends the process where it cannot open --benchmark_out, so that is tried before. */
bool valid_output_path(const std::string &path)
{
    FILE *file = path.empty() ? nullptr : fopen(path.c_str(), "a");
    if (file == nullptr && !path.empty())
        return refuse("--benchmark_out=%s cannot be opened: %s", path.c_str(), strerror(errno));
    if (file != nullptr)
        fclose(file);
    return true;
}
} // namespace

// --- The C functions: starting and ending --------------------------------------------------

const char *hm_gbench_error(void)
{
    return last_error;
}

const char *hm_gbench_library_version(void)
{
    return HM_GBENCH_LIBRARY_VERSION;
}

namespace
{
/** The library ends the process after its help; this exception keeps it from that. */
struct help_wanted {
};

void forget_bad_flags()
{
    benchmark::FLAGS_benchmark_color = "auto";
    benchmark::FLAGS_benchmark_format = "console";
    benchmark::FLAGS_benchmark_out_format = "json";
    benchmark::FLAGS_benchmark_time_unit = "";
}
} // namespace

hm_gbench_start hm_gbench_initialize(int *argument_count, char **arguments)
{
    if (argument_count == nullptr || arguments == nullptr || *argument_count < 1) {
        refuse("there are no arguments; arguments[0] is the program's name");
        return HM_GBENCH_START_BAD_FLAG;
    }
    bool help = std::any_of(arguments, arguments + *argument_count,
                            [](const char *argument) { return strcmp(argument, "--help") == 0; });
    try {
        benchmark::Initialize(argument_count, arguments, [] { throw help_wanted(); });
        return HM_GBENCH_START_READY;
    } catch (const help_wanted &) {
        forget_bad_flags();
    } catch (const std::exception &problem) {
        refuse("Google Benchmark failed: %s", problem.what());
        return HM_GBENCH_START_BAD_FLAG;
    }
    if (help) {
        benchmark::PrintDefaultHelp();
        return HM_GBENCH_START_HELP_SHOWN;
    }
    refuse("a flag's value is not allowed: --benchmark_format and --benchmark_out_format take "
           "console, json or csv, --benchmark_time_unit ns, us, ms or s, --benchmark_color auto, "
           "true or false");
    return HM_GBENCH_START_BAD_FLAG;
}

bool hm_gbench_report_unrecognized(int argument_count, char **arguments)
{
    return arguments != nullptr &&
           benchmark::ReportUnrecognizedArguments(argument_count, arguments);
}

void hm_gbench_shutdown(void)
{
    benchmark::Shutdown();
    benchmark::internal::GetGlobalContext() = nullptr; // The library leaves it dangling.
}

bool hm_gbench_clear(void)
{
    if (benchmarks_run)
        return refuse("benchmarks run; clear them afterwards");
    context.owner = nullptr;
    context.instance = nullptr;
    registered.clear();
    benchmark::ClearRegisteredBenchmarks();
    return true;
}

bool hm_gbench_add_context(const char *key, const char *value)
{
    if (key == nullptr || value == nullptr || key[0] == '\0')
        return refuse("a context key needs a name and a value");
    auto *known = benchmark::internal::GetGlobalContext();
    return guarded([&] {
        if (known != nullptr && known->count(key) != 0)
            return refuse("the context key %s is there already", key);
        benchmark::AddCustomContext(key, value);
        return true;
    });
}

static bool valid_unit(hm_gbench_time_unit unit)
{
    return static_cast<unsigned>(unit) <= HM_GBENCH_SECOND;
}

bool hm_gbench_set_default_time_unit(hm_gbench_time_unit unit)
{
    if (!valid_unit(unit))
        return refuse("%d is no time unit", static_cast<int>(unit));
    benchmark::SetDefaultTimeUnit(static_cast<benchmark::TimeUnit>(unit));
    return true;
}

// --- Registering ---------------------------------------------------------------------------

hm_gbench_benchmark *hm_gbench_register(const char *name, hm_gbench_function *function,
                                        void *user_data)
{
    if (name == nullptr || name[0] == '\0' || function == nullptr || benchmarks_run) {
        refuse("a benchmark needs a name and a function, and is registered while none runs");
        return nullptr;
    }
    hm_gbench_benchmark *benchmark = nullptr;
    guarded([&] {
        registered.reserve(registered.size() + 1);
        auto made = std::make_unique<hm_gbench_benchmark>(name, hook{function, user_data});
        made->Setup(before_run)->Teardown(after_run);
        benchmark = made.get();
        benchmark::internal::RegisterBenchmarkInternal(made.release());
        registered.push_back(benchmark);
        return true;
    });
    return benchmark;
}

bool hm_gbench_arg(hm_gbench_benchmark *benchmark, int64_t value)
{
    return hm_gbench_args(benchmark, &value, 1);
}

bool hm_gbench_args(hm_gbench_benchmark *benchmark, const int64_t *values, size_t count)
{
    bool valid = values != nullptr && count > 0 && takes(benchmark, count);
    return configure(benchmark, valid, needs_same_count, [&] {
        benchmark->Args({values, values + count});
    });
}

bool hm_gbench_arg_name(hm_gbench_benchmark *benchmark, const char *name)
{
    return hm_gbench_arg_names(benchmark, &name, 1);
}

bool hm_gbench_arg_names(hm_gbench_benchmark *benchmark, const char *const *names, size_t count)
{
    bool valid = all_named(names, count) && takes(benchmark, count);
    return configure(benchmark, valid, "it needs as many argument names as arguments, none NULL",
                     [&] {
                         benchmark->ArgNames({names, names + count});
                     });
}

bool hm_gbench_range(hm_gbench_benchmark *benchmark, int64_t start, int64_t limit)
{
    return configure(benchmark, start <= limit && takes(benchmark, 1),
                     "a range of its one argument must not begin after its limit",
                     [&] { benchmark->Range(start, limit); });
}

bool hm_gbench_ranges(hm_gbench_benchmark *benchmark, const hm_gbench_span *spans, size_t count)
{
    std::vector<std::pair<int64_t, int64_t>> ranges;
    bool valid = spans != nullptr && count > 0 && takes(benchmark, count);
    for (size_t index = 0; valid && index < count; index++) {
        valid = spans[index].start <= spans[index].limit && guarded([&] {
                    ranges.emplace_back(spans[index].start, spans[index].limit);
                    return true;
                });
    }
    return configure(benchmark, valid,
                     "it needs one range for each argument, none that begins after its limit",
                     [&] { benchmark->Ranges(ranges); });
}

bool hm_gbench_range_multiplier(hm_gbench_benchmark *benchmark, int multiplier)
{
    return configure(benchmark, multiplier >= 2, "a range multiplier is at least 2",
                     [&] { benchmark->RangeMultiplier(multiplier); });
}

bool hm_gbench_dense_range(hm_gbench_benchmark *benchmark, int64_t start, int64_t limit, int step)
{
    bool valid = valid_dense_range(start, limit, step) && takes(benchmark, 1);
    return configure(benchmark, valid,
                     "a dense range of its one argument must not begin after its limit, needs a "
                     "step of at least 1 and has at most 1048576 values",
                     [&] { benchmark->DenseRange(start, limit, step); });
}

bool hm_gbench_args_product(hm_gbench_benchmark *benchmark, const hm_gbench_values *lists,
                            size_t count)
{
    bool valid = valid_lists(lists, count) && takes(benchmark, count);
    return configure(benchmark, valid,
                     "a product needs a list of values for each argument, none empty, and has at "
                     "most 1048576 combinations",
                     [&] {
                         std::vector<std::vector<int64_t>> all;
                         for (size_t index = 0; index < count; index++)
                             all.emplace_back(lists[index].values,
                                              lists[index].values + lists[index].count);
                         benchmark->ArgsProduct(all);
                     });
}

bool hm_gbench_threads(hm_gbench_benchmark *benchmark, int threads)
{
    return configure(benchmark, valid_threads(threads, threads), needs_threads,
                     [&] { benchmark->Threads(threads); });
}

bool hm_gbench_thread_range(hm_gbench_benchmark *benchmark, int min_threads, int max_threads)
{
    return configure(benchmark, valid_threads(min_threads, max_threads), needs_threads,
                     [&] { benchmark->ThreadRange(min_threads, max_threads); });
}

bool hm_gbench_dense_thread_range(hm_gbench_benchmark *benchmark, int min_threads, int max_threads,
                                  int stride)
{
    bool valid =
        valid_threads(min_threads, max_threads) && stride >= 1 && stride <= HM_GBENCH_MAX_THREADS;
    return configure(benchmark, valid, needs_threads,
                     [&] { benchmark->DenseThreadRange(min_threads, max_threads, stride); });
}

bool hm_gbench_thread_per_cpu(hm_gbench_benchmark *benchmark)
{
    return configure(benchmark, true, "", [&] { benchmark->ThreadPerCpu(); });
}

bool hm_gbench_set_iterations(hm_gbench_benchmark *benchmark, int64_t iterations)
{
    bool valid = iterations >= 1 && benchmark != nullptr && !benchmark->has_time;
    return configure(benchmark, valid,
                     "its iterations are at least 1, and exclude a minimum (warm-up) time", [&] {
                         benchmark->Iterations(iterations);
                         benchmark->has_iterations = true;
                     });
}

bool hm_gbench_min_time(hm_gbench_benchmark *benchmark, double seconds)
{
    // Less than a nanosecond the library would take for none.
    bool valid = std::isfinite(seconds) && seconds >= 1e-9 && benchmark != nullptr &&
                 !benchmark->has_iterations;
    return configure(benchmark, valid,
                     "its minimum time is at least 1e-9 seconds, and excludes a number of "
                     "iterations",
                     [&] {
                         benchmark->MinTime(seconds);
                         benchmark->has_time = true;
                     });
}

bool hm_gbench_min_warm_up_time(hm_gbench_benchmark *benchmark, double seconds)
{
    bool valid = std::isfinite(seconds) && seconds >= 0 && benchmark != nullptr &&
                 !benchmark->has_iterations;
    return configure(benchmark, valid,
                     "its warm-up time is at least 0 seconds, and excludes a number of iterations",
                     [&] {
                         benchmark->MinWarmUpTime(seconds);
                         benchmark->has_time = benchmark->has_time || seconds > 0;
                     });
}

bool hm_gbench_repetitions(hm_gbench_benchmark *benchmark, int repetitions)
{
    return configure(benchmark, repetitions >= 1, "its repetitions are at least 1",
                     [&] { benchmark->Repetitions(repetitions); });
}

bool hm_gbench_report_aggregates_only(hm_gbench_benchmark *benchmark, bool only)
{
    return configure(benchmark, true, "", [&] { benchmark->ReportAggregatesOnly(only); });
}

bool hm_gbench_display_aggregates_only(hm_gbench_benchmark *benchmark, bool only)
{
    return configure(benchmark, true, "", [&] { benchmark->DisplayAggregatesOnly(only); });
}

bool hm_gbench_use_real_time(hm_gbench_benchmark *benchmark)
{
    bool valid = benchmark != nullptr && !benchmark->manual_time;
    return configure(benchmark, valid, "real and manual time exclude each other", [&] {
        benchmark->UseRealTime();
        benchmark->real_time = true;
    });
}

bool hm_gbench_use_manual_time(hm_gbench_benchmark *benchmark)
{
    bool valid = benchmark != nullptr && !benchmark->real_time;
    return configure(benchmark, valid, "real and manual time exclude each other", [&] {
        benchmark->UseManualTime();
        benchmark->manual_time = true;
    });
}

bool hm_gbench_measure_process_cpu_time(hm_gbench_benchmark *benchmark)
{
    return configure(benchmark, true, "", [&] { benchmark->MeasureProcessCPUTime(); });
}

bool hm_gbench_unit(hm_gbench_benchmark *benchmark, hm_gbench_time_unit unit)
{
    return configure(benchmark, valid_unit(unit), "its time unit is none of the enumeration",
                     [&] { benchmark->Unit(static_cast<benchmark::TimeUnit>(unit)); });
}

bool hm_gbench_setup(hm_gbench_benchmark *benchmark, hm_gbench_function *function, void *user_data)
{
    return configure(benchmark, function != nullptr, "its setup is no function", [&] {
        benchmark->setup = {function, user_data};
    });
}

bool hm_gbench_teardown(hm_gbench_benchmark *benchmark, hm_gbench_function *function,
                        void *user_data)
{
    return configure(benchmark, function != nullptr, "its teardown is no function", [&] {
        benchmark->teardown = {function, user_data};
    });
}

bool hm_gbench_complexity(hm_gbench_benchmark *benchmark, hm_gbench_complexity_order order)
{
    bool valid = static_cast<unsigned>(order) <= HM_GBENCH_COMPLEXITY_AUTO;
    return configure(benchmark, valid, "this order of complexity cannot be asked for", [&] {
        benchmark->Complexity(static_cast<benchmark::BigO>(order));
        benchmark->has_complexity = order != HM_GBENCH_COMPLEXITY_NONE;
    });
}

bool hm_gbench_complexity_function(hm_gbench_benchmark *benchmark,
                                   hm_gbench_complexity_shape *shape, void *user_data)
{
    return configure(benchmark, shape != nullptr, "its complexity is no function", [&] {
        benchmark->Complexity(complexity_trampoline);
        benchmark->has_complexity = true;
        benchmark->shape = shape;
        benchmark->shape_data = user_data;
    });
}

bool hm_gbench_compute_statistic(hm_gbench_benchmark *benchmark, const char *name,
                                 hm_gbench_statistic *function, void *user_data,
                                 hm_gbench_statistic_unit unit)
{
    bool valid = name != nullptr && function != nullptr && benchmark != nullptr &&
                 static_cast<unsigned>(unit) <= HM_GBENCH_STATISTIC_PERCENTAGE &&
                 benchmark->custom_statistics.size() < HM_GBENCH_MAX_STATISTICS;
    return configure(benchmark, valid,
                     "a statistic needs a name, a function and a unit, and there are at most 16",
                     [&] {
                         size_t index = benchmark->custom_statistics.size();
                         benchmark->custom_statistics.push_back({function, user_data});
                         auto indices = std::make_index_sequence<HM_GBENCH_MAX_STATISTICS>();
                         benchmark->ComputeStatistics(name, trampoline_of(index, indices),
                                                      static_cast<benchmark::StatisticUnit>(unit));
                     });
}

// --- In the running function ---------------------------------------------------------------

bool hm_gbench_advance(hm_gbench_state *state, int64_t iterations)
{
    run_state *run = from(state);
    if (run->now != run_state::before_loop && run->now != run_state::in_loop)
        return false;
    if (iterations < 1)
        run->fail("a batch has at least one iteration");
    if (!run->failed && run->take(iterations))
        return true;
    run->finish();
    return false;
}

int64_t hm_gbench_begin_loop(hm_gbench_state *state)
{
    run_state *run = from(state);
    if (run->now == run_state::in_loop || run->now == run_state::after_loop)
        run->fail("its loop was begun twice");
    if (run->now != run_state::before_loop || run->failed)
        return 0;
    return run->take(run->view.max_iterations) ? run->view.max_iterations : 0;
}

bool hm_gbench_end_loop(hm_gbench_state *state)
{
    run_state *run = from(state);
    if (run->now == run_state::before_loop || run->now == run_state::in_loop)
        run->finish();
    return false;
}

bool hm_gbench_pause_timing(hm_gbench_state *state)
{
    run_state *run = from(state);
    if (run->now != run_state::in_loop || run->paused || run->failed)
        return refuse("timing is paused once, within the loop");
    run->drive->PauseTiming();
    run->paused = true;
    return true;
}

bool hm_gbench_resume_timing(hm_gbench_state *state)
{
    run_state *run = from(state);
    if (run->now != run_state::in_loop || !run->paused || run->failed)
        return refuse("timing is resumed after it was paused, within the loop");
    run->paused = false;
    run->drive->ResumeTiming();
    return true;
}

bool hm_gbench_set_iteration_time(hm_gbench_state *state, double seconds)
{
    run_state *run = from(state);
    if (run->now != run_state::in_loop || !std::isfinite(seconds) || seconds < 0)
        return refuse("an iteration's time is at least 0 seconds and is set within the loop");
    run->drive->SetIterationTime(seconds);
    return true;
}

bool hm_gbench_skip_with_error(hm_gbench_state *state, const char *message)
{
    if (message == nullptr)
        return refuse("an error needs a message");
    return from(state)->fail(message) || refuse("there is nothing left to skip");
}

bool hm_gbench_error_occurred(const hm_gbench_state *state)
{
    return from(state)->failed;
}

int64_t hm_gbench_argument(hm_gbench_state *state, size_t position)
{
    run_state *run = from(state);
    if (position < run->owner->argument_count())
        return run->view.range(position);
    refuse("there is no argument %zu; the benchmark has %zu", position,
           run->owner->argument_count());
    run->fail(last_error);
    return 0;
}

size_t hm_gbench_argument_count(const hm_gbench_state *state)
{
    return from(state)->owner->argument_count();
}

int hm_gbench_thread_count(const hm_gbench_state *state)
{
    return from(state)->view.threads();
}

int hm_gbench_thread_index(const hm_gbench_state *state)
{
    return from(state)->view.thread_index();
}

int64_t hm_gbench_iterations(const hm_gbench_state *state)
{
    const run_state *run = from(state);
    if (run->now == run_state::after_loop)
        return run->view.iterations();
    return run->now == run_state::in_loop
               ? run->view.max_iterations - run->iterations_left + run->overshoot
               : 0;
}

int64_t hm_gbench_max_iterations(const hm_gbench_state *state)
{
    return from(state)->view.max_iterations;
}

namespace
{
/** Whether the body runs: where counters, labels and so on may be set. */
bool in_body(const hm_gbench_state *state)
{
    auto now = from(state)->now;
    return (now != run_state::setting_up && now != run_state::tearing_down) ||
           refuse("this is for the benchmark's function, not for setup and teardown");
}

/** The library aborts where a counter's flags differ between two repetitions. */
bool agrees_on_flags(hm_gbench_benchmark *owner, const char *name, unsigned flags)
{
    std::lock_guard<std::mutex> lock(context.mutex);
    return owner->counter_flags.emplace(name, flags).first->second == flags ||
           refuse("counter %s had other flags before", name);
}
} // namespace

bool hm_gbench_set_counter(hm_gbench_state *state, const char *name, double value, unsigned flags,
                           hm_gbench_thousand thousand)
{
    bool valid = name != nullptr && name[0] != '\0' && (flags & ~all_flags) == 0 &&
                 (thousand == HM_GBENCH_THOUSAND_1000 || thousand == HM_GBENCH_THOUSAND_1024);
    if (!valid)
        return refuse("a counter needs a name, known flags, and a thousand of 1000 or 1024");
    return in_body(state) && guarded([&] {
               run_state *run = from(state);
               if (!agrees_on_flags(run->owner, name, flags))
                   return false;
               run->drive->counters[name] =
                   Counter(value, library_flags(flags), static_cast<Counter::OneK>(thousand));
               return true;
           });
}

bool hm_gbench_set_bytes_processed(hm_gbench_state *state, int64_t bytes)
{
    return in_body(state) && guarded([&] {
               run_state *run = from(state);
               if (!agrees_on_flags(run->owner, "bytes_per_second", HM_GBENCH_COUNTER_RATE))
                   return false;
               run->drive->SetBytesProcessed(bytes);
               return true;
           });
}

bool hm_gbench_set_items_processed(hm_gbench_state *state, int64_t items)
{
    return in_body(state) && guarded([&] {
               run_state *run = from(state);
               if (!agrees_on_flags(run->owner, "items_per_second", HM_GBENCH_COUNTER_RATE))
                   return false;
               run->drive->SetItemsProcessed(items);
               return true;
           });
}

bool hm_gbench_set_label(hm_gbench_state *state, const char *label)
{
    if (label == nullptr)
        return refuse("a label is a text");
    return in_body(state) && guarded([&] {
               from(state)->drive->SetLabel(label);
               return true;
           });
}

bool hm_gbench_set_complexity_n(hm_gbench_state *state, int64_t n)
{
    if (n < 1)
        return refuse("complexity N is at least 1");
    if (!in_body(state))
        return false;
    from(state)->drive->SetComplexityN(n);
    return true;
}

// --- Memory, results, running --------------------------------------------------------------

bool hm_gbench_set_memory_manager(const hm_gbench_memory_manager *manager)
{
    if (benchmarks_run)
        return refuse("benchmarks run; set the memory manager before or after");
    if (manager != nullptr && (manager->start == nullptr || manager->stop == nullptr))
        return refuse("a memory manager needs both start and stop");
    if (manager != nullptr)
        the_memory_manager.callbacks = *manager;
    benchmark::RegisterMemoryManager(manager != nullptr ? &the_memory_manager : nullptr);
    return true;
}

const hm_gbench_counter *hm_gbench_find_counter(const hm_gbench_result *result, const char *name)
{
    for (size_t index = 0; name != nullptr && index < result->counter_count; index++) {
        if (strcmp(result->counters[index].name, name) == 0)
            return &result->counters[index];
    }
    return nullptr;
}

hm_gbench_reporter *hm_gbench_reporter_to_file(hm_gbench_format format, FILE *file)
{
    if (file == nullptr)
        refuse("there is no file to report to");
    return file != nullptr && valid_format(format) ? new_text_reporter(format, file, false)
                                                   : nullptr;
}

hm_gbench_reporter *hm_gbench_reporter_to_path(hm_gbench_format format, const char *path)
{
    if (path == nullptr || !valid_format(format)) {
        if (path == nullptr)
            refuse("there is no path to report to");
        return nullptr;
    }
    FILE *file = fopen(path, "we");
    if (file == nullptr) {
        refuse("%s cannot be opened for writing: %s", path, strerror(errno));
        return nullptr;
    }
    hm_gbench_reporter *reporter = new_text_reporter(format, file, true);
    if (reporter == nullptr)
        fclose(file);
    return reporter;
}

hm_gbench_reporter *hm_gbench_reporter_to_text(hm_gbench_format format)
{
    return valid_format(format) ? new_text_reporter(format, nullptr, false) : nullptr;
}

hm_gbench_reporter *hm_gbench_reporter_to_function(hm_gbench_result_function *function,
                                                   void *user_data)
{
    if (function == nullptr)
        refuse("there is no function to report to");
    std::unique_ptr<hm_gbench_reporter> reporter;
    if (function != nullptr)
        guarded([&] {
            auto made = std::make_unique<hm_gbench_reporter>();
            made->function = std::make_unique<function_reporter>(function, user_data);
            reporter = std::move(made);
            return true;
        });
    return reporter.release();
}

const char *hm_gbench_reporter_text(const hm_gbench_reporter *reporter)
{
    bool has_text =
        reporter != nullptr && reporter->function == nullptr && reporter->file == nullptr;
    if (!has_text)
        refuse("this reporter does not write to a text");
    return has_text ? reporter->text.c_str() : nullptr;
}

bool hm_gbench_reporter_destroy(hm_gbench_reporter *reporter)
{
    if (reporter == nullptr)
        return true;
    bool good = reporter->good();
    if (reporter->file != nullptr)
        good = fflush(reporter->file) == 0 && good;
    delete reporter;
    return good || refuse("not all of the report could be written");
}

namespace
{
bool valid_reporters(hm_gbench_reporter *const *reporters, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (reporters == nullptr || reporters[index] == nullptr)
            return refuse("reporter %zu is NULL", index);
        if (std::count(reporters, reporters + index, reporters[index]) != 0)
            return refuse("reporter %zu is there twice", index);
        if (!reporters[index]->good())
            return refuse("reporter %zu can no longer be written to", index);
    }
    return true;
}

/** What the flags ask for, to stdout. The library's own console one is shared and never freed. */
BenchmarkReporter *display_of_flags(std::unique_ptr<BenchmarkReporter> &owner)
{
    static BenchmarkReporter *console = nullptr;
    hm_gbench_format format = format_named(benchmark::FLAGS_benchmark_format);
    if (format != HM_GBENCH_CONSOLE) {
        owner = new_reporter(format);
        return owner.get();
    }
    if (console == nullptr)
        console = benchmark::CreateDefaultDisplayReporter();
    return console;
}

/** Runs what matches `filter`. Only by its remarks does the library tell why it ran nothing. */
bool run_matching(const std::string &filter, results_filter &display, size_t &count)
{
    std::ostringstream remarks;
    std::unique_ptr<BenchmarkReporter> to_file;
    results_filter output;
    display.SetOutputStream(&display.reporters[0]->GetOutputStream());
    display.SetErrorStream(&remarks);
    if (!benchmark::FLAGS_benchmark_out.empty()) {
        to_file = new_reporter(format_named(benchmark::FLAGS_benchmark_out_format));
        output.reporters.push_back(to_file.get());
        output.hands_streams_on = true;
    }
    count = benchmark::RunSpecifiedBenchmarks(&display, to_file ? &output : nullptr, filter);
    display.GetOutputStream().flush();
    if (count > 0)
        fputs(remarks.str().c_str(), stderr);
    else if (remarks.str().find("Failed to match any") != std::string::npos)
        refuse("no benchmark matches \"%s\"", filter.c_str());
    else
        return refuse("\"%s\" is no extended regular expression", filter.c_str());
    return true;
}

/** Marks that benchmarks run, for as long as it lives, and begins with clean records. */
struct running_mark {
    running_mark()
    {
        benchmarks_run = true;
        for (hm_gbench_benchmark *benchmark : registered) {
            benchmark->instances.clear();
            benchmark->any_failed = false;
        }
        context.instance = nullptr;
        context.owner = nullptr;
    }
    ~running_mark()
    {
        benchmarks_run = false;
    }
};
} // namespace

bool hm_gbench_run(const char *filter, hm_gbench_reporter *const *reporters, size_t reporter_count,
                   size_t *benchmark_count)
{
    size_t count = 0;
    if (benchmark_count != nullptr)
        *benchmark_count = 0;
    if (benchmarks_run)
        return refuse("benchmarks run already");
    if (!valid_reporters(reporters, reporter_count))
        return false;
    bool done = guarded([&] {
        std::string wanted = filter != nullptr ? filter : benchmark::GetBenchmarkFilter();
        if (!valid_output_path(benchmark::FLAGS_benchmark_out))
            return false;
        running_mark mark;
        results_filter display;
        std::unique_ptr<BenchmarkReporter> default_display;
        for (size_t index = 0; index < reporter_count; index++)
            display.reporters.push_back(reporters[index]->begin_run());
        if (reporter_count == 0)
            display.reporters.push_back(display_of_flags(default_display));
        bool right = run_matching(wanted, display, count);
        for (size_t index = 0; index < reporter_count; index++)
            reporters[index]->end_run();
        return right;
    });
    if (done && benchmark_count != nullptr)
        *benchmark_count = count;
    return done && valid_reporters(reporters, reporter_count);
}
