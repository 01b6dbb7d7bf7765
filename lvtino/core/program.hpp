#pragma once

#include <functional>
#include <string>

namespace lvtino {

/// What the programs return to the shell.
enum ExitCode { kDone = 0, kBadSpec = 2, kFailure = 3, kInputOutput = 4, kInterrupted = 130 };

/// Lets the first SIGINT or SIGTERM ask for a stop; the second ends the program at once.
void listen_for_interrupts();
bool stop_asked();

/// Runs `work` and turns every error into one line "NAME: kind: message" on the error stream and an
/// exit code. The only place where errors are caught.
int run_guarded(const std::string& name, const std::function<int()>& work);

}  // namespace lvtino
