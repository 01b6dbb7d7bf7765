#include "lvtino/core/progress.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <string>

BOOST_AUTO_TEST_SUITE(progress)

using namespace lvtino;

namespace {

/// Puts `file` in the place of the error stream while it lives.
class Redirected {
 public:
  explicit Redirected(int file) : saved_(::dup(STDERR_FILENO)) { ::dup2(file, STDERR_FILENO); }
  ~Redirected() {
    std::fflush(stderr);
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
  }

 private:
  int saved_;
};

void show_something(bool enabled) {
  Progress progress(enabled);
  progress.show(0.5, "step 1 of 2");
  progress.show(1.0, "step 2 of 2");
}

/// What arrives at `file` until it ends with `end` or nothing comes for `milliseconds`: a terminal
/// hands its bytes over some time after they were written.
std::string pending(int file, const std::string& end, int milliseconds) {
  std::string all;
  char buffer[4096];
  pollfd waiting = {file, POLLIN, 0};
  while (end.empty() || !all.ends_with(end)) {
    if (::poll(&waiting, 1, milliseconds) <= 0) break;
    const auto count = ::read(file, buffer, sizeof buffer);
    if (count <= 0) break;
    all.append(buffer, std::size_t(count));
  }
  return all;
}

const std::string kCleared = "step 2 of 2\r\x1b[K";

}  // namespace

BOOST_AUTO_TEST_CASE(silent_on_a_pipe) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  {
    const Redirected redirected(ends[1]);
    show_something(true);
  }
  BOOST_TEST(pending(ends[0], "", 50) == "");
  ::close(ends[0]), ::close(ends[1]);
}

BOOST_AUTO_TEST_CASE(draws_on_a_terminal) {
  const int controller = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (controller < 0 || ::grantpt(controller) != 0 || ::unlockpt(controller) != 0) return;
  const int terminal = ::open(::ptsname(controller), O_RDWR | O_NOCTTY);
  BOOST_REQUIRE(terminal >= 0);
  {
    const Redirected redirected(terminal);
    show_something(true);
  }
  const std::string drawn = pending(controller, kCleared, 5000);
  BOOST_TEST(drawn.find("50 %") != std::string::npos, drawn);
  BOOST_TEST(drawn.ends_with(kCleared), drawn);
  {
    const Redirected redirected(terminal);
    show_something(false);
  }
  BOOST_TEST(pending(controller, "", 200) == "");
  ::close(terminal), ::close(controller);
}

BOOST_AUTO_TEST_SUITE_END()
