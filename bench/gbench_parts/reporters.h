/**
 * This module is the C side's reporters, so that results go to a file, a path, a text or a
 * function.
 *
 * Invariant: a text reporter has a new one of the library's for every run, so that each run is a
 * document of its own; a reporter closes its file only where it opened it.
 */
#ifndef HM_BENCH_GBENCH_PARTS_REPORTERS_H
#define HM_BENCH_GBENCH_PARTS_REPORTERS_H

#include "bench/gbench_parts/errors.h"
#include "bench/gbench_parts/function_reporter.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ext/stdio_sync_filebuf.h>
#include <memory>
#include <sstream>
#include <string>

namespace hm_gbench_parts
{
BENCHMARK_DISABLE_DEPRECATED_WARNING
inline std::unique_ptr<BenchmarkReporter> new_reporter(hm_gbench_format format)
{
    if (format == HM_GBENCH_JSON)
        return std::make_unique<benchmark::JSONReporter>();
    if (format == HM_GBENCH_CSV)
        return std::make_unique<benchmark::CSVReporter>();
    return std::make_unique<benchmark::ConsoleReporter>(benchmark::ConsoleReporter::OO_None);
}
BENCHMARK_RESTORE_DEPRECATED_WARNING
} // namespace hm_gbench_parts

/** Where the text of a reporter goes: `file`, or `text` where that is NULL. */
struct hm_gbench_reporter {
    hm_gbench_format format = HM_GBENCH_CONSOLE;
    FILE *file = nullptr;
    bool owns_file = false;
    std::unique_ptr<hm_gbench_parts::function_reporter> function;
    std::unique_ptr<std::streambuf> buffer;
    std::ostream stream{nullptr};
    std::string text;
    /** A new one for every run: a new document. */
    std::unique_ptr<benchmark::BenchmarkReporter> current;

    bool good() const
    {
        return function != nullptr || (stream.good() && (file == nullptr || ferror(file) == 0));
    }
    benchmark::BenchmarkReporter *begin_run()
    {
        if (function != nullptr)
            return function.get();
        current = hm_gbench_parts::new_reporter(format);
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

namespace hm_gbench_parts
{
/** A reporter that writes to `file`, or to a text where that is NULL; NULL: refused. */
inline hm_gbench_reporter *new_text_reporter(hm_gbench_format format, FILE *file,
                                             bool owns_file) noexcept
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

inline bool valid_format(hm_gbench_format format)
{
    return format == HM_GBENCH_CONSOLE || format == HM_GBENCH_JSON || format == HM_GBENCH_CSV ||
           refuse("format %d is none of console, JSON and CSV", static_cast<int>(format));
}
} // namespace hm_gbench_parts

using namespace hm_gbench_parts;

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

#endif
