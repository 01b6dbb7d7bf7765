#include "lvtino/core/program.hpp"

#include <c10/util/Exception.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <iostream>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

std::atomic<bool> asked{false};  // set by the signal handler, read between parts of the work
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) {
  asked = true;
  std::signal(SIGINT, SIG_DFL);
}

}  // namespace

void listen_for_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool stop_asked() { return asked; }

int run_guarded(const std::string& name, const std::function<int()>& work) {
  const auto failed = [&](const char* kind, const std::string& message, int code) {
    std::cerr << name << ": " << kind << ": " << message << "\n";
    return code;
  };
  try {
    return work();
  } catch (const SpecError& failure) {
    return failed("bad spec", failure.what(), kBadSpec);
  } catch (const ShapeError& failure) {
    return failed("wrong shape", failure.what(), kBadSpec);
  } catch (const NotSupportedError& failure) {
    return failed("not supported", failure.what(), kBadSpec);
  } catch (const NotBuiltError& failure) {
    return failed("not built", failure.what(), kBadSpec);
  } catch (const IoError& failure) {
    return failed("input/output", failure.what(), kInputOutput);
  } catch (const std::filesystem::filesystem_error& failure) {
    return failed("input/output", failure.what(), kInputOutput);
  } catch (const Interrupted& failure) {
    return failed("stopped", "interrupted; --resume goes on from the last whole step",
                  kInterrupted);
  } catch (const Error& failure) {
    return failed("failure", failure.what(), kFailure);
  } catch (const c10::Error& failure) {
    return failed("failure", failure.what_without_backtrace(), kFailure);
  } catch (const std::bad_alloc&) {
    return failed("failure", "out of memory (--dry-run estimates what is needed)", kFailure);
  }
}

}  // namespace lvtino
